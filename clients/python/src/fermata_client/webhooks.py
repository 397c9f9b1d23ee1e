"""For receivers of webhooks: whether a request is Fermata's, as Standard Webhooks says it is to be found out."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

from fermata_client.errors import FermataError

PREFIX = "whsec_"
TOLERANCE = 300.0
"""Seconds that a request's time may be off."""


class NotSigned(FermataError):
    """The request is none that whoever has the secret has sent just now: answer 401, and do nothing."""


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secrets: str | Iterable[str],
    *,
    tolerance: float = TOLERANCE,
    now: float | None = None,
) -> Any:
    """The event in a request, if it is signed. Raises NotSigned.

    The same request may come twice: ``webhook-id`` is the same then.

    Args:
        body: just as it came, before anything has read it.
        headers: of the request; their case does not matter.
        secrets: ``whsec_…``, or several while one takes another's place.
        tolerance: seconds that the request's time may be off.
        now: seconds since the epoch; the machine's clock unless given.
    """
    raw = body.encode() if isinstance(body, str) else bytes(body)
    given = {name.lower(): value for name, value in headers.items()}
    try:
        id_, timestamp, signatures = (given[f"webhook-{name}"] for name in ("id", "timestamp", "signature"))
        at = int(timestamp)
    except KeyError as missing:
        raise NotSigned(f"the header {missing} is missing") from None
    except ValueError:
        raise NotSigned("webhook-timestamp is no number") from None
    if abs((time.time() if now is None else now) - at) > tolerance:
        raise NotSigned("webhook-timestamp is too long ago, or ahead")
    signed = f"{id_}.{timestamp}.".encode() + raw
    expected = [_signature(secret, signed) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    found = [text.partition(",")[2].encode() for text in signatures.split(" ") if text.startswith("v1,")]
    if not any(hmac.compare_digest(one, other) for one in found for other in expected):
        raise NotSigned("webhook-signature fits no secret")
    try:
        return json.loads(raw)
    except ValueError:
        raise NotSigned("the body is no JSON") from None


def _signature(secret: str, signed: bytes) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("a secret is whsec_ and base64") from None
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
