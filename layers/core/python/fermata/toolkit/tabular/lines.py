"""Lines of a stream and where each ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

LIMIT = 1024 * 1024
"""Bytes that a line may have."""


def lines(chunks: Iterable[bytes], offset: int = 0) -> Iterator[tuple[bytes, int]]:
    """Each line with its end and the offset of the line after it, the stream starting at ``offset``.

    A line longer than :data:`LIMIT` is given as its first bytes, still more than the limit, and never held whole.
    """
    rest, dropped = b"", 0
    for chunk in chunks:
        pieces = (rest + chunk).split(b"\n")
        rest = pieces.pop()
        for piece in pieces:
            offset += dropped + len(piece) + 1
            dropped = 0
            yield piece + b"\n", offset
        if len(rest) > LIMIT:
            dropped += len(rest) - LIMIT - 1
            rest = rest[: LIMIT + 1]
    if rest:
        yield rest, offset + dropped + len(rest)
