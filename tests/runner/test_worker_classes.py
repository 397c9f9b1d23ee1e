"""Units run where their stage's class of workers says, whoever plans, finishes or finds them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_engine
from fermata.control import starting
from fermata.control.starting import NewJob
from fermata.control.why import why
from fermata.domain.events import Actor, Mutation
from fermata.domain.jobs import Ref
from fermata.domain.kind import Kind, Planned, Policy, Stage
from fermata.ports import Message
from fermata.runner.claim import ChunkOutcome
from fermata.runner.deadline import slice_of
from fermata.runner.dispatch import handle
from fermata.testing import Driver, InlineSlots, ManualClock, MemoryDelivery

REF = Ref("default", "jobs:1")


class World:
    """A job of two stages, the second for workers of the class ocr."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []
        self.state, self.clock = State(), ManualClock()
        policy = Policy(timeout=None, chunk_size=2)
        stages = (
            Stage("find", lambda planning: iter(Planned(n, n + 1) for n in range(2)), self._unit("find"), policy),
            Stage("see", self._plan, self._unit("see"), policy, worker="ocr"),
        )
        kind = Kind("look", "Look", stages, parse=dict, schema=dict)
        self.engine = memory_engine(self.state, {"look": kind}, self.clock)
        act = Mutation(Actor("default", "ann"), "jobs.test", "job", 0.0)
        starting.start(self.engine, act, NewJob(family="jobs", id="1", kind="look", params={}))
        self.driver = Driver(self.engine, self.state, lambda: InlineSlots(self.clock))

    def _unit(self, stage: str) -> Any:
        return lambda unit: self.ran.append((stage, unit.value))

    def _plan(self, planning: Any) -> Any:
        return (Planned(result.number, None) for result in planning.previous())

    def deliver(self, message: Message, worker: str) -> ChunkOutcome:
        engine = replace(self.engine, worker=worker)
        return handle(engine, message, MemoryDelivery("m"), InlineSlots(self.clock), slice_of(engine, 60.0))

    def until(self, task: str, stage: int) -> Message:
        """Let it go on until a message like this waits, and take it."""
        for _ in range(50):
            for message in self.state.queue:
                if (message.task, message.stage) == (task, stage):
                    self.state.queue.remove(message)
                    return message
            assert self.driver.step()
        raise AssertionError("no such message came")


@pytest.fixture
def world() -> World:
    return World()


def test_a_default_worker_leaves_the_units_of_another_class_to_it(world: World) -> None:
    message = world.until("chunk", 1)
    assert (message.worker, world.ran) == ("ocr", [("find", 0), ("find", 1)])
    assert world.deliver(message, "ocr") is ChunkOutcome.DRAINED
    assert world.ran[2:] == [("see", 0), ("see", 1)]


def test_a_message_that_came_to_the_wrong_worker_is_sent_on(world: World) -> None:
    message = world.until("chunk", 1)
    assert world.deliver(replace(message, worker="default"), "default") is ChunkOutcome.YIELDED
    assert [(waiting.chunk, waiting.worker) for waiting in world.state.queue] == [(0, "ocr")]
    assert world.ran == [("find", 0), ("find", 1)]


def test_it_is_told_whose_turn_it_is(world: World) -> None:
    world.state.queue.append(world.until("chunk", 1))
    assert "a free worker of the class ocr, behind about 1 messages" in why(world.engine, REF).sentence


def test_a_class_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no worker is of the class 'gpu'; there are: default, ocr"):
        Stage("s", lambda planning: iter(()), lambda unit: None, worker="gpu")
