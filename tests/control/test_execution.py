from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.control.engine import JobUpdate, restart_if_lost, update
from fermata.control.execution import enter, go_on
from fermata.domain.chunks import Counts
from fermata.domain.kind import JobError


@pytest.fixture
def meanwhile(lab, monkeypatch):
    """Lets something happen just before the next write to the store."""

    def make(happens):
        write = lab.engine.store.write

        def late(*changes):
            monkeypatch.setattr(lab.engine.store, "write", write)
            happens()
            write(*changes)

        monkeypatch.setattr(lab.engine.store, "write", late)

    return make


def test_a_job_runs_from_start_to_completed(lab):
    lab.start()
    lab.run()
    job = lab.job
    assert (job.status, job.counts, job.result) == ("completed", Counts(8, 8, 0), {"succeeded": 8, "failed": 0})
    assert lab.events() == ["created", "started", "stage", "completed"]
    assert not lab.engine.workflow.running(lab.ref, 1)


def test_event_numbers_rise_without_gaps(lab):
    lab.start(kind="two")
    lab.during(2, lab.pause)
    lab.run()
    lab.resume()
    lab.run()
    assert [event.number for event in lab.engine.log.events(lab.ref)] == list(range(1, lab.job.events + 1))


def test_a_stage_is_planned_from_the_results_of_the_one_before(lab):
    lab.start(kind="two")
    lab.fail(3)
    lab.run()
    assert lab.results(stage=1) == dict(enumerate([0, 100, 200, 400, 500, 600, 700]))
    assert [plan.units for plan in lab.job.stages] == [8, 7]


def test_a_job_with_some_failed_units_is_completed(lab):
    lab.start()
    lab.fail(0, 1, 2, 3, 4, 5, 6)
    lab.run()
    assert (lab.job.status, lab.job.error, lab.job.counts) == ("completed", None, Counts(8, 1, 7))


def test_a_job_with_none_but_failed_units_is_failed(lab):
    lab.start()
    lab.fail(*range(8))
    lab.run()
    assert (lab.job.status, lab.job.error) == ("failed", "all 8 units failed")
    assert lab.job.counts == Counts(8, 0, 8)


def test_a_job_without_units_is_completed(lab):
    lab.start(kind="two", params={"units": 0})
    lab.run()
    assert (lab.job.status, lab.job.counts) == ("completed", Counts())


def test_a_finisher_sees_the_results_of_every_stage_by_name(lab):
    lab.finish = lambda job: {name: [row.value for row in job.results(name)] for name in ("first", "second")}
    lab.start(kind="two", params={"units": 2})
    lab.run()
    assert lab.job.result == {"first": [0, 10], "second": [0, 100]}


def test_a_job_that_cannot_be_finished_fails_with_the_reason_and_keeps_its_results(lab):
    def finish(job):
        raise JobError("nowhere to put it")

    lab.finish = finish
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.error, lab.job.counts) == ("failed", "nowhere to put it", Counts(8, 8, 0))
    assert len(lab.results()) == 8


def test_no_more_chunks_are_queued_than_the_limit_allows(lab):
    lab.start(limit=2, params={"units": 40})
    lab.plan()
    queued = [len(lab.world.queue)]
    while lab.driver.step():
        queued.append(len(lab.world.queue))
    assert max(queued) == 2
    assert (lab.job.status, sorted(lab.ran())) == ("completed", list(range(40)))


def test_a_resumed_job_keeps_to_its_limit(lab):
    lab.start(limit=2, params={"units": 40})
    lab.during(5, lab.pause)
    lab.run()
    lab.resume()
    assert len(lab.world.queue) == 2
    lab.run()
    assert sorted(lab.ran()) == list(range(40))


def test_a_step_of_an_execution_that_was_replaced_is_stopped(lab):
    lab.start()
    enter(lab.engine, lab.ref, 7, "plan", "token")
    assert lab.job.token is None
    assert lab.chunks() == []


def test_the_token_of_an_execution_that_is_replaced_meanwhile_is_not_left_with_the_job(lab, meanwhile):
    lab.start()
    lab.plan()

    def replaced():
        lab.engine.workflow.stop(lab.ref, 1, "lost")
        restart_if_lost(lab.engine, lab.ref)
        lab.plan()

    meanwhile(replaced)
    enter(lab.engine, lab.ref, 1, "run", "old")
    assert (lab.job.run, lab.job.waiting) == (2, "run")
    assert lab.job.token != "old"


def test_a_slice_of_planning_does_not_take_the_place_of_a_later_token(lab, meanwhile):
    lab.start(params={"units": 30})
    enter(lab.engine, lab.ref, 1, "plan", "old", until=lab.clock.now())

    def entered_again():
        lab.pause()
        enter(lab.engine, lab.ref, 1, "plan", "new")
        lab.resume()

    meanwhile(entered_again)
    go_on(lab.engine, lab.ref, "plan", until=lab.clock.now())
    assert lab.job.token == "new"


def test_a_step_of_a_job_that_has_ended_ends_its_execution(lab):
    lab.start()
    lab.cancel()
    lab.world.executions[lab.ref, 1] = "running"
    enter(lab.engine, lab.ref, 1, "plan", "token")
    assert not lab.engine.workflow.running(lab.ref, 1)


def test_a_step_that_is_entered_twice_is_done_once(lab):
    lab.start()
    lab.world.arrivals *= 2
    lab.run()
    assert lab.ran() == list(range(8))
    assert lab.events().count("completed") == 1


def test_a_message_for_a_step_that_is_over_is_dropped(lab):
    lab.start()
    lab.run()
    job = lab.job
    go_on(lab.engine, lab.ref, "plan", lab.clock.now() + 60)
    assert lab.job == job


def test_every_message_twice_counts_every_unit_once(lab, monkeypatch):
    send = lab.engine.queue.send
    monkeypatch.setattr(lab.engine.queue, "send", lambda messages: send([*messages, *messages]))
    lab.start(kind="two")
    lab.run()
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(16, 16, 0))
    assert sorted(lab.ran()) == sorted(lab.ran(stage=1)) == list(range(8))


def test_a_job_cancelled_while_its_plan_was_held_opens_nothing_again(lab, monkeypatch):
    lab.fail(0)
    lab.start()
    lab.run()
    lab.retry()
    lab.hold()

    def quiesce(engine, ref):
        lab.unhold()
        return lab.cancel()

    monkeypatch.setattr("fermata.control.execution.holds.quiesce", quiesce)
    lab.run()
    assert (lab.job.status, lab.job.counts.failed) == ("cancelled", 1)
    assert sum(len(chunk.failed) for chunk in lab.chunks()) == 1


def test_a_job_that_ends_leaves_no_earlier_execution_running(lab):
    lab.start()
    lab.plan()
    update(lab.engine, lab.ref, lambda job: JobUpdate(replace(job, run=2)))
    lab.cancel()
    assert "running" not in lab.world.executions.values()
