from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fermata.domain.chunks import LEASE
from fermata.domain.errors import Unavailable
from fermata.ports import Message
from fermata.runner.claim import ChunkOutcome
from fermata.runner.consumer import Again, deliver


@dataclass
class Delivery:
    """Remembers how long its message was hidden for last."""

    message: Message
    id: str = "m1"
    count: int = 1
    again: bool = False
    worker: str = "w1"
    hidden: list[float] = field(default_factory=list)

    def extend(self, seconds: float) -> None:
        self.hidden.append(seconds)


@pytest.fixture
def delivery(lab) -> Delivery:
    """Of a chunk of no-ops that is ready to run."""
    lab.seconds = 0.0
    lab.start(params={"units": 1})
    lab.plan()
    return Delivery(lab.world.queue.pop())


def test_a_chunk_that_ran_is_done_with(lab, delivery: Delivery) -> None:
    assert deliver(lab.engine, delivery, 60.0) is ChunkOutcome.DRAINED
    assert lab.job.status == "completed"


def test_a_message_whose_worker_died_comes_again_when_its_lease_has_lapsed(lab, delivery: Delivery) -> None:
    lab.engine.ledger.save(lab.ref, lab.chunks()[0].claim(delivery.id, lab.clock.now()))
    lab.clock.sleep(LEASE - 5)
    with pytest.raises(Again):
        deliver(lab.engine, delivery, 60.0)
    assert delivery.hidden[-1] == pytest.approx(6)


@pytest.mark.parametrize(("count", "seconds"), [(1, 2), (3, 8), (20, 60)])
def test_a_message_that_failed_comes_again_soon_and_then_later(
    lab, delivery: Delivery, monkeypatch: pytest.MonkeyPatch, count: int, seconds: float
) -> None:
    def throttled(*_: Any) -> Any:
        raise Unavailable("throttled")

    monkeypatch.setattr(lab.engine.store, "gate", throttled)
    again = replace(delivery, count=count)
    with pytest.raises(Unavailable):
        deliver(lab.engine, again, 60.0)
    assert again.hidden[-1] == seconds
