from __future__ import annotations

import pytest
from fermata.control.reconcile import reconcile
from fermata.control.termination import fail
from fermata.domain.chunks import LEASE, Counts
from fermata.domain.errors import WrongStatus
from fermata.domain.events import SystemEventType
from fermata.domain.holds import LOOK_AGE
from fermata.domain.kind import Policy, UnitRetry

# Cancelling --------------------------------------------------------------------------------------------------------------


def test_a_pending_job_is_cancelled_and_never_runs(lab):
    lab.start(expected=8)
    job = lab.cancel("changed my mind")
    lab.run()
    assert (job.status, job.error, lab.ran()) == ("cancelled", "changed my mind", [])
    assert lab.job.counts == Counts(8)


def test_a_cancelled_job_starts_no_further_unit(lab):
    lab.start()
    lab.during(2, lab.cancel)
    lab.run()
    assert (lab.job.status, lab.ran()) == ("cancelled", [0, 1, 2])


def test_what_was_under_way_is_kept_as_a_result_and_changes_no_status(lab):
    lab.start()
    lab.during(2, lab.cancel)
    lab.run()
    assert lab.results() == {0: 0, 1: 10, 2: 20}
    assert lab.job.counts == Counts(8, 3, 0)
    assert lab.job.status == "cancelled"


def test_cancelling_shows_on_the_very_next_read(lab):
    lab.start()
    seen = []
    lab.during(2, lambda: lab.cancel() and seen.append(lab.job.status))
    lab.run()
    assert seen == ["cancelled"]


def test_a_paused_job_can_be_cancelled(lab):
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    job = lab.cancel()
    assert (job.status, job.holds, job.closed) == ("cancelled", (), True)
    assert not lab.engine.workflow.running(lab.ref, 1)


def test_a_job_in_review_can_be_cancelled(lab):
    lab.start(kind="reviewed")
    lab.run()
    assert lab.cancel().status == "cancelled"
    lab.run()
    assert lab.ran(stage=1) == []


@pytest.mark.parametrize("again", ["completed", "cancelled"])
def test_an_ended_job_cannot_be_cancelled(lab, again):
    lab.start()
    if again == "cancelled":
        lab.cancel()
    lab.run()
    before = lab.job
    with pytest.raises(WrongStatus) as refused:
        lab.cancel()
    assert refused.value.status == again
    assert lab.job == before


def test_a_cancelled_job_is_not_resurrected_by_whoever_sums_it_up(lab):
    lab.start()
    lab.finish = lambda job: lab.cancel() and None
    lab.run()
    assert (lab.job.status, lab.job.counts) == ("cancelled", Counts(8, 8, 0))


# Closing -----------------------------------------------------------------------------------------------------------------


def test_the_books_stay_open_while_a_worker_is_at_a_unit(lab):
    lab.start()
    seen = []
    lab.during(2, lambda: seen.append(lab.cancel().closed))
    lab.run()
    assert (seen, lab.job.closed) == ([False], True)


def test_closing_shuts_out_a_worker_that_was_thought_dead(lab):
    lab.start()

    def stalled():
        lab.cancel()
        lab.clock.sleep(LEASE + 1)
        assert reconcile(lab.engine, lab.ref).job.closed

    lab.during(2, stalled)
    lab.run()
    assert lab.job.counts == lab.counts
    assert 2 not in lab.results()


def test_closing_twice_changes_nothing(lab):
    lab.start()
    lab.run()
    job = lab.job
    assert job.closed
    assert reconcile(lab.engine, lab.ref).job == job


def test_an_open_job_is_not_closed(lab):
    job = lab.start()
    assert reconcile(lab.engine, lab.ref).job == job


# Time-outs ---------------------------------------------------------------------------------------------------------------


def test_a_job_that_ran_for_longer_than_it_was_given_is_timed_out(lab):
    lab.start(timeout=2.5)
    lab.run()
    assert (lab.job.status, lab.job.error) == ("timed_out", "ran longer than its limit of 2.5 seconds")
    assert lab.ran() == [0, 1, 2]


def test_a_job_within_its_time_is_left_alone(lab):
    lab.start(timeout=100.0)
    lab.during(3, lab.recover)
    lab.run()
    assert lab.job.status == "completed"


def test_paused_time_does_not_count_towards_the_time_out(lab):
    lab.start(timeout=20.0)
    lab.during(2, lab.pause)
    lab.run()
    lab.recover(after=10_000)
    assert lab.job.status == "paused"
    lab.resume()
    lab.during(5, lab.recover)
    lab.run()
    assert lab.job.status == "completed"
    assert lab.job.active_seconds(lab.clock.now()) == 8 + LOOK_AGE


def test_a_worker_times_its_job_out_without_waiting_for_recovery(lab):
    lab.start(timeout=3.0, params={"units": 32})
    lab.run()
    assert lab.job.status == "timed_out"
    assert lab.job.active_seconds(lab.clock.now()) <= 3.0 + 2 * lab.seconds


@pytest.mark.parametrize("backoff", [0.5, 2.0, 20.0])
def test_units_between_two_tries_are_timed_out_as_well(make_lab, backoff):
    lab = make_lab(policy=Policy(chunk_size=4, timeout=None, attempts=100, backoff=backoff))

    def refuse(unit):
        raise UnitRetry("later")

    lab.start(timeout=3.0, params={"units": 1})
    lab.on(0, refuse)
    lab.run()
    assert lab.job.status == "timed_out"
    assert lab.job.active_seconds(lab.clock.now()) <= 3.0 + lab.seconds + backoff + LOOK_AGE


def test_a_job_that_sums_up_for_too_long_is_timed_out_and_not_completed(lab):
    lab.start(timeout=20.0)
    lab.finish = lambda job: lab.clock.sleep(30)
    lab.run()
    assert (lab.job.status, lab.job.result) == ("timed_out", None)


# Failing -----------------------------------------------------------------------------------------------------------------


def test_a_failed_job_leaves_a_line_in_the_system_history(lab):
    lab.start()
    assert fail(lab.engine, lab.ref, 1, "the list is gone").status == "failed"
    (event,) = lab.engine.log.system_events("acme", SystemEventType.TASK_FAILED, 10)
    assert (event.about, event.reason) == ("jobs:one", "the list is gone")


def test_a_failure_of_an_earlier_run_does_not_end_the_job(lab):
    job = lab.start()
    assert fail(lab.engine, lab.ref, 7, "late news") == job


def test_a_job_in_review_is_not_failed_by_its_execution(lab):
    lab.start(kind="reviewed")
    lab.run()
    assert fail(lab.engine, lab.ref, 1, "the execution is a year old").status == "waiting_review"
