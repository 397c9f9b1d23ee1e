"""Virtual time: invocations and the units in them as greenlets by one clock, so that an hour's work is billed within seconds."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from greenlet import getcurrent, greenlet


@dataclass(order=True)
class Wake:
    """When a greenlet goes on; ``live``: it has not been put off or woken otherwise."""

    at: float
    place: int
    sleeper: greenlet = field(compare=False)
    live: bool = field(default=True, compare=False)


@dataclass
class VirtualClock:
    """Implements :class:`fermata.ports.Clock`. Who sleeps in a greenlet lets others run meanwhile; who sleeps elsewhere moves
    the clock, as nothing runs beside it."""

    time: float
    _wakes: list[Wake] = field(default_factory=list)
    _asleep: dict[greenlet, Wake] = field(default_factory=dict)
    _places: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._hub = getcurrent()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        if not self.concurrent():
            self.time += seconds
            return
        self.park(seconds)

    def concurrent(self) -> bool:
        """Whether the caller is one of the greenlets here."""
        return getcurrent().parent is self._hub

    def spawn(self, work: Callable[[], None], delay: float = 0.0) -> greenlet:
        """Have the work begin after so many seconds."""
        begun = greenlet(work, parent=self._hub)
        self.wake(begun, delay)
        return begun

    def park(self, seconds: float) -> None:
        """Let others run until so many seconds have passed, or somebody wakes the caller."""
        self.wake(getcurrent(), seconds)
        self._hub.switch()

    def wake(self, sleeper: greenlet, delay: float = 0.0) -> None:
        """Have it go on after so many seconds, whatever it was to wait for before."""
        if (before := self._asleep.pop(sleeper, None)) is not None:
            before.live = False
        wake = self._asleep[sleeper] = Wake(self.time + delay, next(self._places), sleeper)
        heapq.heappush(self._wakes, wake)

    def delay(self, sleeper: greenlet, seconds: float) -> None:
        """Keep it asleep for so much longer, if it sleeps."""
        if (wake := self._asleep.get(sleeper)) is not None:
            self.wake(sleeper, wake.at - self.time + seconds)

    def step(self) -> bool:
        """From the hub: run what is next until it sleeps; whether there was anything."""
        while self._wakes:
            wake = heapq.heappop(self._wakes)
            if wake.live:
                del self._asleep[wake.sleeper]
                self.time = max(self.time, wake.at)
                wake.sleeper.switch()
                return True
        return False


@dataclass
class VirtualSlots:
    """Implements :class:`fermata.runner.slots.Slots` for the greenlet that made it.

    Attributes:
        works: what runs in the slots.
    """

    clock: VirtualClock
    works: list[greenlet] = field(default_factory=list)
    _ended: bool = False
    _waits: bool = False

    def __post_init__(self) -> None:
        self._owner = getcurrent()

    def start(self, work: Callable[[], None]) -> None:
        def run() -> None:
            try:
                work()
            finally:
                self.works.remove(begun)
                self._ended = True
                if self._waits:
                    self.clock.wake(self._owner)

        begun = self.clock.spawn(run)
        self.works.append(begun)

    def wait(self, seconds: float) -> None:
        if not self._ended:
            self._waits = True
            self.clock.park(seconds)
            self._waits = False
        self._ended = False

    def rest(self, seconds: float, stop: Callable[[], bool]) -> bool:
        left = seconds
        while left > 0 and not stop():
            self.clock.sleep(min(left, 0.1))
            left -= 0.1
        return not stop()

    def occupy(self, seconds: float) -> None:
        """Take the processor from the works for so long."""
        for work in self.works:
            self.clock.delay(work, seconds)
