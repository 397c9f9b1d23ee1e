from __future__ import annotations

import pytest
from fermata.control.termination import close, fail, time_out
from fermata.domain.chunks import LEASE, Counts
from fermata.domain.errors import InvalidInput, WrongStatus
from fermata.domain.events import SystemEventType
from fermata.domain.jobs import Ref
from fermata.domain.ranges import Ranges


@pytest.fixture
def failed_in_two(lab):
    """A completed job whose units 2 and 5 failed."""
    lab.start()
    lab.fail(2, 5)
    lab.run()
    lab.mend()
    lab.units.clear()
    return lab


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
        assert close(lab.engine, lab.ref).closed

    lab.during(2, stalled)
    lab.run()
    assert lab.job.counts == lab.counts
    assert 2 not in lab.results()


def test_closing_twice_changes_nothing(lab):
    lab.start()
    lab.run()
    job = lab.job
    assert job.closed
    assert close(lab.engine, lab.ref) == job


def test_an_open_job_cannot_be_closed(lab):
    job = lab.start()
    assert close(lab.engine, lab.ref) == job


# Time-outs ---------------------------------------------------------------------------------------------------------------


def test_a_job_that_ran_for_longer_than_it_was_given_is_timed_out(lab):
    lab.start(timeout=2.5)
    lab.during(3, lambda: time_out(lab.engine, lab.ref))
    lab.run()
    assert (lab.job.status, lab.job.error) == ("timed_out", "ran longer than its limit of 2.5 seconds")
    assert lab.ran() == [0, 1, 2, 3]


def test_a_job_within_its_time_is_left_alone(lab):
    lab.start(timeout=100.0)
    lab.during(3, lambda: time_out(lab.engine, lab.ref))
    lab.run()
    assert lab.job.status == "completed"


def test_paused_time_does_not_count_towards_the_time_out(lab):
    lab.start(timeout=20.0)
    lab.during(2, lab.pause)
    lab.run()
    lab.recover(after=10_000)
    assert lab.job.status == "paused"
    lab.resume()
    lab.during(5, lambda: time_out(lab.engine, lab.ref))
    lab.run()
    assert lab.job.status == "completed"
    assert lab.job.active_seconds(lab.clock.now()) == 8


# Failing -----------------------------------------------------------------------------------------------------------------


def test_a_failed_job_leaves_a_line_in_the_system_history(lab):
    lab.start()
    assert fail(lab.engine, lab.ref, 1, "the list is gone").status == "failed"
    (event,) = lab.engine.log.system_events("acme", SystemEventType.TASK_FAILED, 10)
    assert event.reason == "jobs:one: the list is gone"


def test_a_failure_of_an_earlier_run_does_not_end_the_job(lab):
    job = lab.start()
    assert fail(lab.engine, lab.ref, 7, "late news") == job


def test_a_job_in_review_is_not_failed_by_its_execution(lab):
    lab.start(kind="reviewed")
    lab.run()
    assert fail(lab.engine, lab.ref, 1, "the execution is a year old").status == "waiting_review"


# Retrying ----------------------------------------------------------------------------------------------------------------


def test_a_retry_runs_only_the_units_that_failed(failed_in_two):
    lab = failed_in_two
    assert lab.retry().status == "pending"
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", [2, 5])
    assert lab.job.counts == Counts(8, 8, 0)
    assert lab.results() == {number: number * 10 for number in range(8)}


def test_units_that_fail_again_count_once(failed_in_two):
    lab = failed_in_two
    lab.fail(5)
    lab.retry()
    lab.run()
    assert lab.job.counts == Counts(8, 7, 1)
    assert lab.results()[5] == "unit 5 is no good"


def test_a_retry_runs_the_units_it_names(failed_in_two):
    lab = failed_in_two
    lab.retry(units=(0, Ranges.of([0, 2])))
    lab.run()
    assert lab.ran() == [0, 2]
    assert lab.job.counts == Counts(8, 7, 1)


def test_a_timed_out_job_goes_on_with_what_never_ran(lab):
    lab.start(timeout=4.0)
    lab.during(4, lab.recover)
    lab.run()
    assert lab.job.status == "timed_out"
    lab.clock.sleep(1000)
    lab.retry()
    lab.run()
    assert lab.ran() == list(range(8))


def test_a_retry_may_leave_out_what_failed(lab):
    lab.start(timeout=4.0)
    lab.fail(1)
    lab.during(4, lab.recover)
    lab.run()
    lab.clock.sleep(1000)
    lab.retry(failed=False)
    lab.run()
    assert lab.ran() == list(range(8))
    assert lab.job.counts == Counts(8, 7, 1)


def test_a_failed_job_can_be_retried(lab):
    lab.start()
    lab.fail(*range(8))
    lab.run()
    assert (lab.job.status, lab.job.error) == ("failed", "all 8 units failed")
    lab.mend()
    lab.retry()
    lab.run()
    assert (lab.job.status, lab.job.error, lab.job.counts) == ("completed", None, Counts(8, 8, 0))


def test_a_retry_is_another_run_with_an_execution_of_its_own(failed_in_two):
    lab = failed_in_two
    assert lab.retry().run == 2
    assert lab.engine.workflow.running(lab.ref, 2)
    assert lab.events()[-1] == "retried"


def test_units_of_the_first_stage_that_run_again_are_followed_by_the_next_stage(lab):
    lab.start(kind="two")
    lab.fail(3)
    lab.run()
    assert len(lab.ran(stage=1)) == 7
    lab.mend()
    lab.units.clear()
    lab.retry()
    lab.run()
    assert (lab.ran(), lab.ran(stage=1)) == ([3], [7])
    assert lab.units[-1].value == 30


def test_a_retry_needs_its_secrets_again(lab):
    lab.start(params={"units": 1, "api_key": "old"})
    lab.fail(0)
    lab.run()
    lab.mend()
    lab.retry(secrets={"api_key": "new"})
    lab.run()
    assert [dict(unit.secrets) for unit in lab.units] == [{"api_key": "old"}, {"api_key": "new"}]
    assert lab.job.sealed_secrets is None


def test_a_retry_without_secrets_has_none(lab):
    lab.start(params={"units": 1, "api_key": "old"})
    lab.fail(0)
    lab.run()
    lab.retry()
    lab.run()
    assert dict(lab.units[-1].secrets) == {}


@pytest.mark.parametrize(
    ("units", "field"),
    [
        ((1, Ranges.of([0])), "stage"),
        ((-1, Ranges.of([0])), "stage"),
        ((0, Ranges.of([8])), "units"),
        ((0, Ranges()), "units"),
    ],
)
def test_units_that_the_job_has_not_cannot_be_retried(failed_in_two, units, field):
    before = failed_in_two.job
    with pytest.raises(InvalidInput) as refused:
        failed_in_two.retry(units=units)
    assert refused.value.field == field
    assert failed_in_two.job == before


def test_a_job_in_which_nothing_failed_has_nothing_to_retry(lab):
    lab.start()
    lab.run()
    with pytest.raises(WrongStatus, match="nothing failed"):
        lab.retry()


def test_a_cancelled_job_cannot_be_retried(lab):
    lab.start()
    lab.cancel()
    with pytest.raises(WrongStatus, match="cancelled"):
        lab.retry()


@pytest.mark.parametrize("status", ["pending", "running", "paused", "waiting_review"])
def test_an_open_job_cannot_be_retried(lab, status):
    lab.start(kind="reviewed")
    if status == "running":
        lab.plan()
    elif status == "paused":
        lab.pause()
    elif status == "waiting_review":
        lab.run()
    with pytest.raises(WrongStatus) as refused:
        lab.retry()
    assert refused.value.status == lab.job.status == status


def test_a_job_with_a_worker_still_at_it_cannot_be_retried(lab):
    lab.start(timeout=1.5)
    refusals = []

    def retry_at_once():
        lab.recover()
        with pytest.raises(WrongStatus) as refused:
            lab.retry()
        refusals.append(refused.value.status)

    lab.during(3, retry_at_once)
    lab.run()
    assert refusals == ["timed_out"]


def test_a_retry_of_many_chunks_opens_them_all(make_lab):
    lab = make_lab()
    lab.seconds = 0.001
    lab.start(params={"units": 600})
    lab.fail(*range(0, 600, 3))
    lab.run()
    lab.mend()
    lab.units.clear()
    lab.retry()
    lab.run()
    assert sorted(lab.ran()) == list(range(0, 600, 3))
    assert lab.job.counts == Counts(600, 600, 0)


def test_a_retry_that_dies_while_it_opens_units_is_finished_by_the_next_slice(failed_in_two, monkeypatch):
    lab = failed_in_two
    monkeypatch.setattr("fermata.control.termination.PAGE", 1)
    lab.retry()
    write, writes = lab.engine.store.write, []

    def dies(*changes):
        writes.append(changes)
        if len(writes) == 2:
            monkeypatch.setattr(lab.engine.store, "write", write)
            lab.die()
        write(*changes)

    monkeypatch.setattr(lab.engine.store, "write", dies)
    lab.run()
    lab.world.arrivals.append((Ref("acme", "jobs:one"), 2, "plan"))
    lab.run()
    assert (lab.job.status, lab.ran(), lab.job.counts) == ("completed", [2, 5], Counts(8, 8, 0))
