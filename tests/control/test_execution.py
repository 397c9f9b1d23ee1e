from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from fermata.control.engine import JobUpdate, update
from fermata.control.execution import MOST_PASSAGES, follow, renew
from fermata.control.reconcile import arrived, reconcile
from fermata.domain.errors import FermataError, ServiceFailed, Unavailable
from fermata.domain.jobs import Ref
from fermata.domain.progress import QUIET


@pytest.fixture
def lose(lab):
    """The job's execution is over, without having been told to end."""

    def lose():
        lab.world.executions[lab.ref, lab.job.execution] = "aborted"

    return lose


@pytest.fixture
def standing(lab):
    """States that the job's executions have come to, by their numbers."""

    def standing():
        return {number: state for ref, number, state in lab.world.tokens.values() if ref == lab.ref}

    return standing


@pytest.fixture
def parked(lab):
    """The token that the job's execution of a number waits with; None where it has come to no state."""
    return lambda number=1: lab.engine.parking.find(lab.ref, number)


# Parking a token ---------------------------------------------------------------------------------------------------------


def test_an_execution_waits_where_its_job_stands(lab, parked):
    lab.start()
    lab.plan()
    assert parked().state == "working"
    assert lab.world.tokens[parked().token] == (lab.ref, 1, "working")


def test_an_execution_that_arrives_changes_nothing_of_the_job(lab):
    before = lab.start() and lab.job
    arrived(lab.engine, lab.ref, 1, "working", "token")
    assert lab.job == before


def test_an_execution_that_was_replaced_is_stopped_when_it_arrives(lab):
    lab.start()
    lab.world.executions[lab.ref, 7] = "running"
    arrived(lab.engine, lab.ref, 7, "working", "token")
    assert not lab.engine.workflow.running(lab.ref, 7)
    assert lab.engine.workflow.running(lab.ref, 1)


def test_an_execution_of_a_job_that_there_is_not_is_stopped(lab):
    ref = Ref("acme", "jobs:none")
    lab.engine.workflow.start(ref, 1)
    arrived(lab.engine, ref, 1, "working", "token")
    assert not lab.engine.workflow.running(ref, 1)


def test_an_execution_that_is_replaced_before_it_arrives_ends_and_the_other_one_goes_on(lab, standing):
    lab.start()
    renew(lab.engine, lab.job, "lost")
    lab.run()
    assert (lab.job.execution, lab.job.status) == (2, "completed")
    assert lab.world.executions == {(lab.ref, 1): "stopped", (lab.ref, 2): "completed"}


def test_an_execution_that_arrives_while_it_is_replaced_ends(lab, meanwhile):
    lab.start()
    lab.world.arrivals.clear()

    def late():
        lab.world.executions[lab.ref, 1] = "running"  # whoever was to start it was late
        arrived(lab.engine, lab.ref, 1, "working", "late")

    meanwhile(late)
    renew(lab.engine, lab.job, "lost")
    lab.run()
    assert (lab.job.execution, lab.job.status) == (2, "completed")
    assert lab.world.executions == {(lab.ref, 1): "stopped", (lab.ref, 2): "completed"}


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_an_execution_that_arrives_while_its_job_ends_ends_as_well(lab, meanwhile, end):
    lab.start()
    arrival, lab.world.arrivals[:] = lab.world.arrivals[0], []
    meanwhile(lambda: lab.driver._arrive(*arrival))
    lab.cancel() if end == "cancelled" else lab.run()
    assert lab.job.status == end
    assert lab.world.executions == {(lab.ref, 1): end}


def test_an_execution_that_arrives_where_its_job_no_longer_stands_goes_on_at_once(lab, standing):
    lab.start()
    lab.pause()
    lab.plan()
    assert standing() == {1: "paused"}


def test_an_execution_that_arrives_after_its_job_has_ended_ends_as_the_job_did(lab):
    lab.start()
    lab.cancel()
    assert lab.engine.workflow.running(lab.ref, 1)
    lab.plan()
    assert lab.world.executions[lab.ref, 1] == "cancelled"


def test_an_execution_that_arrives_twice_is_parked_once(lab):
    lab.start()
    lab.world.arrivals *= 2
    lab.run()
    assert lab.ran() == list(range(8))
    assert lab.events().count("completed") == 1


def test_an_execution_that_never_arrives_holds_nothing_up(lab):
    lab.start()
    lab.world.arrivals.clear()
    lab.run()
    assert (lab.job.status, lab.ran(), lab.job.closed) == ("completed", list(range(8)), True)


def test_an_execution_whose_job_ends_just_before_its_token_is_parked_ends_as_well(lab, monkeypatch):
    lab.start()
    park = lab.engine.parking.park

    def late(*asked):
        monkeypatch.setattr(lab.engine.parking, "park", park)
        lab.cancel()
        park(*asked)

    monkeypatch.setattr(lab.engine.parking, "park", late)
    lab.plan()
    assert (lab.job.status, lab.world.executions) == ("cancelled", {(lab.ref, 1): "cancelled"})


# Following the job -------------------------------------------------------------------------------------------------------


def test_an_unpaused_job_of_one_stage_comes_to_one_state(lab):
    lab.start()
    lab.run()
    assert lab.job.passages == 0
    assert lab.world.executions == {(lab.ref, 1): "completed"}


def test_an_execution_stands_in_paused_while_its_job_is(lab, standing):
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    assert standing() == {1: "paused"}
    lab.resume()
    lab.plan()
    assert standing() == {1: "working"}


def test_an_execution_stands_in_review_while_a_person_decides(lab, standing):
    lab.start(kind="reviewed")
    lab.run()
    assert standing() == {1: "review"}
    lab.approve()
    lab.run()
    assert lab.world.executions == {(lab.ref, 1): "completed"}


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled", "timed_out"])
def test_an_execution_ends_in_the_state_that_its_job_ends_in(lab, end):
    lab.start(timeout=3.0 if end == "timed_out" else None)
    if end == "failed":
        lab.fail(*range(8))
    if end == "cancelled":
        lab.during(2, lab.cancel)
    lab.run()
    assert lab.job.status == end
    assert lab.world.executions == {(lab.ref, 1): end}


@pytest.mark.parametrize("there", ["paused", "working", "completed"])
def test_whoever_dies_before_it_moves_the_execution_on_loses_nothing(lab, monkeypatch, there):
    move = lab.engine.workflow.move

    def dies(token, here, wanted):
        if wanted == there:
            monkeypatch.setattr(lab.engine.workflow, "move", move)
            lab.die()
        move(token, here, wanted)

    monkeypatch.setattr(lab.engine.workflow, "move", dies)
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    lab.recover(after=QUIET)
    if there == "working":
        lab.until_killed(lab.resume)
        lab.recover(after=QUIET)
    else:
        lab.resume()
    lab.run()
    lab.recover(after=QUIET)
    lab.run()
    assert (lab.job.status, lab.ran(), lab.job.closed) == ("completed", list(range(8)), True)
    assert lab.world.executions == {(lab.ref, 1): "completed"}


# Replacing it ------------------------------------------------------------------------------------------------------------


def test_a_running_execution_is_left_alone(lab):
    lab.start()
    lab.clock.sleep(10 * QUIET)
    follow(lab.engine, lab.job)
    assert (lab.job.execution, lab.world.executions) == (1, {(lab.ref, 1): "running"})


def test_an_execution_that_was_just_started_is_given_time(lab, lose):
    lab.start()
    lose()
    follow(lab.engine, lab.job)
    assert lab.job.execution == 1


def test_a_lost_execution_is_followed_by_another_of_the_same_run(lab, lose):
    lab.start()
    lose()
    lab.clock.sleep(QUIET + 1)
    follow(lab.engine, lab.job)
    assert (lab.job.execution, lab.job.run) == (2, 1)
    assert lab.engine.workflow.running(lab.ref, 2)


def test_an_execution_that_is_found_lost_when_it_has_to_move_is_replaced(lab, lose, standing):
    lab.start()
    lab.during(2, lambda: lose() or lab.pause())
    lab.run()
    assert (lab.job.status, lab.job.execution, standing()) == ("paused", 2, {2: "paused"})
    lab.resume()
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", list(range(8)))
    assert lab.world.executions[lab.ref, 2] == "completed"


def test_a_lost_execution_repeats_nothing(lab, lose):
    lab.start()
    lab.during(5, lose)
    lab.run()
    assert (lab.job.status, lab.ran(), lab.job.closed) == ("completed", list(range(8)), True)


def test_an_ended_job_gets_no_other_execution(lab, lose):
    lab.start()
    lab.run()
    renew(lab.engine, lab.job, "it was lost")
    assert lab.job.execution == 1


def test_an_execution_with_a_long_history_makes_room_for_a_new_one(lab, standing):
    lab.start()
    lab.pause()
    lab.plan()
    update(lab.engine, lab.ref, lambda job: JobUpdate(replace(job, passages=MOST_PASSAGES)))
    lab.resume()
    assert (lab.job.execution, lab.job.passages) == (2, 0)
    assert not lab.engine.workflow.running(lab.ref, 1)
    lab.run()
    assert (lab.job.status, lab.world.executions[lab.ref, 2]) == ("completed", "completed")


def test_pauses_without_number_fill_no_history(lab, monkeypatch):
    monkeypatch.setattr("fermata.control.execution.MOST_PASSAGES", 10)
    lab.start()
    most = 0
    for _ in range(30):
        lab.pause()
        lab.plan()
        lab.resume()
        lab.plan()
        most = max(most, lab.job.passages)
    assert most <= 11
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", list(range(8)))
    assert "running" not in lab.world.executions.values()


@pytest.mark.parametrize("call", ["start", "stop"])
def test_whoever_dies_while_it_replaces_an_execution_leaves_none_running(lab, monkeypatch, call):
    lab.start()
    lab.pause()
    lab.plan()
    update(lab.engine, lab.ref, lambda job: JobUpdate(replace(job, passages=MOST_PASSAGES)))
    monkeypatch.setattr(lab.engine.workflow, call, lambda *asked: lab.die())
    lab.until_killed(lab.resume)
    monkeypatch.undo()
    lab.recover(after=QUIET + 1)
    lab.run()
    assert lab.job.status == "completed"
    assert "running" not in lab.world.executions.values()


def test_an_execution_that_cannot_be_moved_just_now_is_moved_later(lab, monkeypatch):
    def throttled(*asked):
        raise Unavailable("throttled")

    lab.start()
    lab.plan()
    monkeypatch.setattr(lab.engine.workflow, "move", throttled)
    assert lab.cancel().status == "cancelled"
    monkeypatch.undo()
    assert (lab.job.status, lab.job.closed) == ("cancelled", False)
    lab.recover()
    assert (lab.job.closed, lab.world.executions[lab.ref, 1]) == (True, "cancelled")


def test_an_execution_that_was_only_late_is_not_replaced(lab, monkeypatch):
    lab.start()
    lab.world.executions.clear()
    lab.world.arrivals.clear()
    lab.pause()
    stop = lab.engine.workflow.stop

    def late(*asked):
        stop(*asked)
        lab.engine.workflow.start(lab.ref, 1)
        lab.driver.step()  # to Working, and on
        lab.driver.step()  # to Paused, where it is parked

    monkeypatch.setattr(lab.engine.workflow, "stop", late)
    lab.clock.sleep(QUIET + 1)
    reconcile(lab.engine, lab.ref)
    monkeypatch.undo()
    lab.resume()
    lab.run()
    assert (lab.job.status, lab.job.execution) == ("completed", 1)
    assert lab.world.executions == {(lab.ref, 1): "completed"}


@pytest.mark.parametrize("error", [Unavailable("throttled"), ServiceFailed("AccessDenied")])
def test_a_resumed_job_runs_while_step_functions_cannot_be_reached(lab, standing, monkeypatch, error):
    def fails(*asked):
        raise error

    lab.start()
    lab.plan()
    lab.pause()
    while lab.world.arrivals:
        lab.driver.step()
    with monkeypatch.context() as outage:
        for call in ("move", "start", "stop", "running"):
            outage.setattr(lab.engine.workflow, call, fails)
        lab.resume()
        with suppress(FermataError):
            lab.run()
        assert lab.job.status == "completed"
    lab.recover()
    lab.run()
    assert (lab.job.closed, lab.world.executions[lab.ref, 1]) == (True, "completed")
