"""How much of the world's bytes and time a fetch may take."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fermata.domain import interruption
from fermata.domain.kind import UnitError

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Bounds of one fetch.

    Attributes:
        connect: seconds to reach the server.
        read: seconds of silence.
        total: seconds for all of it, redirects included.
        size: bytes, after decompression.
        redirects: how many are followed.
    """

    connect: float = 5.0
    read: float = 15.0
    total: float = 60.0
    size: int = 50 * MIB
    redirects: int = 5


DEFAULT = Limits()


def bounded(chunks: Iterable[bytes], limits: Limits, deadline: float) -> Iterator[bytes]:
    """The chunks, until there are too many bytes or ``deadline`` (``time.monotonic``) is past: UnitError."""
    size = 0
    for chunk in chunks:
        interruption.check()
        size += len(chunk)
        if size > limits.size:
            raise UnitError(f"the file is larger than {readable(limits.size)}")
        if time.monotonic() > deadline:
            raise UnitError(f"the file took longer than {limits.total:.3g} seconds to fetch")
        yield chunk


def readable(size: int) -> str:
    """Bytes in the largest unit that they fill."""
    for unit, name in ((1024 * MIB, "GiB"), (MIB, "MiB"), (1024, "KiB")):
        if size >= unit:
            return f"{size / unit:.4g} {name}"
    return f"{size} bytes"
