"""SIGKILL of a worker in the middle of a job: how soon its unfinished units run again, and whether finished ones do."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

from fermata.control.results import settled
from fermata.domain.chunks import Chunk
from fermata.domain.jobs import Job, Ref
from fermata.domain.transitions import Status

from bench import place, trace
from bench.figure import Check, Figure
from bench.jobs import Jobs
from bench.trace import Start

UNITS = 1_500
SECONDS = 0.2
BEFORE = 4.0
"""Seconds that the job has run when the worker is killed."""

TARGET, AIM = 20.0, 8.0


def measure() -> Figure:
    with place.opened({"WorkerConcurrency": "4"}) as stack, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        jobs, path, engine = Jobs(stack), Path(folder) / "trace", place.engine(stack)
        jobs.warm()
        job_id = jobs.start(units=UNITS, seconds=SECONDS, trace_file=str(path))
        ref = Ref("default", job_id)
        time.sleep(BEFORE)
        victim = trace.read(path)[-1]
        if victim.pid not in stack.workers("Worker"):
            raise RuntimeError(f"process {victim.pid} runs units, but is no worker of the stack")
        os.kill(victim.pid, signal.SIGKILL)
        killed = time.time()
        chunks = engine.ledger.chunks(ref)
        jobs.until(job_id, Status.COMPLETED, look=0.2)
        starts, job = trace.read(path), engine.store.job(ref)
        rows = Counter(result.number for result in settled(engine, job, 0) if result.error is None)
    lost = _chunk_of(victim.unit, chunks)
    return Figure(
        "SIGKILL of a worker",
        (
            _back(starts, lost, killed),
            _none("finished units run again", _again(starts, chunks, killed)),
            _none("units not settled just once", _unsettled(job, rows)),
        ),
        notes=(
            f"{UNITS:,} units of {SECONDS * 1000:g} ms, four workers, four at a time in each. {len(lost.todo)} units of the "
            f"killed worker's chunk of {lost.size} were left; {_twice(starts, lost)} of them had started, uncommitted.",
            "A unit is finished when it is committed: within two seconds of its end, or four.",
        ),
    )


def _chunk_of(unit: int, chunks: list[Chunk]) -> Chunk:
    return next(chunk for chunk in chunks if chunk.first <= unit < chunk.first + chunk.size)


def _back(starts: list[Start], lost: Chunk, killed: float) -> Check:
    """The first start of an unfinished unit of the chunk after its worker's death."""
    again = [start.at - killed for start in trace.between(starts, killed) if start.unit in lost.todo]
    what = "seconds until an unfinished unit of its chunk starts again"
    target = f"≤ {TARGET:g}, aim {AIM:g}"
    if not again:
        return Check(what, "never", target, False)
    return Check(what, f"{again[0]:.1f}", target, again[0] <= TARGET)


def _again(starts: list[Start], chunks: list[Chunk], killed: float) -> int:
    """Starts after the kill of units that the ledger had counted by then."""
    return sum(start.unit not in _chunk_of(start.unit, chunks).todo for start in trace.between(starts, killed))


def _twice(starts: list[Start], lost: Chunk) -> int:
    return trace.repeats([start for start in starts if start.unit in lost.todo])


def _unsettled(job: Job, rows: Counter[int]) -> int:
    counted = job.counts.succeeded if job.counts else 0
    return sum(rows[unit] != 1 for unit in range(UNITS)) + abs(UNITS - counted)


def _none(what: str, measured: int) -> Check:
    return Check(what, str(measured), "0", measured == 0)
