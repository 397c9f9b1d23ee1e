"""Throughput: units that do nothing, from the request that starts the job until it shows as completed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from fermata.domain.transitions import Status

from bench import peers, place, processor
from bench.figure import Check, Figure, Table
from bench.jobs import Jobs

UNITS = 10_000
LOOK = 0.1
TARGET = 1_500
CPU_TARGET = 1.0


@dataclass(frozen=True)
class Run:
    """How long some units took, and the processor time of all processes that took part, in seconds."""

    name: str
    units: int
    seconds: float
    processor: float

    @property
    def rate(self) -> float:
        return self.units / self.seconds

    @property
    def per_thousand(self) -> float:
        return self.processor * 1000 / self.units


def measure() -> Figure:
    ours = _fermata()
    others = [Run(peer.name, *peer.run()) for peer in peers.available()]
    rows = [
        (run.name, f"{run.units:,}", f"{run.rate:,.0f}", f"{run.per_thousand:.2f}", f"{ours.rate / run.rate:.1f}x")
        for run in (ours, *others)
    ]
    return Figure(
        "Throughput of the local stack",
        (
            Check(
                f"units a second, {UNITS:,} no-ops from start to completed",
                f"{ours.rate:,.0f}",
                f"> {TARGET:,}",
                ours.rate > TARGET,
            ),
            Check(
                "processor seconds for 1,000 units, all processes",
                f"{ours.per_thousand:.2f}",
                f"< {CPU_TARGET:g}",
                ours.per_thousand < CPU_TARGET,
            ),
        ),
        (
            Table(
                "Beside others, in the same run",
                ("", "units", "units/s", "CPU s per 1,000", "Fermata against it"),
                tuple(rows),
            ),
        ),
        (
            "Over HTTP, on a stack that has run a job before: its functions are warm. All processes of the local stack "
            "count: the server that plays AWS, and the functions' workers.",
            *(peer.note for peer in peers.available()),
        ),
    )


def _fermata() -> Run:
    with place.opened() as stack:
        jobs = Jobs(stack)
        jobs.warm()
        before, began = processor.seconds(stack.pid), time.perf_counter()
        job = jobs.until(jobs.start(units=UNITS), Status.COMPLETED, LOOK)
        took, used = time.perf_counter() - began, processor.seconds(stack.pid) - before
        if job["counts"]["succeeded"] != UNITS:
            raise RuntimeError(f"not all units succeeded: {job}")
        return Run("Fermata (local stack)", UNITS, took, used)
