"""The engine's own time for a unit, with nothing but memory around it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from fermata.adapters.memory.state import State, SystemClock
from fermata.bootstrap import memory_engine
from fermata.control.starting import NewJob, start
from fermata.domain.events import Actor, Mutation
from fermata.domain.kind import Json, Kind, Planned, Planning, Policy, Stage, Unit
from fermata.runner.slots import Slots, ThreadSlots
from fermata.testing import Driver, InlineSlots

from bench.figure import Check, Figure, Table

UNITS = 20_000
RUNS = 5
TARGET = 0.1
CASES: tuple[tuple[str, int, Callable[[], Slots]], ...] = (
    ("one at a time, in the worker's own thread", 1, lambda: InlineSlots(SystemClock())),
    ("one at a time", 1, ThreadSlots),
    ("four at a time", 4, ThreadSlots),
)


def measure() -> Figure:
    alone = min(_alone() for _ in range(RUNS))
    times = [(name, statistics.median(_job(width, slots) for _ in range(RUNS)) - alone) for name, width, slots in CASES]
    dearest = max(took for _, took in times)
    return Figure(
        "The engine's own time for a unit",
        (
            Check(
                "time for a unit beyond its function, memory adapters",
                f"{dearest:.3f} ms",
                f"< {TARGET} ms",
                dearest < TARGET,
            ),
        ),
        (Table("Units inside a worker", ("", "a unit"), tuple((name, f"{took:.4f} ms") for name, took in times)),),
        (
            f"Whole jobs of {UNITS:,} units that do nothing, planning and finishing included, median of {RUNS}; what calling the "
            f"function alone takes ({alone:.5f} ms) is taken off.",
        ),
    )


def _alone() -> float:
    """Milliseconds of the function."""
    began = time.process_time()
    for _ in range(UNITS):
        _run(None)
    return (time.process_time() - began) * 1000 / UNITS


def _job(width: int, slots: Callable[[], Slots]) -> float:
    """Milliseconds for each unit of a job."""
    world = State()
    stage = Stage("bench", _plan, _run, Policy(concurrency=width, chunk_size=250))
    engine = memory_engine(world, {"bench": Kind("bench", "For the bench", (stage,), parse=dict, schema=dict)})
    act = Mutation(Actor("default", "bench"), "jobs.create", "overhead", engine.clock.now())
    began = time.process_time()
    job = start(engine, act, NewJob(family="jobs", id="overhead", kind="bench"))
    Driver(engine, world, slots).run()
    took = (time.process_time() - began) * 1000 / UNITS
    ended = engine.store.job(job.ref)
    if ended.counts is None or ended.counts.succeeded != UNITS:
        raise RuntimeError(f"the job did not complete: {ended}")
    return took


def _plan(planning: Planning) -> Iterator[Planned]:
    for number in range(planning.cursor or 0, UNITS):
        yield Planned(number, number + 1)


def _run(unit: Unit | None) -> Json:
    return None
