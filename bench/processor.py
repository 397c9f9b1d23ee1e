"""Processor time of a process and all that it started."""

from __future__ import annotations

import psutil


def seconds(pid: int) -> float:
    """User and system time so far, that of children that have ended included."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total
