"""Pause: units in parallel on several workers; what still starts after a pause, and how soon a resume is felt."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fermata.domain.transitions import Status

from bench import place, trace
from bench.figure import Check, Figure, Table
from bench.jobs import Jobs
from bench.trace import Start

UNITS = 1_200
SECONDS = 0.2
ROUNDS = 4
WORK, REST = 2.5, 1.5
"""Seconds before each pause, and after it, while the job must stand still."""

RESUME_TARGET = 1.0


@dataclass(frozen=True)
class Round:
    """One pause. Times are seconds.

    Attributes:
        answered, paused: starts after the request was answered (until paused showed), and after paused showed.
        to_pause: from the request to paused.
        to_start: from the request to resume to the first start.
        processes: workers that were at it.
    """

    answered: int
    paused: int
    to_pause: float
    to_start: float
    processes: int


def measure() -> Figure:
    with place.opened({"WorkerConcurrency": "4"}) as stack, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        jobs, path = Jobs(stack), Path(folder) / "trace"
        jobs.warm()
        job_id = jobs.start(units=UNITS, seconds=SECONDS, trace_file=str(path))
        rounds = [_round(jobs, job_id, path) for _ in range(ROUNDS)]
        counts = jobs.until(job_id, Status.COMPLETED)["counts"]
        again = trace.repeats(trace.read(path))
    if counts["succeeded"] != UNITS:
        raise RuntimeError(f"not all units succeeded: {counts}")
    return Figure(
        "Pause and resume with units in parallel",
        (
            _count("units started after the request was answered", sum(one.answered for one in rounds)),
            _count("units started after paused showed", sum(one.paused for one in rounds)),
            _count("units run twice", again),
            _resume(max(one.to_start for one in rounds)),
        ),
        (_table(rounds),),
        (
            f"{UNITS:,} units of {SECONDS * 1000:g} ms, four workers, four at a time in each; one "
            f"job paused and resumed {ROUNDS} times over HTTP.",
            "Each unit writes when it starts. Resume to first start: the slowest.",
            "A worker looks at the holds before each unit, so that what starts after the answer is what had been handed to an "
            "idle slot by then.",
        ),
    )


def _round(jobs: Jobs, job_id: str, path: Path) -> Round:
    """Let it work, pause it, watch it stand still, resume it."""
    time.sleep(WORK)
    asked = time.time()
    jobs.pause(job_id)
    answered = time.time()
    jobs.until(job_id, Status.PAUSED)
    paused = time.time()
    time.sleep(REST)
    resumed = time.time()
    starts = trace.read(path)
    jobs.resume(job_id)
    first = _await(lambda: trace.between(trace.read(path), resumed))
    return Round(
        answered=len(trace.between(starts, answered, paused)),
        paused=len(trace.between(starts, paused, resumed)),
        to_pause=paused - asked,
        to_start=first[0].at - resumed,
        processes=len({start.pid for start in trace.between(starts, asked - WORK, asked)}),
    )


def _await(found: Callable[[], list[Start]]) -> list[Start]:
    deadline = time.monotonic() + 30
    while not (starts := found()):
        if time.monotonic() > deadline:
            raise RuntimeError("nothing starts after the resume")
        time.sleep(0.02)
    return starts


def _count(what: str, measured: int) -> Check:
    return Check(what, str(measured), "0", measured == 0)


def _resume(seconds: float) -> Check:
    return Check("resume to first start", f"{seconds:.2f} s", f"< {RESUME_TARGET:g} s", seconds < RESUME_TARGET)


def _table(rounds: list[Round]) -> Table:
    header = (
        "round",
        "workers",
        "started after the answer",
        "after paused",
        "request to paused",
        "resume to first start",
    )
    rows: list[Any] = [
        (
            str(at),
            str(one.processes),
            str(one.answered),
            str(one.paused),
            f"{one.to_pause:.2f} s",
            f"{one.to_start:.2f} s",
        )
        for at, one in enumerate(rounds, 1)
    ]
    return Table("Each round", header, tuple(rows))
