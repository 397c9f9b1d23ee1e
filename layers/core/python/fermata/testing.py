"""Drives a memory world: what the state machine, the event source and the schedule do on AWS."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from fermata.adapters.memory.state import State
from fermata.control.engine import Engine
from fermata.control.execution import enter
from fermata.control.recovery import Report, recover
from fermata.ports import Message
from fermata.runner.chunk_loop import ChunkOutcome
from fermata.runner.dispatch import handle
from fermata.runner.slots import Slots, ThreadSlots


@dataclass
class ManualClock:
    """A clock that moves when told to, or when somebody sleeps."""

    time: float = 1_800_000_000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class InlineSlots:
    """Runs work at once, in the caller. For quick units and one at a time."""

    def start(self, work: Callable[[], None]) -> None:
        work()

    def wait(self, seconds: float) -> None:
        """Nothing to wait for: work ends before ``start`` returns."""

    def rest(self, seconds: float, stop: Callable[[], bool]) -> bool:
        return not stop()


@dataclass
class MemoryDelivery:
    """Implements :class:`fermata.ports.Delivery`."""

    id: str

    def extend(self, seconds: float) -> None:
        """There is no visibility to extend: a message is delivered once here."""


@dataclass
class Driver:
    """Plays everything that calls the engine by itself, one call after another.

    Attributes:
        slots: where units run.
        stops: how each message ended.
    """

    engine: Engine
    world: State
    slots: Callable[[], Slots] = ThreadSlots
    stops: deque[tuple[Message, ChunkOutcome]] = field(default_factory=lambda: deque(maxlen=1000))
    _ids: count[int] = field(default_factory=count)

    def step(self) -> bool:
        """Enter one step of an execution, or deliver one message; whether there was any."""
        with self.world.lock:
            arrival = self.world.arrivals.pop(0) if self.world.arrivals else None
            message = self.world.queue.pop(0) if arrival is None and self.world.queue else None
        if arrival is not None:
            ref, run, step = arrival
            token = f"token-{next(self._ids)}"
            self.world.tokens[token] = arrival
            if self.engine.workflow.running(ref, run):
                enter(self.engine, ref, run, step, token)
        elif message is not None:
            delivery = MemoryDelivery(f"message-{next(self._ids)}")
            until = self.engine.clock.now() + 600
            self.stops.append((message, handle(self.engine, message, delivery, self.slots(), until)))
        return arrival is not None or message is not None

    def run(self, most: int = 100_000) -> None:
        """Until nothing is left to do."""
        for _ in range(most):
            if not self.step():
                return
        raise RuntimeError(f"still busy after {most} steps")

    def recover(self) -> Report:
        return recover(self.engine, self.engine.clock.now() + 600)
