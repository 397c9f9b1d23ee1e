"""Start of the command: from Enter to the prompt, beside an interpreter that does nothing."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass

from fermata.embedded import Embedded

from bench.figure import Check, Figure, Table

RUNS = 11
TARGET = 0.4
"""Seconds."""

COMMAND = (sys.executable, "-m", "fermata.cli.main")
CASES = (("--version",), ("jobs", "list", "--help"), ("jobs", "list"), ("jobs", "list", "-o", "json"))
BARE = (sys.executable, "-c", "")


def measure() -> Figure:
    with Embedded() as server:
        reach = {"FERMATA_URL": server.url, "FERMATA_API_KEY": server.api_key}
        runs = _runs((BARE, *((*COMMAND, *case) for case in CASES)), {**os.environ, **reach})
    names = ("python -c ''", *(f"fermata {' '.join(case)}" for case in CASES))
    used = [statistics.median(run.used for run in found) for found in runs]
    lasted = [statistics.median(run.lasted for run in found) for found in runs]
    checks = [
        Check(f"{name}: start to end", f"{seconds:.2f} s", f"≤ {TARGET:.2f} s", seconds <= TARGET)
        for name, seconds in zip(names[1:], used[1:], strict=True)
    ]
    rows = [
        (name, f"{cpu:.3f} s", f"{cpu / used[0]:.1f}x", f"{wall:.3f} s")
        for name, cpu, wall in zip(names, used, lasted, strict=True)
    ]
    return Figure(
        "Start of the command",
        tuple(checks),
        (Table("Medians", ("command", "processor time", "against Python", "by the clock"), tuple(rows)),),
        (
            f"{RUNS} runs of each by turns, bytecode compiled before, from the start of the process to its end. The targets are "
            "for processor time, which is the clock's on a machine that has nothing else to do. The list is read over HTTP from "
            "a server on this computer, which has no jobs.",
        ),
    )


@dataclass(frozen=True)
class Run:
    """One run of a command: seconds of processor time, and by the clock."""

    used: float
    lasted: float


def _runs(commands: tuple[tuple[str, ...], ...], environment: dict[str, str]) -> list[list[Run]]:
    """The runs of each command."""
    found: list[list[Run]] = [[] for _ in commands]
    for turn in range(RUNS + 1):
        for command, runs in zip(commands, found, strict=True):
            began, before = time.perf_counter(), _children()
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            if turn:  # the first one compiles
                runs.append(Run(_children() - before, time.perf_counter() - began))
    return found


def _children() -> float:
    """Processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
