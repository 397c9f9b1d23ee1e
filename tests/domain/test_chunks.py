from __future__ import annotations

import pytest
from fermata.domain.chunks import LEASE, MAX_RETRIES, Chunk, Counts, Retry, chunk_size, count, ready
from fermata.domain.errors import Stale
from fermata.domain.ranges import Ranges
from hypothesis import given
from hypothesis import strategies as st

UNITS = st.sets(st.integers(0, 19))


def of_twenty(number=0, todo=20, **facts):
    return Chunk(0, number, 0, 20, "units", 0, 0, todo=Ranges.span(20 - todo, 20), **facts)


@given(UNITS, UNITS, UNITS)
def test_succeeded_failed_and_remaining_always_add_up(succeeded, failed, reopened):
    claimed = of_twenty().claim("m", 0.0)
    settled = claimed.settle(succeeded - failed, failed, 0.0)
    again = settled.release().reopen(Ranges.of(reopened))
    for chunk in (claimed, settled, again):
        assert chunk.succeeded >= 0
        assert chunk.succeeded + len(chunk.failed) + len(chunk.todo) == chunk.size
    assert not settled.todo & Ranges.of(succeeded | failed)
    assert set(again.todo) == set(settled.todo) | reopened


def test_a_claim_takes_the_lease_and_begins_another_attempt(make_chunk, now):
    claimed = make_chunk(attempt=2, rev=5).claim("worker", now)
    assert (claimed.owner, claimed.attempt, claimed.lease_until, claimed.rev) == ("worker", 3, now + LEASE, 6)


def test_a_chunk_knows_when_it_was_first_claimed_and_when_a_unit_was_settled_last(make_chunk, now):
    first = make_chunk().claim("one", now)
    again = first.settle([10], [], now + 1).release().claim("two", now + 60).renew(now + 62)
    assert (again.began_at, again.settled_at) == (now, now + 1)


def test_a_chunk_that_is_opened_again_has_not_begun(make_chunk, now):
    done = make_chunk().claim("one", now).settle(range(10, 20), [], now + 1).release()
    opened = done.reopen(Ranges.of([12]))
    assert (opened.began_at, opened.settled_at) == (0.0, 0.0)
    assert opened.claim("two", now + 60).began_at == now + 60


def test_a_leased_chunk_cannot_be_claimed(make_chunk, now):
    with pytest.raises(Stale):
        make_chunk().claim("one", now).claim("two", now + LEASE - 0.001)


def test_a_lapsed_lease_can_be_claimed_by_anybody(make_chunk, now):
    assert make_chunk().claim("one", now).claim("two", now + LEASE).owner == "two"


def test_a_done_chunk_cannot_be_claimed(make_chunk, now):
    with pytest.raises(Stale):
        make_chunk(todo=Ranges()).claim("one", now)


def test_renewing_moves_the_end_of_the_lease_and_nothing_else(make_chunk, now):
    claimed = make_chunk().claim("one", now)
    renewed = claimed.renew(now + 5)
    assert renewed.lease_until == now + 5 + LEASE
    assert (renewed.attempt, renewed.owner, renewed.todo) == (claimed.attempt, claimed.owner, claimed.todo)


def test_settling_counts_units_and_names_one_more_segment(make_chunk, now):
    settled = make_chunk().claim("one", now).settle([10, 11], [12], now + 1)
    assert (settled.succeeded, list(settled.failed), list(settled.todo)) == (2, [12], list(range(13, 20)))
    assert settled.segments == ((1, 1),)
    assert settled.next_segment == 1
    assert settled.lease_until == now + 1 + LEASE


def test_segments_are_numbered_within_each_attempt(make_chunk, now):
    first = make_chunk().claim("one", now).settle([10], [], now).settle([11], [], now)
    second = first.release().claim("two", now)
    assert second.next_segment == 0
    assert second.settle([12], [], now).segments == ((1, 2), (2, 1))


def test_releasing_makes_the_chunk_free_at_once(make_chunk, now):
    released = make_chunk().claim("one", now).release()
    assert not released.live(now)
    assert released.owner is None


def test_giving_the_lease_back_with_a_commit_is_one_change(make_chunk, now):
    settled = make_chunk().claim("one", now).settle([10], [], now)
    assert settled.released().rev == settled.rev
    assert not settled.released().live(now)


def test_each_claim_after_a_dead_worker_is_a_strike(make_chunk, now):
    chunk = make_chunk()
    for death in range(4):
        chunk = chunk.claim("worker", now + death * LEASE)
    assert chunk.strikes == 3


@pytest.mark.parametrize("end", [lambda chunk, now: chunk.settle([10], [], now), lambda chunk, now: chunk.release()])
def test_a_settled_unit_or_a_lease_given_back_clears_the_strikes(make_chunk, now, end):
    struck = make_chunk().claim("one", now).claim("two", now + LEASE)
    assert struck.strikes == 1
    assert end(struck, now).strikes == 0


def test_reopened_units_are_to_do_again_and_no_longer_failed(make_chunk):
    chunk = make_chunk(todo=Ranges(), failed=Ranges.of([12, 15]), strikes=2)
    opened = chunk.reopen(Ranges.of([12, 13]))
    assert (list(opened.todo), list(opened.failed), opened.strikes) == ([12, 13], [15], 0)
    assert not opened.done


@pytest.mark.parametrize(("base", "units", "most"), [(25, 1_000_000, 700), (1, 10_000, 600), (250, 1_000_000, 500)])
def test_a_stage_of_any_size_has_a_few_hundred_chunks(base, units, most):
    chunks = planned = 0
    while planned < units:
        planned += chunk_size(base, chunks)
        chunks += 1
    assert 100 < chunks <= most


def test_small_stages_spread_over_small_chunks():
    assert {chunk_size(25, number) for number in range(64)} == {25}
    assert chunk_size(25, 64) == 50


def test_chunks_stop_growing_before_one_takes_too_long():
    assert chunk_size(1, 10**6) == chunk_size(1, 10**7) == 512


def test_counts_are_the_sum_of_the_ledger(make_chunk):
    chunks = [make_chunk(failed=Ranges.of([10]), todo=Ranges.span(15, 20)), make_chunk()]
    assert count(chunks) == Counts(total=20, succeeded=4, failed=1)
    assert (count(chunks).remaining, count(chunks).settled) == (15, 5)


def test_expected_units_count_before_they_are_planned(make_chunk):
    assert count([make_chunk()], expected=100) == Counts(total=100)
    assert count([make_chunk()], expected=3).total == 10


@given(st.integers(0, 12), st.integers(1, 4), st.randoms(use_true_random=False))
def test_no_more_chunks_run_than_the_limit_allows_and_all_get_done(chunks, limit, random):
    ledger = {number: of_twenty(number) for number in range(chunks)}
    while not all(chunk.done for chunk in ledger.values()):
        for chunk in ready(ledger.values(), limit, 0.0):
            ledger[chunk.number] = chunk.claim("worker", 0.0)
        running = [chunk for chunk in ledger.values() if chunk.live(0.0)]
        assert 0 < len(running) <= limit
        ended = random.choice(running)
        ledger[ended.number] = ended.settle(ended.todo, [], 0.0).released()


def test_a_lane_whose_first_chunk_runs_queues_no_other():
    running, waiting = of_twenty(0, owner="w", lease_until=100.0), of_twenty(2)
    assert ready([running, waiting], 2, now=50.0) == []
    assert ready([running, waiting], 2, now=100.0) == [running]


def test_a_lane_goes_on_with_its_next_open_chunk():
    chunks = [of_twenty(0, todo=0), of_twenty(1), of_twenty(2), of_twenty(3), of_twenty(4)]
    assert [chunk.number for chunk in ready(chunks, 2, 0.0)] == [1, 2]


def test_without_a_limit_all_open_chunks_are_ready():
    chunks = [of_twenty(2), of_twenty(0, todo=0), of_twenty(1), of_twenty(3, owner="w", lease_until=9.0)]
    assert [chunk.number for chunk in ready(chunks, None, 0.0)] == [1, 2]


# Between two tries, and orderly ends -------------------------------------------------------------------------------------


def test_a_chunk_whose_units_all_wait_for_their_next_try_is_not_ready_before_the_first_of_them(make_chunk, now):
    retries = (Retry(10, 2, now + 30), Retry(11, 2, now + 10))
    waits = make_chunk(todo=Ranges.of([10, 11]), retries=retries)
    assert (waits.not_before, ready([waits], None, now), ready([waits], None, now + 10)) == (now + 10, [], [waits])


def test_a_chunk_of_which_any_unit_may_be_tried_is_ready(make_chunk, now):
    some = make_chunk(todo=Ranges.of([10, 11]), retries=(Retry(10, 2, now + 30),))
    assert (some.not_before, ready([some], None, now)) == (0.0, [some])


def test_giving_the_lease_back_leaves_the_tries_with_the_chunk(make_chunk, now):
    retries = (Retry(10, 2, now + 30, throttled=True),)
    given_back = make_chunk().claim("one", now).release(retries, now)
    assert (given_back.retries, given_back.throttled_since, given_back.owner) == (retries, now, None)


def test_a_chunk_remembers_no_more_tries_than_fit_in_an_item(make_chunk, now):
    many = tuple(Retry(number, 2, now) for number in range(10 * MAX_RETRIES))
    assert len(make_chunk().release(many).retries) == MAX_RETRIES


def test_reopened_units_begin_with_a_first_try(make_chunk, now):
    tried = make_chunk(retries=(Retry(10, 3, now),), throttled_since=now)
    opened = tried.reopen(Ranges.of([10]))
    assert (opened.retries, opened.throttled_since, opened.reopened) == ((), 0.0, True)


def test_a_worker_that_was_told_to_stop_leaves_no_strike_however_often(make_chunk, now):
    chunk = make_chunk()
    for stop in range(10):
        chunk = chunk.claim(f"worker-{stop}", now).excuse()
        now = chunk.lease_until
    assert chunk.claim("last", now).strikes == 0


def test_a_worker_that_died_leaves_a_strike_also_after_an_orderly_stop(make_chunk, now):
    stopped = make_chunk().claim("one", now).excuse()
    again = stopped.claim("two", stopped.lease_until)
    assert again.claim("three", again.lease_until).strikes == 1


def test_a_chunk_counts_the_seconds_that_workers_had_it_in_hand(make_chunk, now):
    first = make_chunk().claim("one", now).renew(now + 3).settle([10], [], now + 5)
    second = first.release().claim("two", now + 100).settle([11], [], now + 102)
    assert (first.busy, second.busy) == (5.0, 7.0)


def test_a_worker_that_stalled_is_not_paid_for_longer_than_its_lease(make_chunk, now):
    assert make_chunk().claim("one", now).renew(now + 1000).busy == LEASE
