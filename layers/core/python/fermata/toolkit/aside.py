"""Calls that nothing cuts short, made so that whoever waits for them can be interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from fermata.domain import interruption

T = TypeVar("T")

POLL = 0.2
"""Seconds between two looks whether the work may go on."""


def aside(call: Callable[[], T], discard: Callable[[T], object] = lambda result: None) -> T:
    """What the call returns or raises; it runs in a thread of its own, and is left behind when the work is interrupted.

    ``discard`` gets what a call that was left behind returns after all.
    """
    made: Future[T] = Future()

    def run() -> None:
        try:
            made.set_result(call())
        except BaseException as error:
            made.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    try:
        while not wait([made], POLL).done:
            interruption.check()
    except BaseException:
        made.add_done_callback(lambda late: None if late.exception() else discard(late.result()))
        raise
    return made.result()
