from __future__ import annotations

import os
from dataclasses import replace

import pytest
from fermata.domain.chunks import LEASE
from fermata.domain.errors import NotFound, Stale
from fermata.domain.jobs import Ref
from fermata.domain.ranges import Ranges
from fermata.domain.segments import Segment
from fermata.ports import AddChunks, SaveChunks, SaveJob

REF = Ref("acme", "jobs:1")
NOW = 1_700_000_000.123456


@pytest.fixture
def chunk(ports, make_chunk):
    """A chunk that is stored."""
    ports.store.write(AddChunks(REF, (make_chunk(),)))
    return make_chunk()


def segment(attempt=1, number=0, data=b"j[]", chunk=0, stage=0):
    return Segment(stage, chunk, attempt, number, data)


def test_a_chunk_comes_back_exactly_as_it_was_stored(ports, chunk):
    full = replace(
        chunk, todo=Ranges.of([3, 5, 6]), failed=Ranges.of([0, 9]), attempt=4, owner="message-1", lease_until=NOW,
        strikes=2, segments=((1, 3), (4, 1)), rev=1,
    )  # fmt: skip
    ports.ledger.save(REF, full)
    assert ports.ledger.chunk(REF, 0, 0) == full


def test_a_chunk_that_is_not_there_is_not_found(ports, chunk):
    with pytest.raises(NotFound):
        ports.ledger.chunk(REF, 0, 1)
    with pytest.raises(NotFound):
        ports.ledger.chunk(Ref("other", REF.id), 0, 0)


def test_a_chunk_that_exists_is_not_added_again(ports, chunk, make_chunk):
    with pytest.raises(Stale):
        ports.store.write(AddChunks(REF, (make_chunk(size=3),)))
    assert ports.ledger.chunk(REF, 0, 0) == chunk


def test_of_two_workers_one_claims_the_chunk(ports, chunk):
    mine, theirs = chunk.claim("me", NOW), chunk.claim("them", NOW)
    ports.ledger.save(REF, mine)
    with pytest.raises(Stale):
        ports.ledger.save(REF, theirs)
    assert ports.ledger.chunk(REF, 0, 0).owner == "me"


def test_two_deliveries_of_one_message_do_not_both_claim_the_chunk(ports, chunk):
    ports.ledger.save(REF, chunk.claim("same", NOW))
    with pytest.raises(Stale):
        ports.ledger.save(REF, chunk.claim("same", NOW))


def test_a_stalled_worker_can_not_commit_any_more(ports, chunk):
    stalled = chunk.claim("stalled", NOW)
    ports.ledger.save(REF, stalled)
    taken = ports.ledger.chunk(REF, 0, 0).claim("next", NOW + LEASE)
    ports.ledger.save(REF, taken)
    with pytest.raises(Stale):
        ports.ledger.save(REF, stalled.settle([0, 1], [], NOW + LEASE))
    assert ports.ledger.chunk(REF, 0, 0) == taken


def test_a_chunk_carries_its_newest_results_as_they_were_given(ports, chunk):
    claimed = chunk.claim("me", NOW)
    ports.ledger.save(REF, claimed)
    settled = claimed.settle([0], [], NOW, tail=bytes(range(256)))
    ports.ledger.save(REF, settled)
    assert ports.ledger.chunk(REF, 0, 0) == settled
    assert ports.ledger.chunks(REF) == [settled]


def test_a_chunk_that_was_never_added_can_not_be_saved(ports, make_chunk):
    with pytest.raises(Stale):
        ports.ledger.save(REF, make_chunk(rev=1).renew(NOW))


def test_chunks_are_changed_together_with_their_job_or_not_at_all(ports, started, change, make_chunk):
    job = started(REF.id)
    chunks = [make_chunk(number) for number in range(3)]
    ports.store.write(AddChunks(REF, tuple(chunks)))
    reopened = tuple(chunk.reopen(chunk.todo) for chunk in chunks)
    ports.store.write(SaveJob(later := change(job)), SaveChunks(REF, reopened))
    assert ports.ledger.chunks(REF) == list(reopened)
    with pytest.raises(Stale):
        ports.store.write(SaveJob(change(later)), SaveChunks(REF, (reopened[0].release(), reopened[1], reopened[2])))
    assert ports.ledger.chunks(REF) == list(reopened)
    assert ports.store.job(REF) == later


def test_chunks_are_listed_by_stage_in_order(ports, make_chunk):
    places = [(0, 0), (0, 2), (0, 10), (1, 0), (10, 1)]
    for stage, number in reversed(places):
        ports.store.write(AddChunks(REF, (make_chunk(number, stage),)))
    ports.store.write(AddChunks(Ref("acme", "jobs:11"), (make_chunk(0),)))
    assert [(chunk.stage, chunk.number) for chunk in ports.ledger.chunks(REF)] == places
    assert [chunk.number for chunk in ports.ledger.chunks(REF, 0)] == [0, 2, 10]
    assert [chunk.stage for chunk in ports.ledger.chunks(REF, 1)] == [1]
    assert ports.ledger.chunks(REF, 2) == []


def test_segments_come_in_the_order_of_attempts_and_numbers(ports):
    places = [(1, 0), (1, 2), (1, 10), (2, 0), (10, 0)]
    for attempt, number in reversed(places):
        ports.ledger.keep(REF, segment(attempt, number, data=f"{attempt}/{number}".encode()))
    found = list(ports.ledger.segments(REF, 0, 0))
    assert [(each.attempt, each.number) for each in found] == places
    assert found[2] == segment(1, 10, b"1/10")


@pytest.mark.parametrize(
    ("start", "expected"), [((0, 0), 4), ((1, 1), 3), ((1, 2), 2), ((2, 0), 2), ((2, 1), 1), ((3, 0), 0)]
)
def test_segments_start_where_asked(ports, start, expected):
    for attempt, number in [(1, 0), (1, 1), (2, 0), (2, 1)]:
        ports.ledger.keep(REF, segment(attempt, number))
    assert len(list(ports.ledger.segments(REF, 0, 0, start))) == expected


def test_segments_are_of_one_chunk_only(ports):
    ports.ledger.keep(REF, segment(chunk=1))
    ports.ledger.keep(REF, segment(chunk=10, data=b"ten"))
    ports.ledger.keep(REF, segment(chunk=1, stage=1))
    ports.ledger.keep(Ref("acme", "jobs:2"), segment(chunk=1))
    assert list(ports.ledger.segments(REF, 0, 1)) == [segment(chunk=1)]


def test_leftovers_of_a_stalled_worker_are_listed_but_count_for_nothing(ports, chunk):
    ports.ledger.keep(REF, segment(attempt=1, data=b"leftover"))
    taken = replace(chunk.claim("me", NOW), attempt=2)
    ports.ledger.keep(REF, segment(attempt=2, data=b"true"))
    ports.ledger.save(REF, replace(taken.settle([0], [], NOW), rev=1))
    true = dict(ports.ledger.chunk(REF, 0, 0).segments)
    found = list(ports.ledger.segments(REF, 0, 0))
    assert [each.data for each in found] == [b"leftover", b"true"]
    assert [each.data for each in found if each.number < true.get(each.attempt, 0)] == [b"true"]


@pytest.mark.parametrize("size", [0, 1, 8 * 1024, 8 * 1024 + 1, 500 * 1024])
def test_a_segment_of_any_size_comes_back(ports, size):
    data = os.urandom(size)
    ports.ledger.keep(REF, segment(data=data))
    assert [each.data for each in ports.ledger.segments(REF, 0, 0)] == [data]


def test_a_segment_of_the_same_place_is_overwritten(ports):
    for data in (b"s" * 10, b"l" * 20_000, b"t" * 10):
        ports.ledger.keep(REF, segment(data=data))
        assert [each.data for each in ports.ledger.segments(REF, 0, 0)] == [data]


def test_more_segments_than_a_page_holds_all_come(ports):
    for number in range(60):
        ports.ledger.keep(REF, segment(number=number, data=bytes([number])))
    assert [each.data[0] for each in ports.ledger.segments(REF, 0, 0)] == list(range(60))
