from __future__ import annotations

from itertools import pairwise

import pytest
from fermata.control.recovery import SETTLE, recover, wake
from fermata.domain.chunks import LEASE, Counts
from fermata.domain.errors import ServiceFailed, Unavailable
from fermata.domain.holds import SYSTEM
from fermata.ports import Message
from fermata.runner.unit_batch import SLOW

LATER = 700.0
"""Seconds after which anything that has not moved is looked into."""


def ended_well(lab, units=8):
    return lab.job.status == "completed" and lab.ran() == list(range(units)) and lab.job.closed


def test_a_job_that_was_created_but_not_started_is_started(lab):
    lab.start()
    lab.world.executions.clear()
    lab.world.arrivals.clear()
    lab.recover(after=LATER)
    lab.run()
    assert ended_well(lab)
    assert lab.job.run == 1


def test_a_job_that_was_just_created_is_given_time(lab):
    lab.start()
    lab.world.executions.clear()
    assert lab.recover(after=10).repaired == 0
    assert lab.world.executions == {}


def test_a_killed_workers_unfinished_units_run_again_and_finished_ones_do_not(lab):
    lab.seconds = SLOW
    lab.start()
    lab.kill(2)
    lab.run()
    assert (lab.deaths, lab.counts) == (1, Counts(8, 6, 0))
    lab.recover(after=LEASE + 1)
    lab.run()
    assert (lab.ran()[-2:], sorted(lab.ran())) == ([2, 3], [0, 1, 2, 2, 3, 4, 5, 6, 7])
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(8, 8, 0))


def test_a_lease_that_has_not_lapsed_is_left_alone(lab):
    lab.start()
    lab.kill(2)
    lab.run()
    chunk = lab.chunks()[0]
    lab.recover(after=chunk.lease_until - lab.clock.now() - 0.1)
    assert lab.world.queue == []


def test_a_repair_is_a_line_in_the_jobs_history(lab):
    lab.seconds = SLOW
    lab.start()
    lab.kill(2)
    lab.run()
    assert lab.recover(after=LEASE + 1).repaired == 1
    assert lab.events()[-1] == "recovered"


def test_messages_that_were_lost_are_sent_again_after_a_while(lab):
    lab.start()
    lab.plan()
    lab.world.queue.clear()
    lab.recover(after=60)
    assert lab.world.queue == []
    lab.recover(after=LATER)
    lab.run()
    assert ended_well(lab)


def test_a_hold_that_has_expired_lets_its_job_go_on(lab):
    lab.start()
    lab.during(2, lambda: lab.pause(until=lab.clock.now() + 60))
    lab.run()
    assert lab.job.status == "paused"
    lab.recover(after=30)
    assert lab.job.status == "paused"
    lab.recover(after=31)
    lab.run()
    assert ended_well(lab)


def test_an_expired_hold_on_the_system_goes_and_wakes_what_waited(lab):
    lab.start()
    lab.hold(until=lab.clock.now() + 60)
    lab.run()
    assert lab.job.status == "paused"
    lab.recover(after=61)
    lab.run()
    assert ended_well(lab)


def test_an_expired_hold_of_its_own_leaves_a_job_to_the_systems_hold(lab):
    lab.start()
    lab.pause(until=lab.clock.now() + 60)
    lab.hold()
    lab.recover(after=61)
    lab.run()
    assert (lab.job.status, lab.ran()) == ("paused", [])


def test_a_held_job_whose_worker_died_comes_to_rest_when_the_lease_has_lapsed(lab):
    lab.seconds = SLOW
    lab.start()
    lab.kill(2)
    lab.run()
    assert lab.pause().status == "running"
    lab.recover(after=LEASE + 1)
    assert (lab.job.status, lab.job.checkpoint, lab.world.queue) == ("paused", "unit", [])


def test_a_job_that_ran_for_too_long_is_timed_out(lab):
    lab.start(timeout=30.0)
    lab.plan()
    lab.world.queue.clear()
    lab.recover(after=31)
    assert lab.job.status == "timed_out"
    assert not lab.engine.workflow.running(lab.ref, 1)


def test_a_job_paused_for_longer_than_its_limit_is_not_timed_out(lab):
    lab.start(timeout=30.0)
    lab.during(2, lab.pause)
    lab.run()
    lab.recover(after=10_000)
    assert lab.job.status == "paused"


def test_an_ended_job_whose_books_are_open_is_closed(lab):
    lab.seconds = SLOW
    lab.start()
    lab.kill(2)
    lab.run()
    lab.cancel()
    assert not lab.job.closed
    lab.recover(after=LEASE + 1)
    assert (lab.job.closed, lab.job.counts) == (True, Counts(8, 6, 0))
    assert lab.recover().looked == 0


# Dead letters ------------------------------------------------------------------------------------------------------------


def test_a_chunk_whose_message_was_given_up_gets_another_life(lab):
    lab.start()
    lab.plan()
    lab.world.dead, lab.world.queue[:] = list(lab.world.queue), []
    lab.recover()
    lab.run()
    assert ended_well(lab)
    assert lab.world.dead == []


def test_a_dead_letter_of_a_done_chunk_or_an_ended_job_is_dropped(lab):
    lab.start()
    lab.run()
    lab.world.dead.append(Message("chunk", *lab.ref))
    lab.recover()
    assert lab.world.queue == lab.world.dead == []


@pytest.mark.parametrize("held", [False, True])
def test_a_jobs_message_that_was_given_up_is_sent_again_and_ends_nothing(lab, held):
    lab.start()
    lab.plan()
    if held:
        lab.pause()
    lab.world.dead.append(Message("job", *lab.ref))
    lab.recover()
    assert lab.job.status == ("paused" if held else "running")
    lab.run()
    if held:
        lab.resume()
        lab.run()
    assert ended_well(lab)


def test_a_wake_that_was_given_up_is_sent_again(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    lab.world.dead, lab.world.queue[:] = list(lab.world.queue), []
    lab.recover()
    lab.run()
    assert ended_well(lab)


def test_a_dead_letter_of_a_job_that_there_is_not_is_dropped(lab):
    lab.world.dead.append(Message("chunk", "acme", "jobs:none"))
    assert lab.recover().errors == []
    assert lab.world.dead == []


# Parked steps ------------------------------------------------------------------------------------------------------------


def test_the_message_of_a_parked_step_that_was_lost_is_sent_again(lab):
    lab.start()
    lab.pause()
    lab.run()
    lab.resume()
    lab.world.queue.clear()
    lab.recover(after=LATER)
    lab.run()
    assert ended_well(lab)


def test_a_wake_message_that_was_lost_is_made_up_for(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    lab.world.queue.clear()
    lab.recover()
    lab.run()
    assert ended_well(lab)


def test_an_approval_whose_reviewer_died_before_it_was_acted_on_is_made_up_for(lab, monkeypatch):
    lab.start(kind="reviewed")
    lab.run()
    monkeypatch.setattr("fermata.control.review.pursued", lambda engine, ref: lab.die())
    lab.until_killed(lab.approve)
    lab.recover()
    lab.run()
    assert (lab.job.status, lab.ran(stage=1)) == ("completed", list(range(8)))


# At any moment -----------------------------------------------------------------------------------------------------------


def test_recovery_after_every_step_disturbs_nothing(lab):
    lab.start(kind="two")
    lab.during(3, lab.recover)
    while lab.driver.step():
        lab.recover()
    assert ended_well(lab)
    assert lab.ran(stage=1) == list(range(8))
    assert "recovered" not in lab.events()


def test_two_recoveries_at_once_do_nothing_twice(lab, monkeypatch):
    lab.seconds = SLOW
    lab.start()
    lab.kill(2)
    lab.run()
    write = lab.engine.store.write

    def in_between(*changes):
        monkeypatch.setattr(lab.engine.store, "write", write)
        recover(lab.engine, lab.clock.now() + 60)
        write(*changes)

    monkeypatch.setattr(lab.engine.store, "write", in_between)
    lab.recover(after=LEASE + 1)
    lab.run()
    assert sorted(lab.ran()) == [0, 1, 2, 2, 3, 4, 5, 6, 7]
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(8, 8, 0))


@pytest.fixture
def bad(lab, monkeypatch):
    """Beside the usual job, whose start was lost: one that recovery stumbles over, by whatever error; the times it did."""

    def make(error):
        for name in ("bad", "one"):
            lab.start(id=name)
        lab.world.queue.clear()
        lab.world.arrivals.clear()
        job, stumbles = lab.engine.store.job, []

        def broken(ref):
            if ref.id == "jobs:bad":
                stumbles.append(lab.clock.now())
                raise error
            return job(ref)

        monkeypatch.setattr(lab.engine.store, "job", broken)
        return stumbles

    return make


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Unavailable("throttled"), "throttled"),
        (ServiceFailed("StopExecution: ValidationException"), "StopExecution: ValidationException"),
        (RuntimeError("secret details"), "RuntimeError"),
        (KeyError("kind"), "KeyError"),
        (RecursionError(), "RecursionError"),
    ],
)
def test_one_job_that_cannot_be_looked_at_does_not_keep_it_from_the_rest(lab, bad, error, told):
    bad(error)
    report = lab.recover(after=LATER)
    assert report.errors == [f"jobs:bad: {told}"]
    lab.run()
    assert ended_well(lab)


def test_a_job_that_cannot_be_looked_at_is_tried_again_with_growing_patience(lab, bad):
    stumbles = bad(RuntimeError("boom"))
    for _ in range(6 * 60):
        lab.recover(after=60)
    gaps = [later - earlier for earlier, later in pairwise(stumbles)]
    assert gaps == sorted(gaps)
    assert (gaps[0], gaps[-1]) == (60, 3600)


def test_a_job_that_can_be_looked_at_again_is_due_as_ever(lab, bad, monkeypatch):
    bad(RuntimeError("boom"))
    lab.recover(after=LATER)
    monkeypatch.undo()
    lab.recover(after=60)
    lab.run()
    assert {job.status for job in lab.world.jobs.values()} == {"completed"}
    assert lab.world.postponed == {}


def test_a_scope_that_cannot_be_woken_does_not_keep_recovery_from_the_rest(lab, monkeypatch):
    lab.start()
    lab.pause(until=lab.clock.now() + 60)
    lab.hold("source:s1", until=lab.clock.now() + 30)

    scope = lab.engine.store.scope

    def broken(tenant, name):
        if name == "source:s1":
            raise RuntimeError("boom")
        return scope(tenant, name)

    monkeypatch.setattr(lab.engine.store, "scope", broken)
    assert lab.recover(after=61).errors == ["source:s1: RuntimeError"]
    lab.run()
    assert ended_well(lab)


def test_dead_letters_that_cannot_be_had_do_not_keep_recovery_from_the_rest(lab, monkeypatch):
    def broken():
        raise RuntimeError("boom")
        yield

    lab.start()
    lab.world.queue.clear()
    monkeypatch.setattr(lab.engine.queue, "dead", broken)
    assert lab.recover(after=LATER).errors == ["dead letters: RuntimeError"]
    lab.run()
    assert ended_well(lab)


def test_a_job_that_failed_and_was_retried_again_and_again_disturbs_no_recovery(lab):
    lab.start(params={"units": 2})
    lab.fail(0, 1)
    lab.run()
    for _ in range(4):
        assert lab.job.status == "failed"
        lab.retry()
        lab.run()
        lab.plan()
        assert lab.recover(after=60).errors == []
    assert len(list(lab.engine.log.events(lab.ref))) == lab.job.events
    assert (lab.job.closed, lab.results()) == (True, {0: "unit 0 is no good", 1: "unit 1 is no good"})
    assert "running" not in lab.world.executions.values()


def test_recovery_stops_when_its_time_is_over(lab):
    lab.start(id="one")
    lab.start(id="two")
    assert recover(lab.engine, lab.clock.now() - 1).looked == 0


# Waking ---------------------------------------------------------------------------------------------------------------


def test_waking_begins_with_one_message_and_ends_when_the_index_has_caught_up(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    assert [message.task for message in lab.world.queue] == ["wake"]
    lab.run()
    assert lab.engine.store.scope("acme", SYSTEM).waking_since is not None
    lab.recover(after=61)
    assert lab.engine.store.scope("acme", SYSTEM).waking_since is None


def test_waking_more_jobs_than_a_slice_has_time_for_goes_on_in_the_next(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    assert wake(lab.engine, "acme", SYSTEM, until=lab.clock.now() - 1) is False
    lab.run()
    assert lab.job.status == "completed"


def test_a_job_that_cannot_be_reached_while_its_scope_is_woken_is_woken_later(lab, monkeypatch):
    def unreachable(*asked, **more):
        raise Unavailable("its partition is too hot")

    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    with monkeypatch.context() as outage:
        for call in ("job", "gate", "postpone"):
            outage.setattr(lab.engine.store, call, unreachable)
        assert [len(lab.recover(after=SETTLE).errors) for _ in range(3)] == [1, 1, 1]
    lab.recover(after=SETTLE)
    lab.run()
    assert ended_well(lab)


def test_waking_a_scope_that_is_held_again_lets_nothing_go(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    lab.hold()
    lab.run()
    assert (lab.job.status, lab.ran()) == ("paused", [])
