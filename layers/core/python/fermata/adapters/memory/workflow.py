"""Executions in memory."""

from __future__ import annotations

from fermata.adapters.memory.state import State
from fermata.domain.errors import TokenSpent
from fermata.domain.jobs import Ref

BAD_ENDS = frozenset({"failed", "cancelled", "timed_out"})


class MemoryWorkflow:
    """Implements :class:`fermata.ports.Workflow`: the state machine's transitions; whoever drives the world lets executions
    arrive."""

    def __init__(self, world: State) -> None:
        self.world = world

    def start(self, ref: Ref, number: int) -> None:
        with self.world.lock:
            if (ref, number) not in self.world.executions:
                self.world.executions[ref, number] = "running"
                self.world.arrivals.append((ref, number, "working"))

    def move(self, token: str, here: str, there: str) -> None:
        with self.world.lock:
            waiting = self.world.tokens.pop(token, None)
            if waiting is None or not self.running(waiting[0], waiting[1]):
                raise TokenSpent(token)
            ref, number, state = waiting
            if there in BAD_ENDS or (state == "working" and there == "completed"):
                self.world.executions[ref, number] = there
            else:
                self.world.arrivals.append((ref, number, there if state == "working" else "working"))

    def stop(self, ref: Ref, number: int, reason: str) -> None:
        with self.world.lock:
            if self.running(ref, number):
                self.world.executions[ref, number] = "stopped"

    def running(self, ref: Ref, number: int) -> bool:
        with self.world.lock:
            return self.world.executions.get((ref, number)) == "running"

    def succeed(self, token: str, output: str) -> None:
        self._answer(token, "succeeded", output)

    def fail(self, token: str, error: str, cause: str) -> None:
        self._answer(token, error, cause)

    def beat(self, token: str) -> None:
        with self.world.lock:
            if token in self.world.answers:
                raise TokenSpent(token)
            self.world.beats[token] = self.world.beats.get(token, 0) + 1

    def _answer(self, token: str, outcome: str, text: str) -> None:
        with self.world.lock:
            if token in self.world.answers:
                raise TokenSpent(token)
            self.world.answers[token] = (outcome, text)
