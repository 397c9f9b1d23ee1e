"""Slots: where units run, several at a time beside the loop that watches over them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol


class Slots(Protocol):
    """Runs work beside the caller. The simulation brings its own, without threads."""

    def start(self, work: Callable[[], None]) -> None:
        """Begin the work now."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when some work has ended since the last wait, or after so many seconds."""
        ...

    def rest(self, seconds: float, stop: Callable[[], bool]) -> bool:
        """From inside a work: wait so long unless ``stop`` turns true; whether the time passed."""
        ...


class ThreadSlots:
    """A thread for each work. An abandoned one (its unit has timed out) ends with the process at the latest."""

    def __init__(self) -> None:
        self._bell = threading.Event()

    def start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=self._run, args=(work,), daemon=True).start()

    def wait(self, seconds: float) -> None:
        self._bell.wait(seconds)
        self._bell.clear()

    def rest(self, seconds: float, stop: Callable[[], bool]) -> bool:
        left = seconds
        while left > 0 and not stop():
            pause = threading.Event()
            pause.wait(min(left, 0.1))
            left -= 0.1
        return not stop()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        finally:
            self._bell.set()
