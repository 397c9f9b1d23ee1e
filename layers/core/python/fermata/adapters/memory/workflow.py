"""Executions in memory."""

from __future__ import annotations

from typing import Any

from fermata.adapters.memory.state import State
from fermata.domain.errors import TokenSpent
from fermata.domain.jobs import Ref


class MemoryWorkflow:
    """Implements :class:`fermata.ports.Workflow`: the state machine's transitions; whoever drives the world enters the steps."""

    def __init__(self, world: State) -> None:
        self.world = world

    def start(self, ref: Ref, run: int) -> None:
        with self.world.lock:
            if (ref, run) not in self.world.executions:
                self.world.executions[ref, run] = "running"
                self.world.arrivals.append((ref, run, "plan"))

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        with self.world.lock:
            waiting = self.world.tokens.pop(token, None)
            if waiting is None or not self.running(waiting[0], waiting[1]):
                raise TokenSpent(token)
            ref, run, step = waiting
            if step == "finish":
                self.world.executions[ref, run] = "over"
            else:
                following = {"plan": "run", "review": "plan"}.get(step) or str(output["next"])
                self.world.arrivals.append((ref, run, following))

    def stop(self, ref: Ref, run: int, reason: str) -> None:
        with self.world.lock:
            if (ref, run) in self.world.executions:
                self.world.executions[ref, run] = "over"

    def running(self, ref: Ref, run: int) -> bool:
        with self.world.lock:
            return self.world.executions.get((ref, run)) == "running"
