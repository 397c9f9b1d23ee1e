from __future__ import annotations

import pytest
from fermata.domain.errors import TokenSpent
from fermata.domain.jobs import Ref

REF = Ref("acme", "jobs:1")


def test_an_execution_runs_once_it_is_started(ports):
    assert not ports.workflow.running(REF, 1)
    ports.workflow.start(REF, 1)
    assert ports.workflow.running(REF, 1)


def test_starting_twice_starts_once(ports, wait):
    ports.token(REF)
    ports.workflow.start(REF, 1)
    ports.workflow.stop(REF, 1, "enough")
    wait(lambda: not ports.workflow.running(REF, 1))


def test_a_run_that_is_over_is_not_started_again(ports, wait):
    ports.token(REF)
    ports.workflow.stop(REF, 1, "enough")
    ports.workflow.start(REF, 1)
    wait(lambda: not ports.workflow.running(REF, 1))


@pytest.mark.parametrize(
    "other", [(REF, 2), (Ref("acme", "jobs:11"), 1), (Ref("acme", "jobs-1"), 1), (Ref("a", "cme:1"), 1)]
)
def test_each_run_of_each_job_is_an_execution_of_its_own(ports, other):
    ports.token(REF)
    assert not ports.workflow.running(*other)
    ports.workflow.start(*other)
    ports.workflow.stop(REF, 1, "enough")
    assert ports.workflow.running(*other)


def test_the_longest_id_has_an_execution(ports):
    ref = Ref("t" * 64, "batch:" + "x" * 128)
    ports.workflow.start(ref, 1)
    assert ports.workflow.running(ref, 1)


def test_stopping_what_never_was_does_nothing(ports):
    ports.workflow.stop(REF, 1, "enough")
    assert not ports.workflow.running(REF, 1)


def test_stopping_twice_does_nothing_more(ports, wait):
    ports.token(REF)
    ports.workflow.stop(REF, 1, "enough")
    ports.workflow.stop(REF, 1, "enough" * 10_000)
    wait(lambda: not ports.workflow.running(REF, 1))


def test_a_token_calls_back_once(ports, wait):
    token = ports.token(REF)
    ports.workflow.move(token, "working", "completed")

    def spent():
        try:
            ports.workflow.move(token, "working", "completed")
        except TokenSpent:
            return True
        return False

    wait(spent)


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled", "timed_out", "stopped"])
def test_calls_on_an_execution_that_has_ended_do_nothing_however_it_ended(ports, wait, end):
    token = ports.token(REF)
    if end == "stopped":
        ports.workflow.stop(REF, 1, "enough")
    else:
        ports.workflow.move(token, "working", end)
    wait(lambda: not ports.workflow.running(REF, 1))
    ports.workflow.stop(REF, 1, "enough")
    ports.workflow.start(REF, 1)
    assert not ports.workflow.running(REF, 1)
    with pytest.raises(TokenSpent):
        ports.workflow.move(token, "working", "completed")


def test_an_unknown_token_is_spent(ports):
    with pytest.raises(TokenSpent):
        ports.workflow.move("there is no such token", "working", "paused")
