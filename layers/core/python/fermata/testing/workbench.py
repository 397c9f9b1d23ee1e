"""Runs jobs in memory, one step after another: the same engine as on AWS, without anything that has to be started."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_content, memory_engine
from fermata.control import holds, retry, review, starting, termination
from fermata.control.results import settled
from fermata.domain.chunks import LEASE, count
from fermata.domain.events import Actor, Mutation
from fermata.domain.holds import Hold
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Json, Kind, Result, Settings, Stage, Unit
from fermata.domain.ranges import Ranges
from fermata.kinds.registry import Registry
from fermata.testing.driver import Driver, InlineSlots, ManualClock

TENANT = WORKSPACE = "default"
LOOPBACK = Settings(allow_local_files=True, allowed_hosts=frozenset({"127.0.0.1"}))


class Killed(BaseException):
    """The worker's process was killed, where a test has asked for it."""


class Workbench:
    """Jobs of some kinds in one process's memory.

    Attributes:
        kinds: the given ones, and all that are registered.
        clock: it moves when a job waits, or when a test says so (``clock.sleep(60)``).
        content: the default workspace's tables, index and sources.
        stores: those of all workspaces.
    """

    def __init__(self, *kinds: Kind, settings: Settings = LOOPBACK) -> None:
        self.world = State()
        self.clock = ManualClock()
        self.stores = memory_content(self.world)
        self._before: Callable[[Unit], None] = lambda unit: None
        self._after: Callable[[Unit], None] = lambda unit: None
        self.kinds: dict[str, Kind] = {kind.name: self._watched(kind) for kind in kinds}
        self.engine = memory_engine(
            self.world, _Known(self.kinds, self._watched), self.clock, settings, content=self.stores
        )
        self.driver = Driver(self.engine, self.world, lambda: InlineSlots(self.clock))
        self.content = self.stores.workspace(TENANT, WORKSPACE)
        self.act = Mutation(Actor(TENANT, "tester", frozenset({"read", "control"})), "jobs.test", "job", 0.0)

    def start(self, kind: str, /, *, files: Mapping[str, bytes] | None = None, **params: Json) -> TestJob:
        """Start a job, and let nothing of it run yet. Raises InvalidInput that names the parameter."""
        id_ = str(len(self.world.jobs) + 1)
        new = starting.NewJob(family="jobs", id=id_, kind=kind, params=params, files=files or {})
        return TestJob(self, starting.start(self.engine, self.act, new).ref)

    def run(self, kind: str, /, *, files: Mapping[str, bytes] | None = None, **params: Json) -> TestJob:
        """Start a job and run it until it ends, or waits for somebody."""
        job = self.start(kind, files=files, **params)
        self.drive()
        return job

    def drive(self) -> None:
        """Run whatever can go on. A worker that is killed meanwhile leaves its lease, which lapses; then others go on."""
        while True:
            try:
                return self.driver.run()
            except Killed:
                self.clock.sleep(LEASE + 1)
                self.driver.recover()

    def before_unit(self, number: int, deed: Callable[[], object]) -> None:
        """Do something as the so-manieth unit from now, from 1, begins."""
        self._before = _at(number, deed)

    def kill_after_unit(self, number: int) -> None:
        """Kill the worker when the so-manieth unit from now, from 1, has run, before its result is stored."""

        def kill() -> None:
            raise Killed

        self._after = _at(number, kill)

    def _watched(self, kind: Kind) -> Kind:
        def watched(stage: Stage) -> Stage:
            def run(unit: Unit) -> Json:
                self._before(unit)
                result = stage.run(unit)
                self._after(unit)
                return result

            return replace(stage, run=run)

        return replace(kind, stages=tuple(map(watched, kind.stages)))


@dataclass(frozen=True)
class TestJob:
    """A job on a workbench."""

    __test__ = False

    bench: Workbench
    ref: Ref

    @property
    def record(self) -> Job:
        """All that the engine knows of it."""
        return self.bench.engine.store.job(self.ref)

    @property
    def status(self) -> str:
        return self.record.status.value

    @property
    def result(self) -> Json:
        return self.record.result

    @property
    def error(self) -> str | None:
        return self.record.error

    @property
    def hold(self) -> str | None:
        """Why it is held; None when it is not."""
        held = self.record.holds
        return held[0].reason if held else None

    @property
    def counts(self) -> tuple[int, int, int]:
        """Units that have succeeded, failed, and remain."""
        counts = count(self.bench.engine.ledger.chunks(self.ref))
        return counts.succeeded, counts.failed, counts.remaining

    def units(self, stage: str | None = None) -> list[Result]:
        """The settled units of a stage, by default of the first, in order."""
        record = self.record
        number = 0 if stage is None else [each.name for each in record.stages].index(stage)
        return list(settled(self.bench.engine, record, number))

    def values(self, stage: str | None = None) -> list[Json]:
        """What the units of a stage returned that have succeeded."""
        return [unit.value for unit in self.units(stage) if unit.error is None]

    def errors(self, stage: str | None = None) -> list[str]:
        """Why units of a stage have failed."""
        return [unit.error for unit in self.units(stage) if unit.error is not None]

    def pause(self) -> None:
        """Hold it; it is ``paused`` once no unit runs. A second passes, so that workers look at the holds."""
        hold = Hold("job", "tester", "asked by a test", self.bench.clock.now())
        holds.pause(self.bench.engine, self.bench.act, self.ref, hold, wait=False)
        self.bench.clock.sleep(1.0)

    def pause_at_unit(self, number: int) -> None:
        """Hold it as the so-manieth unit from now, from 1, begins; that unit is finished."""
        self.bench.before_unit(number, self.pause)

    def resume(self) -> None:
        holds.resume(self.bench.engine, self.bench.act, self.ref)
        self.bench.drive()

    def cancel(self) -> None:
        termination.cancel(self.bench.engine, self.bench.act, self.ref)
        self.bench.drive()

    def retry(self) -> None:
        retry.retry(self.bench.engine, self.bench.act, self.ref)
        self.bench.drive()

    def approve(self, units: str | None = None) -> None:
        """Approve the draft, or the parts of it that are named: ``"0,3-5"``."""
        review.approve(self.bench.engine, self.bench.act, self.ref, None if units is None else Ranges.parse(units))
        self.bench.drive()

    def reject(self) -> None:
        review.reject(self.bench.engine, self.bench.act, self.ref)
        self.bench.drive()


class _Known(dict[str, Kind]):
    """The given kinds, and registered ones once they are asked for."""

    def __init__(self, kinds: Mapping[str, Kind], watched: Callable[[Kind], Kind]) -> None:
        super().__init__(kinds)
        self._registered, self._watched = Registry(), watched

    def __missing__(self, name: str) -> Kind:
        self[name] = self._watched(self._registered[name])
        return self[name]


def _at(number: int, deed: Callable[[], object]) -> Callable[[Unit], None]:
    ran = itertools.count(1)

    def look(unit: Unit) -> None:
        if next(ran) == number:
            deed()

    return look
