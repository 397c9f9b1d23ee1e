from __future__ import annotations

import hashlib
import threading
from collections import Counter
from dataclasses import replace

import pytest
from fermata.control.engine import Limits
from fermata.domain import interruption
from fermata.domain.chunks import LEASE, Counts
from fermata.domain.errors import Unavailable, Unsure
from fermata.domain.kind import Interrupted, Policy, UnitRetry
from fermata.runner import deadline
from fermata.runner.chunk_loop import COMMIT, STRIKES_OUT
from fermata.runner.claim import ChunkOutcome
from fermata.runner.slots import ThreadSlots
from fermata.runner.unit_batch import SLOW
from fermata.testing import MemoryDelivery

LONG = "".join(hashlib.sha512(bytes([n])).hexdigest() for n in range(20))
"""A result that is too long for the chunk itself, and has a segment of its own."""


@pytest.fixture
def one_chunk(make_lab):
    """A planned job of one chunk of so many units, with no message under way."""

    def make(units, seconds=1.0, **policy):
        lab = make_lab(policy=Policy(**{"chunk_size": units, "timeout": None} | policy))
        lab.seconds = seconds
        lab.start(params={"units": units})
        lab.plan()
        lab.world.queue.clear()
        return lab

    return make


def settled_at_each_start(lab):
    """Lets each unit note how many units were stored as settled when it began."""
    seen = []
    for number in range(lab.job.plan.units):
        lab.during(number, lambda: seen.append(lab.counts.settled))
    return seen


# Committing --------------------------------------------------------------------------------------------------------------


def test_a_slow_unit_is_committed_as_soon_as_it_ends(one_chunk, monkeypatch):
    monkeypatch.setattr("fermata.runner.chunk_loop.COMMIT", 1000.0)
    lab = one_chunk(5, seconds=SLOW)
    seen = settled_at_each_start(lab)
    lab.deliver()
    assert seen == [0, 1, 2, 3, 4]


def test_quicker_units_are_committed_together_within_two_seconds(one_chunk):
    lab = one_chunk(20, seconds=0.3)
    seen = settled_at_each_start(lab)
    lab.deliver()
    behind = [number - settled for number, settled in enumerate(seen)][:14]
    assert 1 < max(behind) * 0.3 + 0.3 <= COMMIT + 0.3


def test_what_is_nearly_the_end_of_a_chunk_is_committed_with_its_end(one_chunk):
    lab = one_chunk(20, seconds=0.3)
    seen = settled_at_each_start(lab)
    lab.deliver()
    assert len(set(seen)) == 2  # nothing, and what the one commit before the last had counted


def test_a_commit_is_a_sign_of_life_too(one_chunk):
    lab = one_chunk(13, seconds=0.3)
    lab.deliver()
    assert lab.chunks()[0].rev == 3  # the claim and two commits


def test_the_last_commit_gives_the_lease_back_in_the_same_write(one_chunk):
    lab = one_chunk(3, seconds=0.01)
    lab.deliver()
    chunk = lab.chunks()[0]
    assert (chunk.done, chunk.owner) == (True, None)
    assert chunk.rev == 2


def test_many_bytes_are_committed_before_a_second_is_over(one_chunk):
    lab = one_chunk(6, seconds=0.01)
    for number in range(6):
        lab.on(number, lambda unit: "x" * 600_000)
    lab.deliver()
    assert lab.chunks()[0].segments[0][1] >= 2


def test_quick_units_share_slots(one_chunk):
    lab = one_chunk(500, seconds=0.0)
    lab.deliver()
    assert lab.counts == Counts(500, 500, 0)
    assert lab.slots.starts < 20


def test_slow_units_have_a_slot_each(one_chunk):
    lab = one_chunk(10, seconds=1.0)
    lab.slots.starts = 0
    lab.deliver()
    assert lab.slots.starts == 10 + 1  # the units, and the finisher


def test_units_that_become_slow_are_no_longer_batched(one_chunk):
    lab = one_chunk(60, seconds=0.0)
    for number in range(30, 60):
        lab.during(number, lambda: lab.clock.sleep(1))
    seen = []
    lab.during(50, lambda: lab.clock.sleep(1) or (lab.pause() and seen.append(lab.counts.settled)))
    lab.deliver()
    assert lab.ran() == list(range(51))
    assert seen == [50]


def test_a_commit_that_was_throttled_is_tried_again_and_counts_once(one_chunk, monkeypatch):
    lab = one_chunk(3)
    lab.on(2, lambda unit: LONG)
    keep, refusals = lab.engine.ledger.keep, [1, 2]

    def throttled(ref, segment):
        if refusals:
            raise Unavailable(f"throttled {refusals.pop()}")
        keep(ref, segment)

    monkeypatch.setattr(lab.engine.ledger, "keep", throttled)
    assert lab.deliver() is ChunkOutcome.DRAINED
    assert not refusals
    assert lab.ran() == [0, 1, 2]
    assert lab.results() == {0: 0, 1: 10, 2: LONG}


def test_a_commit_whose_answer_was_lost_counts_once(one_chunk, monkeypatch):
    lab = one_chunk(3)
    save, lost = lab.engine.ledger.save, [None]

    def lose_answer(ref, chunk):
        save(ref, chunk)
        if chunk.tail and lost:
            lost.pop()
            raise Unavailable("no answer")

    monkeypatch.setattr(lab.engine.ledger, "save", lose_answer)
    assert lab.deliver() is ChunkOutcome.DRAINED
    assert lab.counts == Counts(3, 3, 0)
    assert lab.results() == {0: 0, 1: 10, 2: 20}


def test_a_commit_of_which_nobody_knows_whether_it_was_done_ends_the_worker(one_chunk, monkeypatch):
    lab = one_chunk(3)

    def lost(*place):
        raise Unavailable("no answer")

    def broken():
        monkeypatch.setattr(lab.engine.ledger, "save", lost)
        monkeypatch.setattr(lab.engine.ledger, "chunk", lost)

    lab.during(1, broken)
    with pytest.raises(Unsure):
        lab.deliver()
    monkeypatch.undo()
    lab.recover(after=LEASE + 1)
    lab.run()
    assert (lab.job.status, lab.results()) == ("completed", {0: 0, 1: 10, 2: 20})


# The lease ---------------------------------------------------------------------------------------------------------------


def test_a_chunk_that_takes_longer_than_a_lease_keeps_it(one_chunk):
    lab = one_chunk(100, seconds=0.4)
    stops = []
    for number in range(10, 100, 10):
        lab.during(number, lambda: stops.append(lab.deliver(id_="another")))
    assert lab.deliver() is ChunkOutcome.DRAINED
    assert set(stops) == {ChunkOutcome.DROPPED}
    assert lab.ran() == list(range(100))


def test_a_worker_keeps_lease_and_message_while_a_unit_runs(threaded, monkeypatch):
    extended = threading.Event()
    monkeypatch.setattr("fermata.runner.claim.BEAT", 0.01)
    lab = threaded()
    lab.start(params={"units": 1})

    def long(unit):
        claimed = lab.chunks()[0].lease_until
        monkeypatch.setattr(MemoryDelivery, "extend", lambda delivery, seconds: extended.set())
        assert extended.wait(10)
        return lab.chunks()[0].lease_until > claimed

    lab.on(0, long)
    lab.run()
    assert lab.results() == {0: True}


def test_a_commit_that_outlasted_the_lease_lets_no_unit_start_that_was_about_to(one_chunk, deferred, monkeypatch):
    lab = one_chunk(4, seconds=LEASE - 3, concurrency=2)
    keep, lab.slots, deferred.clock = lab.engine.ledger.keep, deferred, lab.clock
    lab.on(0, lambda unit: LONG)

    def stall(ref, segment):
        keep(ref, segment)
        lab.clock.sleep(4)
        assert lab.pause().status == "paused"

    monkeypatch.setattr(lab.engine.ledger, "keep", stall)
    monkeypatch.setattr(MemoryDelivery, "extend", lambda delivery, seconds: deferred.begin())
    assert lab.deliver() is ChunkOutcome.HELD
    assert lab.ran() == [0]


def test_a_worker_that_lost_its_lease_counts_nothing(one_chunk):
    lab = one_chunk(3, seconds=SLOW)

    def stolen():
        lab.clock.sleep(LEASE)
        lab.engine.ledger.save(lab.ref, lab.chunks()[0].claim("thief", lab.clock.now()))

    lab.during(1, stolen)
    assert lab.deliver() is ChunkOutcome.LOST
    assert lab.ran() == [0, 1]
    assert lab.results() == {0: 0}
    assert lab.chunks()[0].owner == "thief"


def test_a_worker_whose_lease_has_lapsed_starts_no_unit_before_it_has_it_again(one_chunk):
    lab = one_chunk(4, seconds=0.01)

    def stall():
        lab.clock.sleep(LEASE + 1)
        assert lab.pause().status == "paused"

    lab.during(1, stall)
    lab.deliver()
    assert lab.ran() == [0, 1]
    assert lab.job.status == "paused"


def test_a_unit_that_outlasts_the_lease_is_not_counted_twice(one_chunk):
    lab = one_chunk(3, seconds=SLOW)

    def outlast():
        lab.clock.sleep(LEASE + 1)
        assert lab.deliver(id_="another") is ChunkOutcome.DRAINED

    lab.during(1, outlast)
    assert lab.deliver() is ChunkOutcome.LOST
    assert lab.counts == Counts(3, 3, 0)
    assert lab.ran() == [0, 1, 1, 2]


# Stopping ----------------------------------------------------------------------------------------------------------------


def test_a_hold_stops_the_chunk_after_the_unit_in_flight_and_gives_the_lease_back(one_chunk):
    lab = one_chunk(6)
    lab.during(2, lab.hold)
    assert lab.deliver() is ChunkOutcome.HELD
    assert (lab.ran(), lab.counts) == ([0, 1, 2], Counts(6, 3, 0))
    assert lab.chunks()[0].owner is None


def test_units_in_flight_finish_when_a_hold_comes_and_no_other_starts(threaded, gather, monkeypatch):
    monkeypatch.setattr("fermata.runner.claim.LOOK_AGE", 0.0)
    monkeypatch.setattr("fermata.control.answers.LOOK_AGE", 0.0)
    lab = threaded(concurrency=2, chunk_size=8)
    meet, part = gather(2), gather(2)

    def pauses(unit):
        meet()
        lab.pause()
        part()
        return unit.value * 10

    def waits(unit):
        meet()
        part()
        return unit.value * 10

    lab.on(0, pauses)
    lab.on(1, waits)
    lab.start()
    lab.run()
    assert (lab.job.status, sorted(lab.ran()), lab.job.pause.in_flight) == ("paused", [0, 1], 2)
    assert lab.results() == {0: 0, 1: 10}


def test_units_that_wait_run_several_at_a_time(threaded, gather):
    lab = threaded(concurrency=4, chunk_size=8)
    meet = gather(4)
    for number in range(8):
        lab.on(number, lambda unit: meet())
    lab.start()
    lab.run()
    assert (lab.job.status, sorted(lab.ran())) == ("completed", list(range(8)))


def test_a_cancelled_jobs_chunk_stops_and_what_ran_is_kept(one_chunk):
    lab = one_chunk(6)
    lab.during(2, lab.cancel)
    assert lab.deliver() is ChunkOutcome.CANCELLED
    assert lab.results() == {0: 0, 1: 10, 2: 20}
    assert (lab.job.counts, lab.job.closed) == (Counts(6, 3, 0), True)


def test_a_slice_ends_before_it_is_over_with_everything_committed(one_chunk):
    lab = one_chunk(50, seconds=0.3)
    assert lab.deliver(seconds=5.0) is ChunkOutcome.YIELDED
    assert lab.counts.settled == len(lab.ran()) < 50
    assert lab.deliver() is ChunkOutcome.DRAINED
    assert lab.ran() == list(range(50))


def test_a_slice_that_is_over_before_it_begins_starts_nothing(one_chunk):
    lab = one_chunk(3)
    assert lab.deliver(seconds=0.0) is ChunkOutcome.YIELDED
    assert lab.ran() == []
    assert lab.chunks()[0].owner is None


def test_a_unit_that_waits_to_be_tried_again_does_not_hold_up_a_pause(make_lab):
    lab = make_lab(policy=Policy(chunk_size=4, timeout=None, backoff=5.0))
    tries = []

    def refuse(unit):
        if not tries:
            tries.append(lab.pause())
            raise UnitRetry("later")
        return "at last"

    lab.on(0, refuse)
    lab.start()
    lab.run()
    lab.resume()
    lab.run()
    assert lab.results()[0] == "at last"
    assert lab.counts == Counts(8, 8, 0)


# Strikes -----------------------------------------------------------------------------------------------------------------


def run_until_it_ends(lab):
    lab.run()
    while not lab.job.status.final and lab.deaths < 100:
        lab.recover(after=LEASE + 1)
        lab.run()


@pytest.mark.parametrize("seconds", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("poison", [0, 5, 11])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_a_unit_that_kills_its_worker_again_and_again_fails_alone(make_lab, seconds, poison, concurrency):
    lab = make_lab(policy=Policy(chunk_size=12, timeout=None, concurrency=concurrency))
    lab.seconds = seconds
    lab.kill(poison, times=1000)
    lab.start(params={"units": 12})
    run_until_it_ends(lab)
    assert lab.job.status == "completed"
    assert lab.results() == {n: n * 10 for n in range(12)} | {
        poison: f"the worker died {STRIKES_OUT} times while running it"
    }


def test_units_side_by_side_that_kill_their_workers_fail_and_no_others(make_lab):
    lab = make_lab(policy=Policy(chunk_size=12, timeout=None))
    lab.seconds = 0.0
    for poison in (4, 5, 6):
        lab.kill(poison, times=1000)
    lab.start(params={"units": 12})
    run_until_it_ends(lab)
    assert (lab.job.status, list(lab.chunks()[0].failed)) == ("completed", [4, 5, 6])


def test_a_worker_that_dies_now_and_then_fails_no_unit(one_chunk):
    lab = one_chunk(12, seconds=0.0)
    for number in range(12):
        lab.kill(number, times=1)
    lab.recover(after=700)
    run_until_it_ends(lab)
    assert lab.job.counts == Counts(12, 12, 0)


# Between two tries -------------------------------------------------------------------------------------------------------


@pytest.fixture
def refused(make_lab):
    """A job of four units that a server refuses each time."""

    def make(backoff, **policy):
        lab = make_lab(policy=Policy(**{"chunk_size": 4, "timeout": None, "backoff": backoff} | policy))

        def refuse(unit):
            raise UnitRetry("503")

        for number in range(4):
            lab.on(number, refuse)
        lab.seconds = 0.0
        lab.start(params={"units": 4})
        return lab

    return make


VERBS = [("pause", "paused"), ("hold", "paused"), ("cancel", "cancelled")]


@pytest.mark.parametrize(("verb", "status"), VERBS)
def test_units_between_two_tries_go_no_further_and_stay_undone(refused, monkeypatch, verb, status):
    lab = refused(backoff=2.0)
    wait, tries = lab.slots.wait, []

    def then(seconds):
        if len(lab.units) == 4 and not tries:
            tries.append(len(lab.units))
            getattr(lab, verb)()
        wait(seconds)

    monkeypatch.setattr(lab.slots, "wait", then)
    lab.run()
    assert (lab.job.status, len(lab.units), lab.counts) == (status, 4, Counts(4))
    assert lab.results() == {}


@pytest.mark.parametrize(("verb", "status"), VERBS)
def test_a_job_whose_units_wait_for_long_stops_at_once(refused, verb, status):
    lab = refused(backoff=20.0)
    while not lab.world.delayed:
        lab.driver.step()
    at = lab.clock.now()
    getattr(lab, verb)()
    if verb == "hold":
        lab.deliver()
    assert (lab.job.status, lab.clock.now()) == (status, at)
    lab.run()
    assert (len(lab.units), lab.counts) == (4, Counts(4))


def test_a_long_wait_holds_neither_a_slot_nor_a_lease_nor_a_message(refused):
    lab = refused(backoff=20.0)
    began = lab.clock.now()
    lab.driver.step()
    lab.driver.step()
    chunk = lab.chunks()[0]
    assert (lab.clock.now(), chunk.owner, chunk.strikes) == (began, None, 0)
    assert [(retry.attempt, retry.ready_at) for retry in chunk.retries] == [(2, began + 20)] * 4
    assert [(at, message.chunk) for at, message in lab.world.delayed] == [(began + 20, 0)]


def test_a_message_that_comes_before_the_next_try_is_put_off_and_nothing_runs(refused):
    lab = refused(backoff=20.0)
    while not lab.world.delayed:
        lab.driver.step()
    lab.world.delayed.clear()
    lab.clock.sleep(5)
    assert lab.deliver() is ChunkOutcome.YIELDED
    assert (len(lab.units), [at - lab.clock.now() for at, _ in lab.world.delayed]) == (4, [15])


@pytest.mark.parametrize("backoff", [0.5, 2.0, 20.0])
def test_a_pause_between_two_tries_forgets_none(refused, backoff):
    lab = refused(backoff=backoff)
    lab.during(3, lab.pause)
    lab.run()
    assert lab.job.status == "paused"
    lab.resume()
    lab.run()
    assert lab.results() == {3: 30} | dict.fromkeys(range(3), "503 (tried 3 times)")


def test_units_that_wait_do_not_keep_others_of_their_chunk_from_running(one_chunk):
    lab = one_chunk(4, backoff=20.0)
    left = [None]

    def once_refused(unit):
        if left:
            left.pop()
            raise UnitRetry("503")
        return "at last"

    lab.on(0, once_refused)
    lab.deliver()
    assert (lab.ran(), lab.counts) == ([0, 1, 2, 3], Counts(4, 3, 0))
    lab.run()
    assert lab.results()[0] == "at last"


@pytest.mark.parametrize(("verb", "status"), [("pause", "paused"), ("cancel", "cancelled")])
def test_a_unit_that_waits_within_itself_is_broken_off_and_stays_undone(threaded, monkeypatch, verb, status):
    monkeypatch.setattr("fermata.runner.claim.LOOK_AGE", 0.01)
    monkeypatch.setattr("fermata.control.answers.LOOK_AGE", 0.0)
    lab, waits = threaded(concurrency=2), threading.Event()

    def wait(unit):
        waits.set()
        unit.wait(1000.0)
        return "never"

    lab.on(0, wait)
    lab.on(1, lambda unit: waits.wait(10) and getattr(lab, verb)() and None)
    lab.start(params={"units": 2})
    lab.run()
    assert (lab.job.status, lab.results(), lab.counts.remaining) == (status, {1: None}, 1)


def test_nothing_goes_out_of_a_unit_once_its_job_has_stopped(threaded, monkeypatch):
    monkeypatch.setattr("fermata.runner.claim.LOOK_AGE", 0.01)
    monkeypatch.setattr("fermata.control.answers.LOOK_AGE", 0.0)
    lab, sent, gone = threaded(), [], threading.Event()

    def sends(unit):
        lab.cancel()
        try:
            for _ in range(1000):
                unit.wait(0.01)
                unit.check()
        finally:
            gone.set()
        sent.append(unit)

    lab.on(0, sends)
    lab.start()
    lab.run()
    assert gone.wait(10)
    assert (sent, lab.counts.remaining) == ([], 8)


def test_a_unit_in_hand_comes_to_its_end_when_its_worker_makes_room_for_others(one_chunk):
    lab = one_chunk(2)

    def compute(unit):
        lab.clock.sleep(3.0)
        unit.check()
        return "done"

    lab.on(0, compute)
    assert lab.deliver(seconds=2.0) is ChunkOutcome.YIELDED
    assert lab.results() == {0: "done"}


def test_a_unit_that_ends_soon_is_let_end_and_begins_nothing_more(threaded, monkeypatch):
    monkeypatch.setattr("fermata.runner.claim.LOOK_AGE", 0.01)
    monkeypatch.setattr("fermata.control.answers.LOOK_AGE", 0.0)
    lab, never, checked = threaded(concurrency=1), threading.Event(), []

    def compute(unit):
        lab.pause()
        while not checked:
            never.wait(0.01)
            interruption.check()
            try:
                unit.check()
            except Interrupted:
                checked.append("no request goes out")
        return "done"

    lab.on(0, compute)
    lab.start(params={"units": 1})
    lab.run()
    assert (lab.job.status, lab.results()) == ("paused", {0: "done"})


def test_a_pause_reaches_a_unit_whose_worker_has_made_room_for_others(threaded, monkeypatch):
    monkeypatch.setattr("fermata.runner.claim.LOOK_AGE", 0.01)
    monkeypatch.setattr("fermata.control.answers.LOOK_AGE", 0.0)
    monkeypatch.setattr("fermata.runner.chunk_loop.GRACE", 0.0)
    lab, never = threaded(concurrency=1), threading.Event()

    def compute(unit):
        never.wait(0.1)  # until the slice is over
        lab.pause()
        while not never.wait(0.01):
            interruption.check()

    lab.on(0, compute)
    lab.start(params={"units": 1})
    lab.plan()
    assert lab.deliver(seconds=0.05) is ChunkOutcome.HELD
    assert (lab.job.status, lab.counts) == ("paused", Counts(1))


# Being told to stop ------------------------------------------------------------------------------------------------------


@pytest.fixture
def told():
    """Set: this process is told to stop."""
    yield deadline._told_to_stop
    deadline._told_to_stop.clear()


def test_a_worker_that_is_told_to_stop_ends_the_unit_in_hand_and_gives_the_lease_back(one_chunk, told):
    lab = one_chunk(6)
    lab.during(2, told.set)
    assert lab.deliver() is ChunkOutcome.YIELDED
    chunk = lab.chunks()[0]
    assert (lab.ran(), chunk.owner, chunk.strikes) == ([0, 1, 2], None, 0)
    told.clear()
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", list(range(6)))


def test_workers_that_are_ended_after_they_were_told_to_stop_fail_no_unit(threaded, told, hang, monkeypatch):
    lab, wait = threaded(), ThreadSlots.wait

    def ended_soon(slots, seconds):
        wait(slots, min(seconds, 0.01))
        if lab.chunks() and lab.chunks()[0].strikes < 0:
            lab.die()

    monkeypatch.setattr(ThreadSlots, "wait", ended_soon)
    lab.on(0, lambda unit: told.set() or hang(unit))
    lab.start(params={"units": 1})
    lab.plan()
    for stop in range(2 * STRIKES_OUT):
        lab.until_killed(lambda id_=f"message-{stop}": lab.deliver(id_=id_))
        told.clear()
        chunk = lab.chunks()[0]
        lab.engine.ledger.save(lab.ref, replace(chunk, lease_until=0.0, rev=chunk.rev + 1))
    monkeypatch.undo()
    lab.mend()
    lab.deliver()
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(1, 1, 0))


def test_a_unit_that_waits_is_broken_off_when_its_worker_is_told_to_stop(threaded, told):
    lab, waits = threaded(), []

    def wait(unit):
        waits.append(unit)
        if len(waits) == 1:
            told.set()
            unit.wait(1000.0)
        return "at last"

    lab.on(0, wait)
    lab.start(params={"units": 1})
    lab.driver.step()
    lab.driver.step()
    assert (lab.counts, lab.chunks()[0].owner, lab.chunks()[0].strikes) == (Counts(1), None, 0)
    told.clear()
    lab.run()
    assert lab.results() == {0: "at last"}


# Rates -------------------------------------------------------------------------------------------------------------------


def minutes(lab, *jobs):
    """How many units of these jobs were started in each minute since the first; the last, which need not be whole, left out."""
    times = [at for at, unit in zip(lab.times, lab.units, strict=True) if unit.job_id in jobs]
    started = Counter(int((at - times[0]) // 60) for at in times)
    return [started[minute] for minute in range(max(started))]


def kept(minutes, rate):
    """Whether so many were started in every minute, within five percent."""
    return len(minutes) >= 2 and all(abs(count - rate) <= 0.05 * rate for count in minutes)


@pytest.mark.parametrize(("rate", "seconds"), [(20, 0.0), (60, 0.2), (1200, 0.01)])
def test_so_many_units_start_in_a_minute_as_the_rate_says(make_lab, rate, seconds):
    lab = make_lab()
    lab.seconds = seconds
    lab.start(rate=float(rate), params={"units": 4 * rate})
    lab.run()
    assert lab.job.status == "completed"
    assert kept(minutes(lab, "jobs:one"), rate), minutes(lab, "jobs:one")


def test_jobs_that_name_one_key_share_its_rate(make_lab):
    lab = make_lab()
    lab.seconds = 0.0
    names = ("jobs:one", "jobs:two", "jobs:three")
    for name in names:
        lab.start(id=name.removeprefix("jobs:"), rate=120.0, rate_key="provider", params={"units": 160})
    lab.run()
    assert kept(minutes(lab, *names), 120), minutes(lab, *names)


def test_a_rate_survives_pause_and_resume(make_lab):
    lab = make_lab()
    lab.seconds = 0.0
    lab.start(rate=120.0, params={"units": 480})
    for number in range(10, 480, 25):
        lab.during(number, lab.pause)
    lab.run()
    while not lab.job.status.final:
        lab.resume()
        lab.run()
    assert (lab.job.status, len(lab.ran())) == ("completed", 480)
    assert kept(minutes(lab, "jobs:one"), 120), minutes(lab, "jobs:one")


def test_a_rate_survives_a_retry(make_lab):
    lab = make_lab()
    lab.seconds = 0.0
    lab.start(rate=120.0, params={"units": 100})
    lab.fail(*range(100))
    for _ in range(4):
        lab.run()
        lab.retry()
    lab.run()
    assert kept(minutes(lab, "jobs:one"), 120), minutes(lab, "jobs:one")


def test_a_job_that_waits_for_its_turn_holds_no_lease_for_long(make_lab):
    lab = make_lab()
    lab.start(rate=2.0, params={"units": 4})
    lab.driver.step()
    lab.driver.step()
    assert (len(lab.units), lab.chunks()[0].owner, len(lab.world.delayed)) == (1, None, 1)
    assert lab.pause().status == "paused"
    lab.run()
    assert len(lab.units) == 1


def test_a_worker_that_makes_room_for_others_has_used_the_turns_that_its_rate_gave_it(make_lab, monkeypatch):
    lab = make_lab(policy=Policy(concurrency=4, chunk_size=200, timeout=None), limits=Limits(lanes=4))
    lab.seconds = 0.0
    monkeypatch.setattr(lab.engine.queue, "backlog", lambda worker: 1)
    lab.start(rate=240.0, params={"units": 800})
    lab.run()
    assert kept(minutes(lab, "jobs:one"), 240), minutes(lab, "jobs:one")


def test_a_worker_that_comes_late_for_its_turns_keeps_its_rate(make_lab, monkeypatch):
    lab = make_lab(policy=Policy(chunk_size=200, timeout=None), limits=Limits(lanes=1))
    lab.seconds, gate = 0.0, lab.engine.store.gate

    def slow(*asked, **how):
        lab.clock.sleep(0.55)
        return gate(*asked, **how)

    monkeypatch.setattr(lab.engine.store, "gate", slow)
    lab.start(rate=240.0, params={"units": 800})
    lab.run()
    assert kept(minutes(lab, "jobs:one"), 240), minutes(lab, "jobs:one")


def test_jobs_share_a_worker_by_their_priority(make_lab):
    lab = make_lab(policy=Policy(chunk_size=5_000, timeout=None), limits=Limits(lanes=1))
    lab.seconds = 0.5
    jobs = [lab.start(id=f"p{priority}", priority=priority, params={"units": 4_000}) for priority in (9, 1)]
    end = lab.clock.now() + 900
    while lab.clock.now() < end:
        lab.driver.step()
    done = [sum(chunk.succeeded for chunk in lab.engine.ledger.chunks(job.ref)) for job in jobs]
    assert done[0] / done[1] == pytest.approx(5, rel=0.2), done
