"""What goes wrong for a moment while a unit stores or reads: the unit runs again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fermata.domain.errors import Retryable
from fermata.domain.kind import UnitRetry


@contextmanager
def patience() -> Iterator[None]:
    """Within it, storage that is busy makes the unit wait and run again, instead of failing it."""
    try:
        yield
    except Retryable as error:
        raise UnitRetry(f"storage is busy: {error}") from error
