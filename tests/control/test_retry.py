from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.control.termination import fail
from fermata.domain.chunks import Counts
from fermata.domain.errors import InvalidInput, WrongStatus
from fermata.domain.kind import totals
from fermata.domain.progress import QUIET
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


@pytest.mark.parametrize("sums_up", [True, False])
def test_a_job_that_only_had_to_be_finished_is_finished_by_a_retry(lab, sums_up):
    if not sums_up:
        one = replace(lab.engine.kind("one"), finish=totals)
        lab.engine = lab.driver.engine = replace(lab.engine, kinds={"one": one})
    lab.start()
    lab.during(7, lab.pause)
    lab.run()
    assert (lab.job.status, lab.job.checkpoint) == ("paused", "pre_completion")
    fail(lab.engine, lab.ref, 1, "it could not be finished")
    lab.retry()
    lab.run()
    assert (lab.job.status, lab.events()[-3:]) == ("completed", ["retried", "started", "completed"])


def test_a_retry_is_another_run_with_an_execution_of_its_own(failed_in_two):
    lab = failed_in_two
    job = lab.retry()
    assert (job.run, job.execution, job.passages) == (2, 2, 0)
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

    lab.during(1, retry_at_once)
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
    monkeypatch.setattr("fermata.control.deeds.PAGE", 1)
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
    lab.recover(after=QUIET)
    lab.run()
    assert (lab.job.status, lab.ran(), lab.job.counts) == ("completed", [2, 5], Counts(8, 8, 0))


def test_a_retried_jobs_time_begins_anew(lab):
    lab.start(timeout=10.0)
    lab.fail(*range(8))
    lab.run()
    for _ in range(3):
        assert (lab.job.status, lab.job.active_seconds(lab.clock.now())) == ("failed", 8)
        lab.clock.sleep(1000)
        lab.retry()
        assert lab.job.active_seconds(lab.clock.now()) == 0
        lab.run()


def test_a_job_that_timed_out_has_its_whole_time_again(lab):
    lab.start(timeout=4.5, params={"units": 16})
    for ran in (5, 10, 15):
        lab.run()
        assert (lab.job.status, len(lab.ran())) == ("timed_out", ran)
        lab.retry()
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", list(range(16)))


def test_a_job_that_failed_may_be_retried_without_end(lab):
    lab.start(params={"units": 2})
    lab.fail(0, 1)
    lab.run()
    for again in range(1, 5):
        assert (lab.job.status, lab.job.closed, lab.job.run) == ("failed", True, again)
        lab.retry()
        lab.run()
    assert lab.results() == {0: "unit 0 is no good", 1: "unit 1 is no good"}
    assert set(lab.world.executions.values()) == {"failed"}


def test_a_retry_whose_message_was_lost_is_made_up_for(failed_in_two):
    lab = failed_in_two
    lab.retry()
    lab.world.queue.clear()
    lab.recover(after=QUIET)
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", [2, 5])
