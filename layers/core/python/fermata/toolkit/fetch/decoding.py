"""Content-Encoding undone as browsers do it: what a server names wrongly is read all the same where that is certain."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Protocol

from fermata.domain.kind import UnitError, UnitRetry

PIECE = 65_536
"""Bytes that come out of a decoder at a time at most, so that a bomb is seen before it is large."""

_GZIP = b"\x1f\x8b"
_OTHERS = frozenset({"br", "zstd", "compress", "x-compress"})
"""Real codings that no request asks for."""


def decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The body without its codings, the last one named first.

    A name that is no coding (``none``, ``utf-8``, ``aws-chunked``) is taken for a slip and passed over. Raises UnitError for a
    body that is not what it is said to be, and UnitRetry for one that ends too early.
    """
    names = [name.strip().lower() for name in encoding.split(",")]
    body = iter(chunks)
    for name in reversed(names):
        if name in _OTHERS:
            raise UnitError(f"the file is sent in the unsupported encoding {name!r}")
        if make := _DECODERS.get(name):
            body = _through(make(), name, body)
    return body


class _Decoder(Protocol):
    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes of the data, in pieces. Raises ValueError."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the body may end here."""
        ...


def _through(decoder: _Decoder, name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    size = 0
    try:
        for chunk in chunks:
            size += len(chunk)
            if chunk:
                yield from decoder.feed(chunk)
    except ValueError:
        raise UnitError(f"the file is not the {name} that the server says it is") from None
    if size and not decoder.whole:
        raise UnitRetry("the connection broke off")


class _Gzip:
    """Gzip members one after another; what follows the last one and is none is padding. Some servers call deflate so."""

    def __init__(self) -> None:
        self._member = _inflater()
        self._rest = b""
        self._padding = False

    @property
    def whole(self) -> bool:
        return self._member.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        data, self._rest = self._rest + data, b""
        while data and not self._padding:
            if self._member.eof:
                data = self._begun(data)
            yield from _inflated(self._member, data)
            data = self._member.unused_data if data else b""

    def _begun(self, data: bytes) -> bytes:
        """The data of a further member, if one begins; where that can't be told yet, it is kept for the next time."""
        data = data.lstrip(b"\0")
        if data.startswith(_GZIP):
            self._member = _inflater()
            return data
        if _GZIP.startswith(data):
            self._rest = data
        else:
            self._padding = True
        return b""


class _Deflate:
    """Deflate with zlib's header, as it should be, or without, as some servers send it."""

    def __init__(self) -> None:
        self._stream = _inflater()
        self._head = b""
        self._known = False

    @property
    def whole(self) -> bool:
        return self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not self._known:
            data = self._head = self._head + data
            if len(data) < 2:
                return
            self._known = True
            if not _is_zlib(data) and not data.startswith(_GZIP):
                self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        if not self._stream.eof:
            yield from _inflated(self._stream, data)


_DECODERS: Mapping[str, Callable[[], _Decoder]] = {"gzip": _Gzip, "x-gzip": _Gzip, "deflate": _Deflate}


def _inflater() -> zlib._Decompress:
    return zlib.decompressobj(zlib.MAX_WBITS | 32)


def _inflated(stream: zlib._Decompress, data: bytes) -> Iterator[bytes]:
    try:
        while data and not stream.eof:
            yield stream.decompress(data, PIECE)
            data = stream.unconsumed_tail
    except zlib.error as error:
        raise ValueError("not what it is said to be") from error


def _is_zlib(head: bytes) -> bool:
    """RFC 1950: the method is deflate, and the first two bytes are a multiple of 31."""
    return head[0] & 0x0F == 8 and (head[0] << 8 | head[1]) % 31 == 0
