from __future__ import annotations

import pytest
from fermata.domain.chunks import LEASE, Counts
from fermata.ports import Message
from fermata.runner.chunk_loop import ChunkOutcome
from fermata.runner.dispatch import handle
from fermata.testing import MemoryDelivery


@pytest.fixture
def planned(lab):
    """A job of two chunks, with no message under way."""
    lab.start()
    lab.plan()
    lab.world.queue.clear()
    return lab


def test_a_message_runs_the_units_of_its_chunk_and_no_others(planned):
    assert planned.deliver(chunk=1) is ChunkOutcome.DRAINED
    assert planned.ran() == [4, 5, 6, 7]
    assert planned.chunks()[1].done
    assert planned.chunks()[0].owner is None


def test_whoever_settles_the_last_unit_moves_the_job_on(planned):
    planned.deliver(0)
    assert planned.world.arrivals == []
    planned.deliver(1)
    assert planned.world.arrivals == [(planned.ref, 1, "finish")]


def test_a_message_for_a_done_chunk_is_dropped(planned):
    planned.deliver(0, id_="one")
    assert planned.deliver(0, id_="two") is ChunkOutcome.DROPPED
    assert planned.ran() == [0, 1, 2, 3]


def test_a_message_for_a_chunk_that_another_leases_is_dropped(planned):
    stops = []
    planned.during(1, lambda: stops.append(planned.deliver(0, id_="two")))
    assert planned.deliver(0, id_="one") is ChunkOutcome.DRAINED
    assert stops == [ChunkOutcome.DROPPED]
    assert planned.ran() == [0, 1, 2, 3]


def test_the_same_message_again_waits_for_its_dead_workers_lease(planned):
    planned.kill(1)
    planned.until_killed(lambda: planned.deliver(0, id_="one"))
    assert planned.deliver(0, id_="one") is ChunkOutcome.BUSY
    planned.clock.sleep(LEASE)
    assert planned.deliver(0, id_="one") is ChunkOutcome.DRAINED
    assert planned.ran() == [0, 1, 1, 2, 3]


def test_a_message_for_a_job_that_there_is_not_is_dropped(planned):
    message = Message("chunk", "acme", "jobs:none")
    assert (
        handle(planned.engine, message, MemoryDelivery("m"), planned.slots, planned.clock.now()) is ChunkOutcome.DROPPED
    )


def test_a_message_for_a_chunk_that_there_is_not_is_dropped(planned):
    assert planned.deliver(chunk=99) is ChunkOutcome.DROPPED


def test_a_message_for_a_held_job_starts_nothing_and_brings_the_job_to_rest(planned):
    planned.hold()
    assert planned.deliver(0) is ChunkOutcome.HELD
    assert (planned.ran(), planned.job.status) == ([], "paused")


def test_a_message_for_an_ended_job_starts_nothing(planned):
    planned.cancel()
    assert planned.deliver(0) is ChunkOutcome.CANCELLED
    assert planned.ran() == []


def test_a_claim_that_somebody_else_beat_is_dropped(planned, monkeypatch):
    save = planned.engine.ledger.save

    def beaten(ref, chunk):
        monkeypatch.setattr(planned.engine.ledger, "save", save)
        save(ref, planned.chunks()[0].claim("quicker", planned.clock.now()))
        save(ref, chunk)

    monkeypatch.setattr(planned.engine.ledger, "save", beaten)
    assert planned.deliver(0) is ChunkOutcome.DROPPED
    assert planned.ran() == []


def test_a_slice_that_is_over_gives_the_lease_back_and_queues_the_rest(planned):
    assert planned.deliver(0, seconds=2.5) is ChunkOutcome.YIELDED
    assert planned.ran() == [0, 1, 2]
    assert not planned.chunks()[0].live(planned.clock.now())
    assert [(message.chunk, message.stage) for message in planned.world.queue] == [(0, 0)]
    planned.run()
    assert planned.ran() == [0, 1, 2, 3]


def test_a_job_that_was_resumed_while_its_worker_let_go_is_queued_again(planned, monkeypatch):
    planned.during(1, planned.pause)
    save = planned.engine.ledger.save

    def resumed_before(ref, chunk):
        if chunk.owner is None and planned.job.holds:
            planned.resume()
            planned.world.queue.clear()
        save(ref, chunk)

    monkeypatch.setattr(planned.engine.ledger, "save", resumed_before)
    assert planned.deliver(0) is ChunkOutcome.HELD
    planned.run()
    assert planned.ran() == [0, 1, 2, 3]


def test_a_drained_chunk_queues_the_next_of_its_lane(lab):
    lab.start(limit=2, params={"units": 20})
    lab.plan()
    lab.world.queue.clear()
    lab.deliver(0)
    assert [message.chunk for message in lab.world.queue] == [2]
    lab.deliver(1)
    assert [message.chunk for message in lab.world.queue] == [2, 3]


def test_a_lane_skips_what_is_done(lab):
    lab.start(limit=2, params={"units": 20})
    lab.plan()
    lab.deliver(2)
    lab.world.queue.clear()
    lab.deliver(0)
    assert [message.chunk for message in lab.world.queue] == [4]


def test_the_job_counts_what_each_chunk_counts(planned):
    planned.fail(1, 6)
    planned.deliver(0)
    assert planned.counts == Counts(8, 3, 1)
    planned.deliver(1)
    assert planned.counts == Counts(8, 6, 2)
