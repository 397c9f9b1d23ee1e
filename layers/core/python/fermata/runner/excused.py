"""What nobody is blamed for: a service that fails costs neither units nor jobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from fermata.domain.errors import DEPENDENCIES, FermataError


@contextmanager
def excused(note: Callable[[], object]) -> Iterator[None]:
    """Around work under a lease. When a service makes it fail, ``note`` stores that its worker has not died of it."""
    try:
        yield
    except DEPENDENCIES:
        with suppress(FermataError):
            note()
        raise
