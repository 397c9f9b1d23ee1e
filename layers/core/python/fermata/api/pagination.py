"""Cursors of pages: opaque to the caller, signed, good for the list they came from and no other."""

from __future__ import annotations

import base64
import hashlib
import hmac
import zlib
from collections.abc import Callable
from typing import TypeVar

from fermata.domain.errors import InvalidInput

T = TypeVar("T")

MARK = 16
MAX_CURSOR = 8_192
MAX_TEXT = 64 * 1024


def sealed(key: bytes, text: str, *owner: str) -> str:
    """A cursor that stands for a text; ``owner``: whose list it belongs to."""
    packed = zlib.compress(text.encode(errors="surrogatepass"), 9)
    return base64.urlsafe_b64encode(_mark(key, packed, owner) + packed).decode().rstrip("=")


def opened(key: bytes, cursor: str, parse: Callable[[str], T], *owner: str) -> T:
    """What the cursor stands for, by ``parse``, which raises ValueError for what it does not know.

    Raises InvalidInput for any cursor but those that :func:`sealed` made. One that it made is read with the same mistrust: it
    may come from another release.
    """
    try:
        if len(cursor) > MAX_CURSOR:
            raise ValueError
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mark, packed = raw[:MARK], raw[MARK:]
        if not hmac.compare_digest(mark, _mark(key, packed, owner)):
            raise ValueError
        text = zlib.decompressobj().decompress(packed, MAX_TEXT).decode(errors="surrogatepass")
        return parse(text)
    except (ValueError, zlib.error, InvalidInput):
        raise InvalidInput("cursor", "invalid cursor; use next_cursor of the previous page") from None


def _mark(key: bytes, data: bytes, owner: tuple[str, ...]) -> bytes:
    of = "\0".join(owner).encode(errors="surrogatepass")
    return hmac.new(key, len(of).to_bytes(4, "big") + of + data, hashlib.sha256).digest()[:MARK]
