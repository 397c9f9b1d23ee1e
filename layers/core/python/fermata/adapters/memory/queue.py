"""The queue in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from fermata.adapters.memory.state import State
from fermata.domain.kind import DEFAULT_WORKER
from fermata.ports import EXPRESS, Clock, Message, QueueDepth

MAX_DELAY = 900.0


class MemoryQueue:
    """Implements :class:`fermata.ports.Queue`; whoever drives the world takes the messages out."""

    def __init__(self, world: State, clock: Clock) -> None:
        self.world, self.clock = world, clock

    def send(self, messages: Sequence[Message], delay: float = 0) -> None:
        with self.world.lock:
            if delay > 0:
                self.world.delayed += [(self.clock.now() + min(delay, MAX_DELAY), message) for message in messages]
            else:
                self.world.queue.extend(messages)

    def dead(self, limit: int = 100) -> Iterator[Message]:
        for _ in range(limit):
            with self.world.lock:
                if not self.world.dead:
                    return
                message = self.world.dead[0]
            yield message
            with self.world.lock:
                self.world.dead.remove(message)

    def backlog(self, worker: str = DEFAULT_WORKER) -> int:
        with self.world.lock:
            return sum(message.worker == worker for message in self.world.queue)

    def depths(self) -> list[QueueDepth]:
        with self.world.lock:
            waiting = _by_queue([*self.world.queue, *(message for _, message in self.world.delayed)])
            in_flight = _by_queue(self.world.in_flight)
        names = sorted({DEFAULT_WORKER, EXPRESS, *waiting, *in_flight})
        return [QueueDepth(name, waiting[name], in_flight[name]) for name in names]


def _by_queue(messages: Iterable[Message]) -> Counter[str]:
    return Counter(EXPRESS if message.express else message.worker for message in messages)
