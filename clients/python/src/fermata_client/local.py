"""The local stack on this computer: where its API answers, and a token that it accepts."""

from __future__ import annotations

import base64
import getpass
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fermata_client.errors import NotRunning

FOLDER, RECORD, SECRET = ".fermata", "stack.json", "jwt-secret"
VARIABLE = "FERMATA_STATE_DIR"
AUDIENCE = "fermata"
SCOPES = ("read", "control", "admin")
TTL = 24 * 3600.0
"""Seconds that a token lasts."""


@dataclass(frozen=True)
class LocalStack:
    """A local stack that has been started.

    Attributes:
        url: where its API answers.
        folder: where its state lies.
        secret: what its tokens are signed with.
    """

    url: str
    folder: Path
    secret: str = field(repr=False)

    def token(
        self,
        user: str | None = None,
        *,
        tenant: str = "default",
        scopes: Iterable[str] = SCOPES,
        ttl: float = TTL,
    ) -> str:
        """A token of this user, by default of whoever runs this program, that lasts ``ttl`` seconds."""
        now = int(time.time())
        claims = {
            "sub": user or whoami(),
            "tenant": tenant,
            "scope": " ".join(scopes),
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + int(ttl),
        }
        return signed(claims, self.secret)


def find(state_dir: str | Path | None = None) -> LocalStack:
    """The stack of this state folder; by default of ``FERMATA_STATE_DIR``, else of the nearest ``.fermata`` upwards.

    Raises NotRunning.
    """
    folder = _folder(state_dir)
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
        url, outputs = record["api_url"], record["outputs"]
        secret = (folder / SECRET).read_text(encoding="utf-8").strip()
    except (OSError, ValueError, TypeError, KeyError):
        raise NotRunning(f"there is no running local stack in {folder}; start it with `fermata up`") from None
    if not outputs:
        raise NotRunning(f"the local stack in {folder} is still being deployed")
    return LocalStack(url, folder, secret)


def whoami() -> str:
    """The name of whoever runs this program; ``local`` where that has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"


def signed(claims: dict[str, Any], secret: str) -> str:
    """An HS256 token (RFC 7519)."""
    parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    content = b".".join(_base64(part) for part in parts)
    mark = hmac.new(secret.encode(), content, hashlib.sha256).digest()
    return (content + b"." + _base64(mark)).decode()


def _folder(state_dir: str | Path | None) -> Path:
    named = state_dir or os.environ.get(VARIABLE)
    if named:
        return Path(named).resolve()
    here = Path.cwd()
    return next((place / FOLDER for place in (here, *here.parents) if (place / FOLDER).is_dir()), here / FOLDER)


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
