"""The outbox under ``kill -9``: whichever function dies of whichever call, each change of a job's status is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import pytest
from fermata.adapters.memory.bus import MemoryBus
from fermata.control.outbox import Line, publish
from fermata.domain.errors import WrongStatus

PORTS = ("store", "ledger", "counters", "queue", "workflow", "parking", "blobs")
BATCH = 3
"""Lines that a reader of the stream gets in one invocation."""


@dataclass
class Fate:
    """Kills one function at one of its calls: the ``at``-th of all, before it is made or before its answer is there."""

    lab: Any
    at: int
    before: bool
    calls: int = 0
    dying: bool = False

    def through(self, port: Any) -> Any:
        return Mortal(self, port)

    def call(self, call: Callable[[], Any]) -> Any:
        self.calls += 1
        if self.dying or (self.calls == self.at and self.before):
            self.die()
        result = call()
        if self.calls == self.at:
            self.die()
        return result

    def die(self) -> None:
        self.dying = True  # what is dead makes no further call, on its way out either
        self.lab.die()

    def survives(self, invocation: Callable[[], object]) -> bool:
        """Whether an invocation came to its end."""
        try:
            invocation()
        except BaseException:
            if not self.dying:
                raise
            self.dying = False
            return False
        return True


@dataclass
class Mortal:
    """A port whose caller may die of a call."""

    fate: Fate
    port: Any

    def __getattr__(self, method: str) -> Callable[..., Any]:
        real = getattr(self.port, method)
        return lambda *args, **kwargs: self.fate.call(lambda: real(*args, **kwargs))


@dataclass
class Entries:
    """Implements :class:`fermata.ports.Bus`: takes notices one by one, so that a caller may die between two."""

    bus: Any

    def put(self, notices: Any) -> None:
        for notice in notices:
            self.bus.put([notice])


@dataclass
class Stream:
    """The table's stream, and whoever reads it: it goes on from where an invocation that came to its end has read to.

    Attributes:
        careful: it goes on only behind what was told; the test of the test has one that is not.
        statuses: that the job had, as they were stored.
    """

    lab: Any
    fate: Fate
    careful: bool = True
    bus: MemoryBus = field(default_factory=MemoryBus)
    read: int = 0
    statuses: list[str] = field(default_factory=list)

    def stored(self) -> list[Any]:
        return self.lab.world.events.get(self.lab.ref, [])

    def read_on(self) -> None:
        bus = Entries(self.fate.through(self.bus))
        while events := self.stored()[self.read : self.read + BATCH]:
            lines = [Line(*self.lab.ref, event) for event in events]
            came_to_its_end = self.fate.survives(lambda lines=lines: publish(self.lab.engine, bus, lines))
            self.read += len(events) if came_to_its_end or not self.careful else 0


def play(lab: Any, at: int, before: bool, *, careful: bool = True) -> Stream:
    """A job that is paused, goes on, loses a unit, is retried and ends, while one function is killed at one of its calls."""
    fate = Fate(lab, at, before)
    stream = Stream(lab, fate, careful)
    write = lab.engine.store.write

    def noting(*changes: Any) -> None:
        write(*changes)
        stream.statuses.append(lab.world.jobs[lab.ref].status.value)

    lab.engine.store.write = noting
    lab.engine = lab.driver.engine = replace(
        lab.engine, **{name: fate.through(getattr(lab.engine, name)) for name in PORTS}
    )

    def act(invocation: Callable[[], object]) -> None:
        """Whoever got no answer asks again; what was done already may be refused then."""
        with suppress(WrongStatus):
            if not fate.survives(invocation):
                fate.survives(invocation)
        stream.read_on()

    def deliver(most: int = 1000) -> None:
        for _ in range(most):
            more = [True]
            fate.survives(lambda more=more: more.append(lab.driver.step()))
            stream.read_on()
            if not more[-1]:
                return

    lab.fail(1)
    act(lambda: lab.start(params={"units": 6}))
    deliver(3)
    act(lab.pause)
    deliver()
    act(lab.resume)
    _bring_to_its_end(lab, fate, deliver)
    lab.mend()
    act(lab.retry)
    _bring_to_its_end(lab, fate, deliver)
    return stream


def _bring_to_its_end(lab: Any, fate: Fate, deliver: Callable[[], None]) -> None:
    for _ in range(12):
        deliver()
        job = lab.world.jobs[lab.ref]
        if job.status.final and job.closed:
            return
        fate.survives(lambda: lab.recover(after=400))
    raise AssertionError(f"never ended: {lab.world.jobs[lab.ref]}")


def check(lab: Any, stream: Stream) -> None:
    told, events = stream.bus.notices, stream.stored()
    first: dict[str, Any] = {}
    for notice in told:
        assert notice == first.setdefault(notice.id, notice), "what is told twice is the same"
    numbers = [notice.detail["number"] for notice in first.values()]
    assert numbers == list(range(1, len(events) + 1)), "each line is told, in order"
    statuses = [notice.detail["status"] for notice in first.values()]
    assert [one for one, _ in groupby(statuses)] == [one for one, _ in groupby(stream.statuses)]


@pytest.mark.parametrize("before", [True, False], ids=["before it is made", "before its answer is there"])
def test_whichever_call_a_function_dies_of_each_change_of_status_is_told_in_order_under_one_id(make_lab, before):
    whole = play(make_lab(), 0, before)
    for at in range(1, whole.fate.calls + 1):
        lab = make_lab()
        stream = play(lab, at, before)
        check(lab, stream)
        assert lab.job.status == "completed"
        assert lab.results() == {number: number * 10 for number in range(6)}
    assert whole.fate.calls > 50


def test_a_reader_that_dies_tells_again_what_it_may_have_told(make_lab):
    whole = play(make_lab(), 0, before=False)
    told = [len(play(make_lab(), at, before=False).bus.notices) for at in range(1, whole.fate.calls + 1)]
    assert max(told) > len(whole.bus.notices)


def test_a_reader_that_goes_on_before_the_bus_has_taken_its_lines_would_be_noticed(make_lab):
    whole = play(make_lab(), 0, before=True)
    with pytest.raises(AssertionError, match="each line is told"):
        for at in range(1, whole.fate.calls + 1):
            lab = make_lab()
            check(lab, play(lab, at, before=True, careful=False))
