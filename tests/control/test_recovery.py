from __future__ import annotations

import pytest
from fermata.control.recovery import recover
from fermata.domain.chunks import LEASE, Counts
from fermata.domain.errors import Unavailable
from fermata.ports import Message

LATER = 700.0
"""Seconds after which anything that has not moved is looked into."""


@pytest.fixture
def lose(lab, monkeypatch):
    """The next process that wants to call the execution back with this is killed before it does."""

    def lose(lost):
        succeed = lab.engine.workflow.succeed

        def sometimes(token, output):
            if output != lost:
                succeed(token, output)
                return
            monkeypatch.setattr(lab.engine.workflow, "succeed", succeed)
            lab.die()

        monkeypatch.setattr(lab.engine.workflow, "succeed", sometimes)

    return lose


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
    lab.start()
    lab.kill(2)
    lab.run()
    assert (lab.deaths, lab.counts) == (1, Counts(8, 6, 0))
    lab.recover(after=LEASE + 1)
    lab.run()
    assert lab.ran() == [0, 1, 2, 4, 5, 6, 7, 2, 3]
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(8, 8, 0))


def test_a_lease_that_has_not_lapsed_is_left_alone(lab):
    lab.start()
    lab.kill(2)
    lab.run()
    chunk = lab.chunks()[0]
    lab.recover(after=chunk.lease_until - lab.clock.now() - 0.1)
    assert lab.world.queue == []


def test_a_repair_is_a_line_in_the_jobs_history(lab):
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


@pytest.mark.parametrize("lost", [{}, {"next": "finish"}, {"status": "completed"}])
def test_a_callback_that_was_lost_is_made_again(lab, lose, lost):
    lab.start()
    lose(lost)
    lab.run()
    lab.recover(after=LATER)
    lab.run()
    assert ended_well(lab)
    assert (lab.job.run, lab.engine.workflow.running(lab.ref, 1)) == (1, False)


def test_a_callback_that_was_lost_between_stages_is_made_again(lab, lose):
    lab.start(kind="two")
    lose({"next": "plan"})
    lab.run()
    lab.recover(after=LATER)
    lab.run()
    assert ended_well(lab)
    assert lab.ran(stage=1) == list(range(8))


def test_a_lost_execution_is_followed_by_another_that_repeats_nothing(lab):
    lab.start()
    lab.during(5, lambda: lab.engine.workflow.stop(lab.ref, 1, "lost"))
    lab.run()
    lab.recover(after=LATER)
    lab.run()
    assert ended_well(lab)
    assert lab.job.run == 2


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


@pytest.mark.parametrize("step", ["plan", "finish"])
def test_a_step_that_was_given_up_fails_its_job_with_the_reason(lab, step):
    lab.start()
    lab.plan()
    lab.world.dead.append(Message(step, *lab.ref))
    lab.recover()
    assert (lab.job.status, lab.job.error) == ("failed", f"the step {step} failed again and again")


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


def test_an_approval_whose_callback_was_lost_is_made_again(lab, lose):
    lab.start(kind="reviewed")
    lab.run()
    lose({})
    lab.until_killed(lab.approve)
    lab.recover(after=LATER)
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


def test_one_job_that_cannot_be_looked_at_does_not_keep_it_from_the_rest(lab, monkeypatch):
    for name in ("bad", "one"):
        lab.start(id=name)
    lab.world.executions.clear()
    lab.world.arrivals.clear()
    start = lab.engine.workflow.start

    def throttled(ref, run):
        if ref.id == "jobs:bad":
            raise Unavailable("throttled")
        start(ref, run)

    monkeypatch.setattr(lab.engine.workflow, "start", throttled)
    report = lab.recover(after=LATER)
    assert report.errors == ["jobs:bad: throttled"]
    lab.run()
    assert ended_well(lab)


def test_recovery_stops_when_its_time_is_over(lab):
    lab.start(id="one")
    lab.start(id="two")
    assert recover(lab.engine, lab.clock.now() - 1).looked == 0
