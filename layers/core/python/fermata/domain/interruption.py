"""Whoever loops or waits for long on behalf of a unit or a planner asks here, every now and then, whether it may go on.

So a pause is reached without waiting for the rest of a slow server, a huge table or a long document, however deep in a library
the time is spent; a unit that ends soon is let end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None]] = ContextVar("interruption", default=lambda: None)


def check() -> None:
    """Raises what ends the work of this thread, once it must go no further; without anybody who stops it, never."""
    _check.get()()


@contextmanager
def interruptible_by(stop: Callable[[], None]) -> Iterator[None]:
    """Within it, in this thread, ``stop`` is asked; it returns, or raises."""
    token = _check.set(stop)
    try:
        yield
    finally:
        _check.reset(token)
