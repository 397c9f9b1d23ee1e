from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_engine
from fermata.control import starting
from fermata.control.engine import Engine
from fermata.domain.errors import Unavailable
from fermata.domain.events import Actor, Mutation
from fermata.domain.kind import Kind, Planned, Stage
from fermata.ports import Message
from fermata.runner.chunk_loop import ChunkOutcome
from fermata.runner.consumer import Again, deliver
from fermata.testing import Driver, InlineSlots, ManualClock

KIND = Kind("k", "K", (Stage("s", lambda job: iter([Planned(1, 1)]), lambda unit: 1),), dict, dict)


@dataclass
class Delivery:
    """Remembers how long its message was hidden for last."""

    message: Message
    id: str = "m1"
    count: int = 1
    hidden: list[float] = field(default_factory=list)

    def extend(self, seconds: float) -> None:
        self.hidden.append(seconds)


@pytest.fixture
def world() -> State:
    return State()


@pytest.fixture
def engine(world: State) -> Engine:
    return memory_engine(world, {"k": KIND}, ManualClock())


@pytest.fixture
def delivery(engine: Engine, world: State) -> Delivery:
    """Of a chunk that is ready to run."""
    act = Mutation(Actor("t", "ann"), "jobs.start", "1", 0.0)
    starting.start(engine, act, starting.NewJob(family="jobs", id="1", kind="k"))
    driver = Driver(engine, world, InlineSlots)
    while not any(message.task == "chunk" for message in world.queue):
        assert driver.step()
    return Delivery(world.queue.pop())


def test_a_chunk_that_ran_is_done_with(engine: Engine, delivery: Delivery) -> None:
    assert deliver(engine, delivery, engine.clock.now() + 60) is ChunkOutcome.DRAINED


def test_a_message_whose_worker_died_comes_again_when_its_lease_has_lapsed(engine: Engine, delivery: Delivery) -> None:
    message = delivery.message
    chunk = engine.ledger.chunk(message.ref, message.stage, message.chunk)
    engine.ledger.save(message.ref, chunk.claim(delivery.id, engine.clock.now()))
    engine.clock.sleep(10)
    with pytest.raises(Again):
        deliver(engine, delivery, engine.clock.now() + 60)
    assert delivery.hidden[-1] == pytest.approx(6)


@pytest.mark.parametrize(("count", "seconds"), [(1, 2), (3, 8), (20, 60)])
def test_a_message_that_failed_comes_again_soon_and_then_later(
    engine: Engine, delivery: Delivery, monkeypatch: pytest.MonkeyPatch, count: int, seconds: float
) -> None:
    def throttled(*_: Any) -> Any:
        raise Unavailable("throttled")

    monkeypatch.setattr(type(engine.store), "gate", throttled)
    again = replace(delivery, count=count)
    with pytest.raises(Unavailable):
        deliver(engine, again, engine.clock.now() + 60)
    assert again.hidden[-1] == seconds
