"""Signatures of what webhooks are sent, as Standard Webhooks describes them (https://www.standardwebhooks.com).

Signed is ``id.timestamp.body``, by HMAC-SHA256 with the bytes that the secret is base64 of.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
BYTES = 32
"""Of a new secret; 24 to 64 are allowed."""


def secret_of(key: bytes) -> str:
    """As it is shown and stored."""
    return PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(PREFIX))


def signature(secret: str, id_: str, timestamp: int, body: bytes) -> str:
    signed = f"{id_}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key_of(secret), signed, hashlib.sha256).digest()).decode()


def headers(secrets: Sequence[str], id_: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """What is sent beside the body; of several secrets each signs."""
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, id_, timestamp, body) for secret in secrets),
    }
