"""Fair shares: what a small job takes longer beside large ones, and what a large one loses by making room for others."""

from __future__ import annotations

import re
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fermata.domain.transitions import Status
from fermata.local import template

from bench import place
from bench.figure import Check, Figure, Table
from bench.jobs import Jobs

SMALL, SMALL_SECONDS = 10, 0.2
LARGE, LARGE_SECONDS = 1_000_000, 0.05
MANY = 100
DOCUMENTS = 400
ROUNDS = 2
SETTLE = 6.0
"""Seconds that large jobs have the stack for themselves between two rounds."""

OTHER_TARGET, SAME_TARGET = 10.0, 30.0
"""Seconds more than alone, for a job of another tenant and of the same."""

UNITS, SECONDS = 8_000, 0.02
LOSS = 0.05
WORKERS = {"WorkerConcurrency": "4", "MaxOpenJobs": "0", "MaxUnits": "1000000", "RequestsPerMinute": "0"}

OFF = {
    "template.yaml": (r"FERMATA_LANES: .*", 'FERMATA_LANES: "0"'),
    "layers/core/python/fermata/runner/deadline.py": (r"(?m)^TURN = .*$", "TURN = 1e9"),
}
"""What switches windows and turns off: all chunks of a job in the queue at once, and no worker makes room for others."""


@dataclass(frozen=True)
class Beside:
    """Seconds of small jobs, of another tenant and of the same one, beside what ``name`` says."""

    name: str
    other: list[float]
    same: list[float]


def measure() -> Figure:
    with place.opened(WORKERS) as stack:
        large, other = Jobs(stack, "large"), Jobs(stack, "small")
        large.warm()
        alone = [_small(jobs) for _ in range(3) for jobs in (large, other)]
        found = [_beside("a job of a million units", large, other, lambda: _million(large))]
        with _silent_host() as url:
            found.append(_beside("a job whose units wait for a dead host", large, other, lambda: _dead(large, url)))
        # Last, since it would take long to end them one by one.
        found.append(_beside(f"{MANY} such jobs of one tenant", large, other, lambda: _millions(large)))
    usual = statistics.median(alone)
    kept, off = _throughput()
    loss = 1 - kept / off
    return Figure(
        "Fair shares",
        (
            *(check for beside in found for check in _checks(beside, usual)),
            Check(
                "throughput that a large job loses by windows and turns where nothing else is there",
                f"{max(0.0, loss):.1%}",
                f"< {LOSS:.0%}",
                loss < LOSS,
            ),
        ),
        (_table(found, usual), _large(kept, off)),
        (
            f"Small: {SMALL} units of {SMALL_SECONDS * 1000:g} ms, from the request to completed: {usual:.1f} s alone (median "
            f"of {len(alone)}). Large: {LARGE:,} units of {LARGE_SECONDS * 1000:g} ms. Four workers and two for quick work, "
            "four units at a time in each. Small jobs are started as soon as the large ones are, while their units are still "
            f"being named, and again every {SETTLE:g} s, of both tenants by turns; the slowest counts.",
            f"The dead host accepts connections and never answers; the job has {DOCUMENTS} documents on it.",
            f"Throughput: a job of {UNITS:,} units of {SECONDS * 1000:g} ms, {ROUNDS} of each by turns on two stacks, the "
            "second with all chunks in the queue at once and no turns.",
        ),
    )


def _beside(name: str, large: Jobs, other: Jobs, begin: Callable[[], str | None]) -> Beside:
    """Start large work, then small jobs of both tenants; end the large job that ``begin`` names."""
    started = begin()
    found = Beside(name, [], [])
    for turn in range(ROUNDS):
        time.sleep(SETTLE if turn else 0.0)
        found.other.append(_small(other))
        found.same.append(_small(large))
    if started is not None:
        if (status := large.read(started)["status"]) not in (Status.PENDING.value, Status.RUNNING.value):
            raise RuntimeError(f"{name} is {status} before the small jobs are done: they had nothing beside them")
        large.cancel(started)
        time.sleep(SETTLE)
    return found


def _small(jobs: Jobs) -> float:
    """Seconds that a small job takes."""
    began = time.perf_counter()
    jobs.until(jobs.start(units=SMALL, seconds=SMALL_SECONDS), Status.COMPLETED, look=0.05)
    return time.perf_counter() - began


def _million(jobs: Jobs) -> str:
    return jobs.start(units=LARGE, seconds=LARGE_SECONDS)


def _millions(jobs: Jobs) -> None:
    for _ in range(MANY):
        _million(jobs)


def _dead(jobs: Jobs, url: str) -> str:
    documents = [
        {"title": f"Document {number}", "file_path": f"{url}/{number}.txt", "file_source_type": "url"}
        for number in range(DOCUMENTS)
    ]
    jobs.client.batches.start(documents, config={"num_pages": 1, "num_tags": 3}, job_id="dead")
    return "batch:dead"


@contextmanager
def _silent_host() -> Iterator[str]:
    """A host that takes every connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=DOCUMENTS) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def _throughput() -> tuple[float, float]:
    """Units a second of a large job alone: as it is, and with windows and turns switched off."""
    with ExitStack() as stacks:
        root = Path(stacks.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        _copy_without_turns(root)
        both = [Jobs(stacks.enter_context(place.opened(WORKERS, of))) for of in (None, root)]
        times: list[list[float]] = [[], []]
        for jobs in both:
            jobs.warm()
        for _ in range(ROUNDS):
            for jobs, series in zip(both, times, strict=True):
                began = time.perf_counter()
                jobs.until(jobs.start(units=UNITS, seconds=SECONDS), Status.COMPLETED, look=0.1)
                series.append(time.perf_counter() - began)
    kept, off = (UNITS / min(series) for series in times)
    return kept, off


def _copy_without_turns(root: Path) -> None:
    source = template.project_root()
    shutil.copy(source / "template.yaml", root)
    for folder in ("functions", "layers", "statemachines"):
        shutil.copytree(source / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (pattern, replacement) in OFF.items():
        text, count = re.subn(pattern, replacement, (root / name).read_text(encoding="utf-8"))
        if count != 1:
            raise RuntimeError(f"{name} does not have the one line that switches it off: {pattern}")
        (root / name).write_text(text, encoding="utf-8")


def _checks(beside: Beside, usual: float) -> Iterator[Check]:
    for whose, times, target in (
        ("another tenant", beside.other, OTHER_TARGET),
        ("the same tenant", beside.same, SAME_TARGET),
    ):
        extra = max(times) - usual
        what = f"seconds more than alone of a small job of {whose}, beside {beside.name}"
        yield Check(what, f"{extra:.1f}", f"≤ {target:g}", extra <= target)


def _table(found: list[Beside], usual: float) -> Table:
    rows: list[tuple[str, ...]] = [("alone", f"{usual:.1f} s", f"{usual:.1f} s")]
    rows += [
        (beside.name, *(", ".join(f"{took:.1f} s" for took in times) for times in (beside.other, beside.same)))
        for beside in found
    ]
    return Table("A small job, in order of start", ("beside", "of another tenant", "of the same tenant"), tuple(rows))


def _large(kept: float, off: float) -> Table:
    rows = (
        ("as it is", f"{kept:,.0f}", "1.00x"),
        ("windows and turns switched off", f"{off:,.0f}", f"{off / kept:.2f}x"),
    )
    return Table("A large job alone", ("", "units/s", "against it"), rows)
