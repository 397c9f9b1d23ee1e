"""Cursors that somebody made up, at every list that takes one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from typing import Any

import pytest
from fermata.api.context import CURSORS
from fermata.api.pagination import sealed
from fermata.cli.pages import description

TEXTS = ("", "x", "-1", "9" * 5_000, "1e400", "~" * 900, "0-99999999999:1.1.1", "\0", "é" * 600)


def lists() -> list[str]:
    paths = description()["paths"].items()
    query = [
        path for path, ways in paths if any(p["name"] == "cursor" for p in ways.get("get", {}).get("parameters", []))
    ]
    assert len(query) >= 7
    names = {"{job_id}": "jobs:one", "{table}": "ferns"}
    return [
        path.replace(name, value) for path in query for name, value in names.items() if "{" not in path or name in path
    ]


def forged(text: str, *owner: str) -> str:
    """As the first release signed them: by what anybody knows."""
    packed = zlib.compress(text.encode(errors="surrogatepass"), 9)
    key = hashlib.sha256("\0".join(owner).encode()).digest()
    return base64.urlsafe_b64encode(hmac.new(key, packed, hashlib.sha256).digest()[:12] + packed).decode().rstrip("=")


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_a_forged_cursor_is_refused_and_breaks_nothing(service: Any, text: str) -> None:
    caller = service.key()
    for path in lists():
        for cursor in (forged(text, "audit", "default"), sealed(b"", text), text):
            answer = caller.get(path, params={"cursor": cursor})
            assert answer.status_code in (400, 404, 422), (path, cursor, answer.text)


def test_a_cursor_with_a_good_signature_is_parsed_as_hostile_input(service: Any) -> None:
    """Such as a later release, or a fault of this one, may have signed."""
    from fermata.control.audit import AuditFilter

    key = service.engine.secrets.key(CURSORS)
    for text in TEXTS:
        cursor = sealed(key, text, "default", "audit", repr(AuditFilter()))
        assert service.key().get("/api/v1/audit", params={"cursor": cursor}).status_code == 422
