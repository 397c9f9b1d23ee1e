from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from fermata.control.lease import STRIKES_OUT, StepLease
from fermata.domain.chunks import LEASE
from fermata.domain.errors import Stale
from fermata.runner.deadline import slice_of


@pytest.fixture
def lease(lab):
    """Whoever plans or finishes the lab's job, by name."""
    lab.start()

    def make(owner="planner"):
        return StepLease(lab.engine, lab.ref, owner, slice_of(lab.engine, 60.0))

    return make


def test_whoever_takes_the_lease_begins_the_job(lab, lease):
    job = lease().take(lab.job)
    assert (job.status, job.lease.owner, job.lease.until) == ("running", "planner", lab.clock.now() + LEASE)
    assert lab.events() == ["created", "started"]


def test_one_plans_or_finishes_at_a_time(lab, lease):
    lease().take(lab.job)
    with pytest.raises(Stale):
        lease("another").take(lab.job)
    assert lab.job.lease.owner == "planner"


def test_a_lease_that_has_lapsed_may_be_taken_by_anybody(lab, lease):
    first = lease()
    first.take(lab.job)
    lab.clock.sleep(LEASE)
    lease("another").take(lab.job)
    with pytest.raises(Stale):
        first.beat()
    with pytest.raises(Stale):
        first.check()
    assert lab.job.lease.owner == "another"


def test_a_job_that_has_changed_since_it_was_looked_at_is_not_taken(lab, lease):
    seen = lab.job
    lab.pause()
    with pytest.raises(Stale):
        lease().take(seen)


def test_a_beat_prolongs_the_lease(lab, lease):
    taken = lease()
    taken.take(lab.job)
    for _ in range(10):
        lab.clock.sleep(LEASE / 2)
        taken.beat()
        taken.check()
    assert lab.job.lease.until == lab.clock.now() + LEASE


@pytest.mark.parametrize("stop", ["pause", "hold"])
def test_a_beat_finds_out_that_the_job_is_held(lab, lease, stop):
    taken = lease()
    taken.take(lab.job)
    getattr(lab, stop)()
    taken.beat()
    with pytest.raises(Stale):
        taken.check()


def test_the_lease_of_a_job_that_has_ended_is_lost(lab, lease):
    taken = lease()
    taken.take(lab.job)
    lab.cancel()
    with pytest.raises(Stale):
        taken.beat()


def test_a_lease_is_given_back_by_whoever_has_it_and_nobody_else(lab, lease):
    taken = lease()
    taken.take(lab.job)
    lease("another").give_back()
    assert lab.job.lease is not None
    taken.give_back()
    assert lab.job.lease is None


def test_a_planner_that_waits_goes_no_further_than_its_lease(lab, lease):
    taken = lease()
    taken.take(lab.job)
    taken.wait(LEASE / 2)
    with pytest.raises(Stale):
        taken.wait(1000)
    assert lab.clock.now() < taken.until + 1


def test_a_step_that_kills_its_worker_again_and_again_fails_its_job(lab, lease):
    for _ in range(STRIKES_OUT):
        lease().take(lab.job)
        lab.clock.sleep(LEASE)
    with pytest.raises(Stale):
        lease().take(lab.job)
    assert (lab.job.status, lab.job.error) == ("failed", f"its worker died {STRIKES_OUT} times while naming its units")


def test_a_lease_that_is_given_back_is_no_strike(lab, lease):
    for _ in range(2 * STRIKES_OUT):
        taken = lease()
        taken.take(lab.job)
        taken.give_back()
    assert lab.job.lease is None


def test_signs_of_life_forgive_no_strikes(lab, lease):
    lease().take(lab.job)
    lab.clock.sleep(LEASE)
    second = lease()
    second.take(lab.job)
    second.beat()
    assert lab.job.lease.strikes == 1


def test_a_worker_that_is_ended_after_it_was_told_to_stop_is_no_strike(lab, lease):
    taken = lease()
    taken.slice = replace(taken.slice, stopped=threading.Event())
    taken.take(lab.job)
    taken.slice.stopped.set()
    taken.beat()
    lab.clock.sleep(LEASE)
    lease().take(lab.job)
    assert lab.job.lease.strikes == 0
