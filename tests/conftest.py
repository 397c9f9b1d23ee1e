"""The lab: an engine over one process's memory, a clock that moves when told to, and kinds whose units do as a test says."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fermata.adapters.memory.state import State, SystemClock
from fermata.bootstrap import memory_engine
from fermata.control import holds, review, scopes
from fermata.control.engine import Engine, Limits
from fermata.control.recovery import Report, recover
from fermata.control.results import settled
from fermata.control.retry import retry
from fermata.control.starting import NewJob, start
from fermata.control.termination import cancel
from fermata.domain.chunks import Chunk, Counts, count
from fermata.domain.events import Actor, Mutation
from fermata.domain.holds import SYSTEM, Hold
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Finishing, Json, Kind, Line, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.ports import Message
from fermata.runner.claim import ChunkOutcome
from fermata.runner.deadline import Slice, slice_of
from fermata.runner.dispatch import Worker, handle
from fermata.runner.slots import ThreadSlots
from fermata.testing import Driver, InlineSlots, ManualClock, MemoryDelivery
from fermata.toolkit.parameters import Parameters, parser, schema
from pydantic import Field
from xdist.scheduler import LoadFileScheduling

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A suite that a shell runs in its background ignores Ctrl-C, and so would all programs that its tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Whatever the shell says of bytecode: without it, each of the many processes here would compile all that it imports, and pytest
# each test anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["costs"]

LONGEST = (
    "tests/local/",
    "tests/conformance/test_local",
    "tests/conformance/",
    "tests/browser/",
    "tests/simulation/",
    "tests/functions/",
    "tests/sam/",
    "tests/stack/",
    "tests/kinds/test_interruption",
    "tests/releases/",
    "tests/layers/",
    "tests/contract/",
)
"""What takes longest, by the beginnings of its tests' names; see it with ``--costs 30``."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins, so that nothing of it is left to one process in the end."""

    def rank(item: pytest.Item) -> int:
        return next((place for place, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))

    items.sort(key=rank)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    """Tests of a file stay together, and so do those that share a local stack."""

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "local" if nodeid.startswith("tests/local/") else str(super()._split_scope(nodeid))

    return Scheduling(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores, since tests on a local stack, in a browser and of the kit mostly wait."""
    return (os.cpu_count() or 1) + 2


class Killed(BaseException):
    """The worker's process is gone: nothing after this line happens."""


class Params(Parameters):
    units: int = Field(default=8, ge=0)
    api_key: str | None = None


@dataclass
class LabSlots(InlineSlots):
    """Runs units in the caller; waiting moves the clock.

    Attributes:
        starts: how often work was handed out.
    """

    starts: int = 0

    def start(self, work: Callable[[], None]) -> None:
        self.starts += 1
        work()


class WhilePlanning(Slice):
    """A slice that is over once the units of the job's stage are named."""

    def __init__(self, engine: Engine, ref: Ref) -> None:
        super().__init__(float("inf"), float("inf"))
        self.engine, self.ref = engine, ref

    def over(self, now: float) -> bool:
        job = self.engine.store.job(self.ref)
        return job.plan.complete or job.status.final


class Planner(Worker):
    """A worker that leaves all units to others."""

    def _begins(self, job: Job, chunks: int) -> bool:
        return False


@dataclass
class Lab:
    """One tenant's world, mostly with one job in it: ``acme``'s ``jobs:one``.

    Kinds: ``one`` (a stage), ``two`` (the second stage's units are the first's results), ``reviewed`` (the same, with a review
    between) and ``lines`` (units are the lines of the file ``lines.jsonl``). The first stage's units are numbers, and what a unit
    answers is ten times its value.

    Attributes:
        seconds: how long each unit takes.
        units: the units that were started, in that order; times: clock time of each.
        deaths: workers that were killed.
        planner, follower, finish: what the kinds plan the first and the second stage with, and finish with.
    """

    policy: Policy = field(default_factory=lambda: Policy(chunk_size=4, timeout=None))
    limits: Limits = field(default_factory=Limits)
    threads: bool = False
    seconds: float = 1.0
    units: list[Unit] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    deaths: int = 0
    ref: Ref = field(default_factory=lambda: Ref("acme", "jobs:one"))

    def __post_init__(self) -> None:
        self.world = State()
        self.clock: Any = SystemClock() if self.threads else ManualClock()
        self.slots: Any = ThreadSlots() if self.threads else LabSlots(self.clock)
        self.engine = memory_engine(self.world, self._kinds(), self.clock, limits=self.limits)
        self.driver = Driver(self.engine, self.world, lambda: self.slots)
        self.does: dict[tuple[int, int], Callable[[Unit], Json]] = {}
        self.planner: Callable[[Planning], Iterator[Planned]] = numbers
        self.follower: Callable[[Planning], Iterator[Planned]] = from_previous
        self.finish: Callable[[Finishing], Json] = lambda job: {"succeeded": job.succeeded, "failed": job.failed}

    # What units do --------------------------------------------------------------------------------------------------------

    def on(self, number: int, does: Callable[[Unit], Json], stage: int = 0) -> None:
        """Have a unit do this, whatever it takes."""
        self.does[stage, number] = does

    def during(self, number: int, happens: Callable[[], object], stage: int = 0) -> None:
        """Let something happen while a unit runs, which then ends as ever; only the first time it runs."""
        left = [happens]

        def does(unit: Unit) -> Json:
            if left:
                left.pop()()
            return unit.value * 10

        self.on(number, does, stage)

    def fail(self, *numbers: int, stage: int = 0) -> None:
        def does(unit: Unit) -> Json:
            raise UnitError(f"unit {unit.value} is no good")

        for number in numbers:
            self.on(number, does, stage)

    def mend(self) -> None:
        """From now on every unit succeeds."""
        self.does.clear()

    def kill(self, number: int, times: int = 1, stage: int = 0) -> None:
        """Kill the worker that runs a unit, so many times."""
        left = [None] * times

        def does(unit: Unit) -> Json:
            if left:
                left.pop()
                self.die()
            return unit.value * 10

        self.on(number, does, stage)

    def die(self) -> None:
        """Whoever calls this is a process that is killed."""
        raise Killed

    def until_killed(self, call: Callable[[], object]) -> None:
        """Call, and be killed on the way."""
        with pytest.raises(Killed):
            call()

    def ran(self, stage: int = 0) -> list[int]:
        """Numbers of the stage's units, in the order in which they were started."""
        places = [unit.key.rsplit("/", 2)[1:] for unit in self.units if unit.job_id == self.ref.id]
        return [int(number) for of_stage, number in places if int(of_stage) == stage]

    def _unit(self, unit: Unit) -> Json:
        self.units.append(unit)
        self.times.append(self.clock.now())
        if not self.threads:
            self.clock.sleep(self.seconds)
        stage, number = (int(part) for part in unit.key.rsplit("/", 2)[1:])
        does = self.does.get((stage, number))
        return does(unit) if does else unit.value * 10

    # What operators do ----------------------------------------------------------------------------------------------------

    def act(self, action: str, tenant: str = "acme") -> Mutation:
        return Mutation(Actor(tenant, "ann", frozenset({"control"})), f"jobs.{action}", "jobs:one", self.clock.now())

    def start(self, tenant: str = "acme", **asked: Any) -> Job:
        new = NewJob(**{"family": "jobs", "id": "one", "kind": "one", "params": {"units": 8}} | asked)
        return start(self.engine, self.act("start", tenant), new)

    def pause(self, reason: str | None = "a look", until: float | None = None) -> Job:
        hold = holds.own_hold(self.engine, "ann", reason, until)
        return holds.pause(self.engine, self.act("pause"), self.ref, hold)

    def resume(self) -> Job:
        return holds.resume(self.engine, self.act("resume"), self.ref)

    def cancel(self, reason: str | None = None) -> Job:
        return cancel(self.engine, self.act("cancel"), self.ref, reason)

    def retry(self, **asked: Any) -> Job:
        return retry(self.engine, self.act("retry"), self.ref, **asked)

    def approve(self, **asked: Any) -> Job:
        return review.approve(self.engine, self.act("approve"), self.ref, **asked)

    def reject(self, **asked: Any) -> Job:
        return review.reject(self.engine, self.act("reject"), self.ref, **asked)

    def hold(self, scope: str = SYSTEM, until: float | None = None) -> None:
        held = Hold(scope, "ann", "maintenance", self.clock.now(), until)
        scopes.hold_scope(self.engine, self.act("hold"), "acme", held)

    def unhold(self, scope: str = SYSTEM) -> None:
        scopes.release_scope(self.engine, self.act("unhold"), "acme", scope)

    # What goes on by itself -----------------------------------------------------------------------------------------------

    def run(self, most: int = 10_000) -> None:
        """Deliver everything until nothing is left to do. A killed worker's message is gone."""
        for _ in range(most):
            try:
                if not self.driver.step():
                    return
            except Killed:
                self.deaths += 1
        raise AssertionError(f"still busy after {most} steps")

    def plan(self) -> None:
        """Let executions arrive and units be named, but run none: their chunks lie in the queue."""
        while self.world.arrivals:
            self.driver.step()
        for message in [message for message in self.world.queue if message.task == "job"]:
            self.world.queue.remove(message)
            slice = WhilePlanning(self.engine, message.ref)
            Planner(self.engine, message, MemoryDelivery("planner"), self.slots, slice).work()

    def recover(self, after: float = 0.0) -> Report:
        self.clock.sleep(after)
        return recover(self.engine, self.clock.now() + 600)

    def deliver(
        self, chunk: int = 0, stage: int = 0, id_: str = "message", seconds: float = 600.0, again: bool = False
    ) -> ChunkOutcome:
        """One message for a chunk to a worker that has so many seconds; it need not be in the queue."""
        message = Message("chunk", *self.ref, scopes=self.job.scope_names, stage=stage, chunk=chunk)
        return handle(self.engine, message, MemoryDelivery(id_, again), self.slots, slice_of(self.engine, seconds))

    # What there is --------------------------------------------------------------------------------------------------------

    @property
    def job(self) -> Job:
        return self.engine.store.job(self.ref)

    def chunks(self, stage: int | None = None) -> list[Chunk]:
        return self.engine.ledger.chunks(self.ref, stage)

    @property
    def counts(self) -> Counts:
        return count(self.chunks())

    def events(self) -> list[str]:
        return [event.type.value for event in self.engine.log.events(self.ref)]

    def audit(self, tenant: str = "acme") -> list[str]:
        return [record.act.action for record in self.engine.log.audit(tenant)]

    def results(self, stage: int = 0) -> dict[int, Json]:
        """What each settled unit answered, or its error."""
        rows = list(settled(self.engine, self.job, stage))
        assert len({row.number for row in rows}) == len(rows)
        return {row.number: row.value if row.error is None else row.error for row in rows}

    def _kinds(self) -> dict[str, Kind]:
        first = Stage("first", lambda planning: self.planner(planning), self._unit, self.policy)
        second = Stage("second", lambda planning: self.follower(planning), self._unit, self.policy)
        reviewed = Stage("apply", from_previous, self._unit, self.policy, review=True)
        lined = Stage("lined", lines, lambda unit: self.units.append(unit), self.policy)
        stages = {"one": (first,), "two": (first, second), "reviewed": (first, reviewed), "lines": (lined,)}

        def kind(name: str) -> Kind:
            facts = parser(Params), schema(Params), lambda job: self.finish(job), frozenset({"api_key"})
            return Kind(name, name, stages[name], *facts)

        return {name: kind(name) for name in stages}


def numbers(planning: Planning) -> Iterator[Planned]:
    for number in range(planning.cursor or 0, planning.params["units"]):
        yield Planned(number, number + 1)


def from_previous(planning: Planning) -> Iterator[Planned]:
    for result in planning.previous():
        if result.error is None:
            yield Planned(result.value, None)


def lines(planning: Planning) -> Iterator[Planned]:
    at = planning.cursor or 0
    for line in planning.files.get("lines.jsonl", at).splitlines(keepends=True):
        if line.strip():
            yield Planned(Line("lines.jsonl", at, at + len(line.rstrip())), at + len(line))
        at += len(line)


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def make_lab() -> type[Lab]:
    """For tests that need another policy, limits, or real threads."""
    return Lab
