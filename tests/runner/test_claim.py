"""Where a claim keeps what is committed: in the chunk itself, until it fills a segment."""

from __future__ import annotations

import hashlib

import pytest
from fermata.control.results import Position, unread
from fermata.domain.chunks import LEASE
from fermata.domain.kind import Policy, Result
from fermata.domain.segments import Segment, pack, unpack
from fermata.runner.claim import TAIL, ChunkOutcome, Claim
from fermata.runner.unit_batch import SLOW
from fermata.testing import MemoryDelivery


def digest(unit):
    return hashlib.sha256(str(unit.value).encode()).hexdigest()


@pytest.fixture
def one_chunk(make_lab):
    """A planned job of one chunk of so many units, each of which is committed as it ends, and hardly packs."""

    def make(units):
        lab = make_lab(policy=Policy(chunk_size=units, timeout=None))
        lab.seconds = SLOW
        for number in range(units):
            lab.on(number, digest)
        lab.start(params={"units": units})
        lab.plan()
        lab.world.queue.clear()
        return lab

    return make


class Follower:
    """Reads what it has not read yet, by a cursor that it was given as text."""

    def __init__(self, lab):
        self.lab, self.cursor, self.seen = lab, "", []

    def look(self):
        for result, position in unread(self.lab.engine, self.lab.job, 0, Position.parse(self.cursor)):
            self.seen.append(result.number)
            self.cursor = str(position)


@pytest.fixture
def follow():
    def make(lab, *numbers):
        """Has a follower look while each of these units runs."""
        follower = Follower(lab)
        for number in numbers:
            lab.on(number, lambda unit: follower.look() or digest(unit))
        return follower

    return make


def test_a_few_small_results_lie_in_the_chunk_itself_and_take_one_write_each(one_chunk):
    lab = one_chunk(3)
    lab.deliver()
    (chunk,) = lab.chunks()
    assert (chunk.segments, chunk.rev, len(lab.results())) == ((), 1 + 3, 3)
    assert not lab.world.segments


def test_results_that_outgrow_the_chunk_become_a_segment_with_the_oldest_first(one_chunk):
    lab = one_chunk(40)
    lab.deliver()
    segments = list(lab.engine.ledger.segments(lab.ref, 0, 0))
    rows = [result.number for segment in segments for result in unpack(segment.data)]
    assert rows + [result.number for result in unpack(lab.chunks()[0].tail)] == list(range(40))
    assert 1 < len(segments) < 5
    assert all(len(segment.data) > TAIL for segment in segments)


def test_who_follows_a_chunk_while_its_tail_grows_into_segments_reads_each_result_once(one_chunk, follow):
    lab = one_chunk(30)
    follower = follow(lab, *range(30))
    lab.deliver()
    follower.look()
    assert follower.seen == list(range(30))


def test_what_a_killed_worker_left_in_the_chunk_stays_and_others_go_on_behind_it(one_chunk, follow):
    lab = one_chunk(12)
    follower = follow(lab, 1, 3, 5, 9, 11)
    lab.kill(4)
    lab.until_killed(lab.deliver)
    lab.clock.sleep(LEASE + 1)
    assert lab.deliver(id_="next") is ChunkOutcome.DRAINED
    follower.look()
    assert follower.seen == list(range(12))
    assert list(lab.results()) == list(range(12))
    assert [result.number for result in unpack(lab.chunks()[0].tail)] == [0, 1, 2, 3]


def test_what_a_stalled_worker_writes_in_the_place_that_its_tail_would_take_is_no_result(one_chunk):
    lab = one_chunk(6)
    lab.kill(3)
    lab.until_killed(lab.deliver)
    (chunk,) = lab.chunks()
    lab.clock.sleep(LEASE + 1)
    lab.deliver(id_="next")
    late = pack([*unpack(chunk.tail), Result(3, "stale", None)])
    lab.engine.ledger.keep(lab.ref, Segment(0, 0, *chunk.tail_place, late))
    assert list(lab.results()) == list(range(6))
    assert "stale" not in lab.results().values()


def test_a_worker_that_gives_an_unfinished_chunk_back_leaves_no_tail(one_chunk):
    lab = one_chunk(8)
    lab.during(2, lab.hold)
    assert lab.deliver() is ChunkOutcome.HELD
    assert (lab.chunks()[0].tail, lab.chunks()[0].segments) == (b"", ((1, 1),))
    lab.unhold()
    lab.run()
    assert list(lab.results()) == list(range(8))


def test_a_unit_that_ran_again_counts_as_it_ended_last_wherever_it_lay(one_chunk, follow):
    lab = one_chunk(4)
    lab.fail(1)
    lab.deliver()
    lab.run()
    follower = follow(lab)
    follower.look()
    lab.mend()
    lab.retry()
    lab.run()
    follower.look()
    assert lab.results()[1] == 10
    assert follower.seen == [0, 1, 2, 3, 1]


# A lease that lapsed before it was renewed -------------------------------------------------------------------------------


@pytest.fixture
def stalled(one_chunk):
    """A worker that stood still until its lease had lapsed, and has just looked at the holds."""
    lab = one_chunk(4)
    chunk = lab.engine.ledger.chunk(lab.ref, 0, 0).claim("stalled", lab.clock.now())
    lab.engine.ledger.save(lab.ref, chunk)
    at = lab.clock.now()
    claim = Claim(
        lab.engine, lab.job, chunk, lab.engine.store.gate(lab.ref, lab.job.scope_names), at, MemoryDelivery("stalled")
    )
    lab.clock.sleep(LEASE + 1)
    claim.look(lab.clock.now())
    return lab, claim


def test_a_look_before_a_lapsed_lease_was_renewed_lets_no_unit_start_however_often_it_is_renewed(stalled):
    lab, claim = stalled
    lab.pause()
    assert lab.job.status == "paused"
    for _ in range(2):
        claim.commit([], lab.clock.now(), None)
        assert claim.outbox.until <= lab.clock.now() and not claim.looked(lab.clock.now())
    claim.look(lab.clock.now())
    assert claim.verdict() is ChunkOutcome.HELD
    assert claim.outbox.until <= lab.clock.now()


def test_a_look_after_a_lapsed_lease_was_renewed_lets_units_start_again(stalled):
    lab, claim = stalled
    claim.commit([], lab.clock.now(), None)
    assert claim.outbox.until <= lab.clock.now()
    claim.look(lab.clock.now())
    assert claim.outbox.until > lab.clock.now()
