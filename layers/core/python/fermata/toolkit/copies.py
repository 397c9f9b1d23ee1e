"""Documents on this machine's disk, for as long as their pages are being read one after another."""

from __future__ import annotations

import atexit
import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from fermata.domain import interruption
from fermata.domain.kind import Files

KEPT = 3
"""Documents. A function's disk has 512 MB, a document at most 50."""

PIECE = 1024 * 1024
"""Bytes that are copied between two looks whether the work may go on."""

Name = tuple[str, ...]


@dataclass
class _Copy:
    lock: threading.Lock = field(default_factory=threading.Lock)
    path: Path | None = None
    readers: int = 0


class Copies:
    """Copies by a name that no other document ever has; the oldest that nobody reads goes when there are too many."""

    def __init__(self) -> None:
        self._copies: OrderedDict[Name, _Copy] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def of(self, document: Name, files: Files, name: str) -> Iterator[Path]:
        """A job's file as a file of this machine. Raises NotFound."""
        copy = self._taken(document)
        try:
            with copy.lock:
                if copy.path is None:
                    copy.path = _downloaded(files, name)
                path = copy.path
            yield path
        finally:
            with self._lock:
                copy.readers -= 1

    def close(self) -> None:
        with self._lock:
            while self._copies:
                _removed(self._copies.popitem()[1])

    def _taken(self, document: Name) -> _Copy:
        with self._lock:
            copy = self._copies.setdefault(document, _Copy())
            self._copies.move_to_end(document)
            copy.readers += 1
            for old in [known for known, other in self._copies.items() if not other.readers][
                : len(self._copies) - KEPT
            ]:
                _removed(self._copies.pop(old))
            return copy


COPIES = Copies()
"""The process's."""

atexit.register(COPIES.close)


def _downloaded(files: Files, name: str) -> Path:
    handle, path = tempfile.mkstemp(prefix="fermata-")
    try:
        with os.fdopen(handle, "wb") as copy, files.open(name) as stream:
            while piece := stream.read(PIECE):
                interruption.check()
                copy.write(piece)
    except BaseException:
        Path(path).unlink()
        raise
    return Path(path)


@contextmanager
def copied(files: Files, name: str) -> Iterator[Path]:
    """A job's file as a file of this machine, for as long as the context lasts. Raises NotFound."""
    path = _downloaded(files, name)
    try:
        yield path
    finally:
        path.unlink()


def _removed(copy: _Copy) -> None:
    if copy.path is not None:
        with suppress(OSError):
            copy.path.unlink()
