"""Files of the machine, for stacks that allow them: regular files only, named in full."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from urllib.parse import unquote, urlsplit

from fermata.domain.kind import UnitError

_CLOSED = ("/proc", "/sys", "/dev", "/run")


@contextmanager
def open_local(location: str, private: frozenset[str] = frozenset()) -> Iterator[IO[bytes]]:
    """The file at an absolute path or ``file://`` URL. What is no regular file is refused without being read.

    ``private``: folders whose files are nobody's documents, such as the stack's own state.
    """
    path = _resolved(location, private)
    try:
        # Not blocking: a pipe that took the file's place meanwhile would otherwise wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise UnitError(f"the file cannot be read: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UnitError("the path is not a regular file")
        yield stream


def check_path(location: str) -> PurePosixPath:
    """The path, whether there is anything or not. Raises UnitError for one that is never read."""
    text = unquote(urlsplit(location).path) if location.startswith("file:") else location
    named = PurePosixPath(text)
    if "\0" in text or not named.is_absolute():
        raise UnitError("the path of a local file must be absolute")
    if ".." in named.parts:
        raise UnitError("the path has '..' in it, which is not allowed")
    return named


def _resolved(location: str, private: frozenset[str]) -> Path:
    named = check_path(location)
    try:
        path = Path(named).resolve(strict=True)
        regular = stat.S_ISREG(path.lstat().st_mode)
    except FileNotFoundError:
        raise UnitError("the file does not exist") from None
    except (OSError, RuntimeError):
        raise UnitError("the file cannot be read") from None
    if not regular or any(path.is_relative_to(folder) for folder in (*_CLOSED, *map(os.path.realpath, private))):
        raise UnitError("the path is not a regular file")
    return path
