"""Drives a memory world: what the state machine, the event source and the schedule do on AWS."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count

from fermata.adapters.memory.bus import MemoryBus
from fermata.adapters.memory.state import State
from fermata.control.deliveries import Sender
from fermata.control.engine import Engine
from fermata.control.outbox import publish
from fermata.control.reconcile import arrived
from fermata.control.recovery import Report, recover
from fermata.control.schedules import settle
from fermata.domain.errors import FermataError, NotFound
from fermata.domain.jobs import Ref
from fermata.ports import Clock, Message, Shipment
from fermata.runner.claim import ChunkOutcome
from fermata.runner.deadline import slice_of
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


@dataclass
class QuickClock:
    """The machine's clock, on which nobody who sleeps loses time."""

    slept: float = 0.0

    def now(self) -> float:
        return time.time() + self.slept

    def sleep(self, seconds: float) -> None:
        self.slept += seconds


@dataclass
class InlineSlots:
    """Runs work at once, in the caller; waiting moves the clock. For quick units and one at a time."""

    clock: Clock

    def start(self, work: Callable[[], None]) -> None:
        work()

    def wait(self, seconds: float) -> None:
        """For work there is nothing to wait for, it ends before ``start`` returns; but for time there is."""
        self.clock.sleep(seconds)

    def rest(self, seconds: float, stop: Callable[[], bool]) -> bool:
        self.clock.sleep(seconds)
        return not stop()


@dataclass
class MemoryDelivery:
    """Implements :class:`fermata.ports.Delivery`."""

    id: str
    again: bool = False
    worker: str = "memory"

    def extend(self, seconds: float) -> None:
        """There is no visibility to extend: a message is delivered once here."""


@dataclass
class Driver:
    """Plays everything that calls the engine by itself, one call after another.

    Attributes:
        slots: where units run.
        stops: how each message ended.
        bus: what listeners of the bus have got.
    """

    engine: Engine
    world: State
    slots: Callable[[], Slots] = ThreadSlots
    stops: deque[tuple[Message, ChunkOutcome]] = field(default_factory=lambda: deque(maxlen=1000))
    bus: MemoryBus = field(default_factory=MemoryBus)
    _ids: count[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self._sender = Sender(self.engine, luck=lambda: 0.5)

    def step(self, *, wait: bool = True) -> bool:
        """Let one execution arrive, or deliver one message; whether there was any. One that is delayed is waited for, unless told
        otherwise: a worker among several must not, since another message may come first."""
        with self.world.lock:
            arrival = self.world.arrivals.pop(0) if self.world.arrivals else None
        if arrival is not None:
            self._arrive(*arrival)
            return True
        message = self._next_message() if wait else self._due_message()
        if message is not None:
            self._deliver(message)
        return message is not None

    def _due_message(self) -> Message | None:
        """The first that need not wait, those ahead that may overtake long work: on AWS they have their own queue."""
        with self.world.lock:
            now, queue = self.engine.clock.now(), self.world.queue
            queue += [message for at, message in sorted(self.world.delayed, key=lambda entry: entry[0]) if at <= now]
            self.world.delayed[:] = [entry for entry in self.world.delayed if entry[0] > now]
            ahead = next((place for place, message in enumerate(queue) if message.express), 0)
            return queue.pop(ahead) if queue else None

    def _next_message(self) -> Message | None:
        with self.world.lock:
            if self.world.queue:
                return self.world.queue.pop(0)
            if not self.world.delayed:
                return None
            self.world.delayed.sort(key=lambda entry: entry[0])
            at, message = self.world.delayed.pop(0)
        # Outside of the lock: whoever else uses the world is not kept waiting.
        self.engine.clock.sleep(max(0.0, at - self.engine.clock.now()))
        return message

    def _arrive(self, ref: Ref, number: int, state: str) -> None:
        token = f"token-{next(self._ids)}"
        self.world.tokens[token] = (ref, number, state)
        if self.engine.workflow.running(ref, number):
            arrived(self.engine, ref, number, state, token)

    def _deliver(self, message: Message) -> None:
        delivery = MemoryDelivery(f"message-{next(self._ids)}")
        engine = replace(self.engine, worker=message.worker)
        slice = slice_of(engine, 600.0, express=message.express)
        with self._in_flight(message):
            self.stops.append((message, handle(engine, message, delivery, self.slots(), slice)))

    @contextmanager
    def _in_flight(self, message: Message) -> Iterator[None]:
        with self.world.lock:
            self.world.in_flight.append(message)
        try:
            yield
        finally:
            with self.world.lock:
                self.world.in_flight.remove(message)

    def run(self, most: int = 100_000) -> None:
        """Until nothing is left to do."""
        for _ in range(most):
            if not self.step():
                return
        raise RuntimeError(f"still busy after {most} steps")

    def trigger(self) -> None:
        """Every schedule that is set, whether a time of it has come or not."""
        for tenant, id_ in sorted(self.world.timers):
            with suppress(NotFound):
                settle(self.engine, tenant, id_)

    def tell(self) -> None:
        """Put what has happened on the bus, and send webhooks what is to be sent by now."""
        with self.world.lock:
            lines, self.world.lines[:] = list(self.world.lines), []
        try:
            publish(self.engine, self.bus, lines)
        except FermataError:  # they are told again, as those of a stream are
            with self.world.lock:
                self.world.lines[:0] = lines
            raise
        while (shipment := self._next_shipment()) is not None:
            self._sender.ship(shipment)

    def _next_shipment(self) -> Shipment | None:
        with self.world.lock:
            ready = [one for one in self.world.shipments if one[0] <= self.engine.clock.now()]
            if not ready:
                return None
            self.world.shipments.remove(ready[0])
            return ready[0][1]

    def recover(self) -> Report:
        return recover(self.engine, self.engine.clock.now() + 600)
