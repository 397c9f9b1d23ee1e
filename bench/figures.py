"""The figures there are, in the order they are shown."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from bench.figure import Figure

FIGURES = (
    "cost",
    "cost_longer",
    "idle",
    "start",
    "small",
    "fairness",
    "rate",
    "throughput",
    "pause",
    "kill",
    "cold_start",
    "cli_start",
    "latency",
    "overhead",
    "listing",
)

COUNTED = frozenset({"cost", "cost_longer", "idle", "start"})
"""Figures that count requests, by a virtual clock where there is one: they may be made side by side."""


def measure(name: str) -> Figure:
    """Measure one figure here and now."""
    run: Callable[[], Figure] = import_module(f"bench.{name}").measure
    return run()
