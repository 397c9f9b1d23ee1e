"""What a probe's units wrote as they started."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Start:
    """A unit's start: its number, the process, and when (seconds since the epoch)."""

    unit: int
    pid: int
    at: float


def read(path: Path) -> list[Start]:
    """All starts so far, in order of time. A line that is being written does not count yet."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").rpartition("\n")[0].splitlines()
    starts = (line.split() for line in lines)
    return sorted((Start(int(unit), int(pid), float(at)) for unit, pid, at in starts), key=lambda start: start.at)


def between(starts: list[Start], begin: float, end: float = float("inf")) -> list[Start]:
    return [start for start in starts if begin < start.at <= end]


def repeats(starts: list[Start]) -> int:
    """Starts of units that had started before."""
    return sum(count - 1 for count in Counter(start.unit for start in starts).values())
