"""Rates: how many units start in a minute where a job, or a key that several jobs share, has a rate."""

from __future__ import annotations

import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fermata.domain.transitions import Status

from bench import place, trace
from bench.figure import Check, Figure, Table
from bench.jobs import Jobs
from bench.trace import Start

RATE = 240
"""Units a minute."""

WORKERS = "12"
MINUTE = 60.0
UNITS = 1_000
PAUSE_AFTER, PAUSE = 25.0, 10.0
"""Seconds after its start that a job is paused, and for how long."""

TARGET = 0.05
PATIENCE = 60.0


@dataclass(frozen=True)
class Measured:
    """Units that started within a minute of work, and the asked number."""

    name: str
    started: int
    parts: str = ""

    @property
    def error(self) -> float:
        return abs(self.started - RATE) / RATE


def measure() -> Figure:
    with place.opened({"WorkerConcurrency": WORKERS}) as stack, tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Jobs(stack), Path(folder))
        bench.jobs.warm()
        with ThreadPoolExecutor(3) as pool:
            running = [pool.submit(part, bench) for part in (_alone, _shared, _paused)]
        found = tuple(one.result() for one in running)
    return Figure(
        "Rates",
        tuple(_check(one) for one in found),
        (_table(found),),
        (
            f"Probes of {UNITS:,} units that do nothing, with a rate of {RATE:g} a minute, {WORKERS} workers, all side by side. "
            "Units are counted by when they started, over a minute from the first on. Across a pause the minute is that of "
            f"work: {PAUSE_AFTER:g} s before the pause, the rest from the request to resume on.",
        ),
    )


@dataclass
class Bench:
    """Jobs with a rate, and what their units write as they start."""

    jobs: Jobs
    folder: Path

    def start(self, name: str, key: str | None = None) -> str:
        params = {"units": UNITS, "trace_file": str(self.folder / name)}
        return self.jobs.client.jobs.create("probe", params, rate=RATE, rate_key=key).id

    def starts(self, *names: str) -> list[Start]:
        found = [one for name in names for one in trace.read(self.folder / name)]
        return sorted(found, key=lambda one: one.at)

    def began(self, *names: str) -> float:
        """When the first unit started."""
        deadline = time.monotonic() + PATIENCE
        while not (starts := self.starts(*names)):
            if time.monotonic() > deadline:
                raise RuntimeError("no unit starts")
            time.sleep(0.05)
        return starts[0].at


def _alone(bench: Bench) -> Measured:
    job_id = bench.start("alone")
    return Measured("one job", _of_a_minute(bench, [job_id], "alone"))


def _shared(bench: Bench) -> Measured:
    ids = [bench.start(name, "provider") for name in ("first", "second")]
    started = _of_a_minute(bench, ids, "first", "second")
    each = " and ".join(str(len(bench.starts(name))) for name in ("first", "second"))
    return Measured("two jobs that share a key", started, f"{each} in all")


def _of_a_minute(bench: Bench, ids: list[str], *names: str) -> int:
    began = bench.began(*names)
    _sleep_until(began + MINUTE + 1)
    for job_id in ids:
        bench.jobs.cancel(job_id)
    return len([one for one in bench.starts(*names) if one.at < began + MINUTE])


def _paused(bench: Bench) -> Measured:
    job_id = bench.start("paused")
    began = bench.began("paused")
    _sleep_until(began + PAUSE_AFTER)
    asked = time.time()
    bench.jobs.pause(job_id)
    bench.jobs.until(job_id, Status.PAUSED)
    time.sleep(PAUSE)
    resumed = time.time()
    bench.jobs.resume(job_id)
    end = resumed + MINUTE - (asked - began)
    _sleep_until(end + 1)
    bench.jobs.cancel(job_id)
    starts = bench.starts("paused")
    parts = len(trace.between(starts, 0.0, resumed)), len(trace.between(starts, resumed, end))
    return Measured("one job across a pause", sum(parts), f"{parts[0]} before, {parts[1]} after")


def _sleep_until(at: float) -> None:
    time.sleep(max(0.0, at - time.time()))


def _check(one: Measured) -> Check:
    return Check(
        f"units started in a minute, {one.name}",
        f"{one.started} ({one.error:.1%} off)",
        f"{RATE:g}, at most {TARGET:.0%} off",
        one.error <= TARGET,
    )


def _table(found: tuple[Measured, ...]) -> Table:
    rows = tuple((one.name, str(one.started), f"{one.started / RATE:.3f}x", one.parts) for one in found)
    return Table(f"Asked for: {RATE:g}", ("", "units", "against the rate", "of these"), rows)
