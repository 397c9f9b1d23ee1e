"""Cursors of pages: opaque to the caller, good for the list they came from and no other."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import zlib

from fermata.domain.errors import InvalidInput

MARK = 12
MAX_CURSOR = 8_192


def sealed(text: str, *owner: str) -> str:
    """A cursor that stands for a text; ``owner``: whose list it belongs to, some of it unknown to others."""
    packed = zlib.compress(text.encode(), 9)
    return base64.urlsafe_b64encode(_mark(packed, owner) + packed).decode().rstrip("=")


def opened(cursor: str, *owner: str) -> str:
    """The inverse of :func:`sealed`. Raises InvalidInput for any other cursor."""
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mark, packed = raw[:MARK], raw[MARK:]
        if not hmac.compare_digest(mark, _mark(packed, owner)):
            raise ValueError
        return zlib.decompress(packed).decode()
    except (ValueError, binascii.Error, zlib.error):
        raise InvalidInput("cursor", "is not one that this list gave") from None


def _mark(data: bytes, owner: tuple[str, ...]) -> bytes:
    key = hashlib.sha256("\0".join(owner).encode(errors="surrogatepass")).digest()
    return hmac.new(key, data, hashlib.sha256).digest()[:MARK]
