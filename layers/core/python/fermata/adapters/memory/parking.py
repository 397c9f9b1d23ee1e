"""Tokens of executions, in memory."""

from __future__ import annotations

from fermata.adapters.memory.state import State
from fermata.domain.jobs import Ref
from fermata.ports import ParkedToken


class MemoryParking:
    """Implements :class:`fermata.ports.Parking`."""

    def __init__(self, world: State) -> None:
        self.world = world

    def park(self, ref: Ref, token: ParkedToken) -> None:
        with self.world.lock:
            self.world.parked[ref, token.number] = token

    def find(self, ref: Ref, number: int) -> ParkedToken | None:
        with self.world.lock:
            return self.world.parked.get((ref, number))
