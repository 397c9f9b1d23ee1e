"""How long one invocation may work."""

from __future__ import annotations

from typing import Protocol

from fermata.control.engine import Engine

RESERVE = 30.0
"""Seconds kept for ending in order: the last units, the last commit, the next message."""


class Context(Protocol):
    """What Lambda tells a handler of its invocation, as far as it is of use here."""

    def get_remaining_time_in_millis(self) -> int: ...


def end_of_slice(engine: Engine, context: Context) -> float:
    """Clock time by which the work has to stop."""
    return engine.clock.now() + max(1.0, context.get_remaining_time_in_millis() / 1000 - RESERVE)
