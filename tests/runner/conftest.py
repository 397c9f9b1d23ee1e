from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fermata.domain.kind import Policy
from fermata.testing import InlineSlots

PLENTY = 10.0
"""Seconds within which a thread that is able to go on surely does."""


@dataclass
class DeferredSlots(InlineSlots):
    """Work begins when the loop waits, or when a test says so."""

    waiting: list[Callable[[], None]] = field(default_factory=list)

    def start(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    def wait(self, seconds: float) -> None:
        if self.waiting:
            self.begin()
        else:
            super().wait(seconds)

    def begin(self) -> None:
        """Run the work that has waited longest."""
        if self.waiting:
            self.waiting.pop(0)()


@pytest.fixture
def deferred(lab: Any) -> DeferredSlots:
    return DeferredSlots(lab.clock)


@pytest.fixture
def hang() -> Iterator[Callable[[object], bool]]:
    """What a unit does that never ends by itself; all of them end with the test."""
    over = threading.Event()
    yield lambda unit: over.wait(PLENTY * 10)
    over.set()


@pytest.fixture
def gather() -> Callable[[int], Callable[[], None]]:
    """``gather(2)`` makes a call that returns once two threads are in it."""

    def make(parties: int) -> Callable[[], None]:
        barrier = threading.Barrier(parties)

        def meet() -> None:
            barrier.wait(PLENTY)

        return meet

    return make


@pytest.fixture
def threaded(make_lab: Any) -> Any:
    """A lab with real threads and the machine's clock, for a policy."""

    def make(**policy: Any) -> Any:
        facts: dict[str, Any] = {"chunk_size": 4, "timeout": None, "backoff": 0.0}
        return make_lab(policy=Policy(**facts | policy), threads=True)

    return make
