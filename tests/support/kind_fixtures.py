"""A web server on loopback that answers as told, a job's files in memory, and units to run."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

import pytest
from fermata.adapters.memory.state import State
from fermata.control import holds, review, termination
from fermata.domain.chunks import LEASE
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Kind, Planning, Result, Settings, Unit
from fermata.domain.ranges import Ranges
from fermata.kinds.registry import Registry
from fermata.kinds.tag_documents.stages import TAG_DOCUMENTS
from fermata.runner.deadline import Slice
from fermata.testing import Killed, LoopbackServer, TestJob, Workbench
from fermata.toolkit import extract


class MemoryFiles:
    """A job's files."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        self.files[name] = data

    def get(self, name: str, start: int = 0, end: int | None = None) -> bytes:
        return self.files[name][start:end]

    def open(self, name: str, start: int = 0) -> IO[bytes]:
        return io.BytesIO(self.files[name][start:])

    def write(self, name: str, parts: Iterable[bytes]) -> int:
        self.files[name] = b"".join(parts)
        return len(self.files[name])

    def exists(self, name: str) -> bool:
        return name in self.files


class OverWhilePlanning(Slice):
    """A slice that is over while units are left to be named."""

    def __init__(self, world: State) -> None:
        super().__init__(float("inf"), float("inf"))
        self.world = world

    def over(self, now: float) -> bool:
        return any(not job.plan.complete for job in self.world.jobs.values())


class Jobs:
    """Jobs of the real kinds on a workbench, by their refs."""

    def __init__(self, settings: Settings, **kinds: Kind) -> None:
        self.bench = Workbench(*kinds.values(), settings=settings)
        self.world, self.clock, self.driver = self.bench.world, self.bench.clock, self.bench.driver
        self.engine, self.content = self.bench.engine, self.bench.stores

    def start(self, kind: str, files: dict[str, bytes] | None = None, **params: Any) -> Ref:
        return self.bench.start(kind, files=files, **params).ref

    def run(self, kind: str, files: dict[str, bytes] | None = None, **params: Any) -> Ref:
        """A worker that is killed on the way stays so, see :meth:`outlive`."""
        ref = self.start(kind, files, **params)
        self.driver.run()
        return ref

    def job(self, ref: Ref) -> Job:
        return self._at(ref).record

    def counts(self, ref: Ref) -> tuple[int, int, int]:
        """Succeeded, failed, remaining."""
        return self._at(ref).counts

    def results(self, ref: Ref, stage: int = 0) -> list[Result]:
        return self._at(ref).units(self.job(ref).stages[stage].name)

    def values(self, ref: Ref, stage: int = 0) -> list[Any]:
        return [result.value for result in self.results(ref, stage) if result.error is None]

    def pause(self, ref: Ref) -> None:
        self._at(ref).pause()

    def resume(self, ref: Ref) -> None:
        holds.resume(self.engine, self.bench.act, ref)
        self.driver.run()

    def cancel(self, ref: Ref) -> None:
        """Nothing runs before the test says so."""
        termination.cancel(self.engine, self.bench.act, ref)
        self.clock.sleep(1.0)

    def retry(self, ref: Ref) -> None:
        self._at(ref).retry()

    def approve(self, ref: Ref, units: str | None = None, *, drive: bool = True) -> None:
        if drive:
            self._at(ref).approve(units)
        else:
            review.approve(self.engine, self.bench.act, ref, None if units is None else Ranges.parse(units))

    def reject(self, ref: Ref) -> None:
        self._at(ref).reject()

    def _at(self, ref: Ref) -> TestJob:
        return TestJob(self.bench, ref)

    @contextmanager
    def slow_planning(self) -> Iterator[None]:
        """A slice of planning names no more than a chunk."""
        with patch("fermata.testing.driver.slice_of", lambda engine, seconds, express: OverWhilePlanning(self.world)):
            yield

    def outlive(self, meanwhile: Callable[[], bool] = lambda: True) -> None:
        """Run until the worker is killed, which leaves ``meanwhile`` true; let its lease lapse, and everything go on."""
        with pytest.raises(Killed):
            self.driver.run()
        assert meanwhile()
        self.clock.sleep(LEASE + 1)
        self.driver.recover()
        self.driver.run()


@pytest.fixture
def jobs(settings: Settings) -> Jobs:
    return Jobs(settings)


@pytest.fixture
def killing(settings: Settings) -> Callable[..., Jobs]:
    """Jobs in a world where the worker is killed once, just after the kind's function has run this unit of a stage."""

    def make(name: str, stage: int = 0, nth: int = 1) -> Jobs:
        kind, ran = Registry()[name], itertools.count(1)

        def run(unit: Unit) -> Any:
            result = kind.stages[stage].run(unit)
            if next(ran) == nth:
                raise Killed
            return result

        stages = list(kind.stages)
        stages[stage] = replace(stages[stage], run=run)
        return Jobs(settings, **{name: replace(kind, stages=tuple(stages))})

    return make


@pytest.fixture
def web() -> Iterator[LoopbackServer]:
    from fermata.toolkit.fetch import network

    server = LoopbackServer()
    yield server
    network.close()
    server.close()


@pytest.fixture(scope="session", autouse=True)
def _no_readers_left() -> Iterator[None]:
    yield
    extract.close()


@pytest.fixture
def settings() -> Settings:
    return Settings(allow_local_files=True, allowed_hosts=frozenset({"127.0.0.1"}))


@pytest.fixture
def files() -> MemoryFiles:
    return MemoryFiles()


@pytest.fixture
def samples() -> Path:
    return Path(__file__).parents[2] / "samples"


@pytest.fixture
def make_unit(settings: Settings, files: MemoryFiles) -> Callable[..., Unit]:
    def make(value: Any, secrets: dict[str, str] | None = None, **params: Any) -> Unit:
        return Unit(
            "default", "default", "job", "key", value, TAG_DOCUMENTS.parse(params), secrets or {}, settings, files
        )

    return make


@pytest.fixture
def make_planning(settings: Settings, files: MemoryFiles) -> Callable[..., Planning]:
    def make(cursor: Any = None, **params: Any) -> Planning:
        parsed = TAG_DOCUMENTS.parse(params)
        return Planning("default", "default", "job", parsed, {}, settings, files, cursor)

    return make
