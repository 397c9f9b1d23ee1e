"""How long one invocation works: to the end that the platform sets, or until the process is told to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from fermata.control.engine import Engine
from fermata.domain.jobs import PRIORITY

RESERVE = 30.0
"""Seconds kept for ending in order: the last units, the last commit, the next message."""

EXPRESS = 5.0
"""Seconds after which a message that may overtake others makes room for the next one of its kind."""

TURN = 15.0
"""Seconds after which a worker makes room for whoever waits, at the priority of a job that asks for none."""

NEXT_LOOK = 5.0
"""Seconds until a worker that nobody waited for looks again."""

_told_to_stop = threading.Event()


class Context(Protocol):
    """What Lambda tells a handler of its invocation, as far as it is of use here."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass
class Slice:
    """The time of one invocation.

    Attributes:
        until: clock time at which it is over.
        began: clock time.
        look_at: clock time before which it is not asked again whether others wait.
        express: it is short in any case, since quick work is behind it.
        stopped: the process is being ended in good order.
    """

    until: float
    began: float
    express: bool = False
    stopped: threading.Event = _told_to_stop
    look_at: float = 0.0

    def over(self, now: float) -> bool:
        return now >= self.until or self.stopped.is_set()

    def turn_over(self, now: float, waiting: Callable[[], int], turn: float = TURN) -> bool:
        """Whether it is time to make room: the turn, of so many seconds, is over, and others wait."""
        if now < max(self.began + turn, self.look_at):
            return False
        self.look_at = now + NEXT_LOOK
        return waiting() > 0

    @property
    def stopping(self) -> bool:
        return self.stopped.is_set()


def slice_of(engine: Engine, seconds: float, *, express: bool = False) -> Slice:
    now = engine.clock.now()
    until = now + min(seconds, EXPRESS) if express else now + seconds
    return Slice(until, now, express)


def turn(priority: int) -> float:
    """Seconds after which a worker of such a job makes room; what it gets of the workers while others wait is in proportion."""
    return TURN * (priority + 1) / (PRIORITY + 1)


def remaining(context: Context) -> float:
    """Seconds that an invocation may work."""
    return max(1.0, context.get_remaining_time_in_millis() / 1000 - RESERVE)


def end_of_slice(engine: Engine, context: Context) -> float:
    """Clock time by which the work has to stop."""
    return engine.clock.now() + remaining(context)


_at_work = threading.Semaphore(0)


@contextmanager
def at_work() -> Iterator[None]:
    """Around an invocation: a process that is told to stop meanwhile puts its work down first."""
    _at_work.release()
    try:
        yield
    finally:
        _at_work.acquire(blocking=False)


def stop_when_told() -> None:
    """On SIGTERM, which precedes the end of a process that is stopped in good order, let every slice be over.

    An idle process ends at once; one at work goes on until its work is put down, or until it is killed.
    """

    def stop(signum: int, frame: Any) -> None:
        _told_to_stop.set()
        if _at_work.acquire(blocking=False):
            _at_work.release()
        else:
            raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, stop)
