"""A planner or a finisher that is refused for now: it is tried again, and nobody and nothing waits for it meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from fermata.control.lease import StepLease
from fermata.control.why import why
from fermata.domain.kind import LONGEST_BACKOFF, THROTTLED_TRIES, Planned, Policy, UnitRetry
from fermata.ports import Message

AFTER = 600.0


def refuse(lab: Any, step: str, times: int, after: float | None = AFTER) -> list[float]:
    """Have the first of these calls refused; when each call came."""
    calls: list[float] = []
    plan, finish = lab.planner, lab.finish

    def refused() -> None:
        calls.append(lab.clock.now())
        if len(calls) <= times:
            raise UnitRetry("429 of the provider", after, throttled=True)

    def planner(planning: Any) -> Any:
        refused()
        return plan(planning)

    def finisher(finishing: Any) -> Any:
        refused()
        return finish(finishing)

    lab.planner, lab.finish = (planner, finish) if step == "plan" else (plan, finisher)
    return calls


@pytest.fixture(params=["plan", "finish"])
def refused(lab: Any, request: pytest.FixtureRequest) -> Callable[..., list[float]]:
    """Starts a job whose planner or finisher is refused, and delivers messages until it is; what calls there were."""

    def make(times: int = 1, after: float | None = AFTER) -> list[float]:
        calls = refuse(lab, request.param, times, after)
        lab.start()
        while not calls:
            lab.driver.step()
        return calls

    return make


def test_a_refused_step_is_tried_again_as_late_as_the_provider_said(lab, refused):
    calls = refused()
    lab.run()
    assert lab.job.status == "completed"
    assert len(calls) == 2
    assert AFTER <= calls[1] - calls[0] < AFTER + 2


def test_nobody_holds_on_to_a_step_that_waits_for_its_next_try(lab, refused):
    refused()
    assert lab.job.lease is None
    assert [message.task for _, message in lab.world.delayed] == ["job"]
    assert all(message.task == "chunk" for message in lab.world.queue)


def test_a_step_that_is_refused_again_while_its_refusal_could_not_be_noted_waits_as_well(lab, refused, monkeypatch):
    noted, put_off = [], StepLease.put_off

    def outrun(lease, error):
        noted.append(str(error))
        if len(noted) == 1:
            lease.give_back()  # as when it has lapsed and somebody else has had it
        return put_off(lease, error)

    monkeypatch.setattr(StepLease, "put_off", outrun)
    calls = refused(times=2)
    assert len(calls) == len(noted) == 2
    assert lab.job.next_try is not None
    lab.run()
    assert (lab.job.status, len(calls)) == ("completed", 3)


def test_a_step_is_not_tried_early_however_often_somebody_comes_by(lab, refused):
    calls = refused()
    lab.recover(after=60)
    lab.engine.queue.send([Message("job", *lab.ref, scopes=lab.job.scope_names)])
    lab.driver.step()
    lab.recover(after=60)
    assert len(calls) == 1


def test_a_step_that_is_due_later_than_a_queue_holds_a_message_is_tried_then(lab, refused):
    calls = refused(after=2000.0)
    lab.run()
    assert (lab.job.status, len(calls)) == ("completed", 2)
    assert calls[1] - calls[0] >= 2000.0


def test_a_job_whose_step_waits_is_paused_at_once_and_goes_on_when_it_is_due(lab, refused):
    calls = refused()
    lab.pause()
    assert lab.job.status == "paused"
    lab.world.delayed.clear()
    lab.clock.sleep(10)
    lab.resume()
    lab.run()
    assert (lab.job.status, len(calls)) == ("completed", 2)
    assert calls[1] - calls[0] >= AFTER


def test_a_job_whose_step_waits_is_cancelled_at_once(lab, refused):
    calls = refused()
    lab.cancel()
    assert (lab.job.status, lab.job.closed) == ("cancelled", True)
    lab.run()
    assert len(calls) == 1


def test_a_pause_that_comes_while_a_step_is_refused_is_reached_as_it_lets_go(lab):
    def planner(planning):
        lab.pause()
        raise UnitRetry("later", AFTER)

    lab.planner = planner
    lab.start()
    lab.driver.step()
    lab.driver.step()
    assert lab.job.status == "paused"


def test_the_message_of_a_step_that_waits_is_sent_again_when_it_was_lost(lab, refused):
    calls = refused()
    lab.world.delayed.clear()
    lab.recover(after=AFTER + 300)
    lab.run()
    assert (lab.job.status, len(calls)) == ("completed", 2)


def test_why_says_what_was_refused_and_when_it_is_tried_again(lab, refused):
    calls = refused()
    told = why(lab.engine, lab.ref)
    assert told.waits_for == "backoff"
    assert "was refused for now" in told.sentence
    assert told.facts["attempt"] == 2
    assert told.facts["retry_at"] == pytest.approx(calls[0] + AFTER)


def test_a_step_that_is_refused_again_and_again_fails_its_job_with_the_providers_words(lab, refused):
    tries = Policy().attempts * THROTTLED_TRIES
    calls = refused(times=99, after=None)
    lab.run()
    assert (lab.job.status, lab.job.closed, len(calls)) == ("failed", True, tries)
    assert lab.job.error == f"429 of the provider (tried {tries} times)"
    assert max(later - earlier for earlier, later in pairwise(calls)) <= LONGEST_BACKOFF + 2


def test_a_retried_jobs_step_begins_to_count_anew(lab, refused):
    calls = refused(times=Policy().attempts * THROTTLED_TRIES, after=1.0)
    lab.run()
    lab.retry()
    lab.run()
    assert lab.job.status == "completed"
    assert len(calls) == Policy().attempts * THROTTLED_TRIES + 1


def test_pages_that_a_planner_stored_before_it_was_refused_are_kept_and_its_tries_begin_anew(lab, monkeypatch):
    monkeypatch.setattr("fermata.control.planning.PAGE_CHUNKS", 1)
    begun = []

    def planner(planning):
        begun.append(planning.cursor)
        first = planning.cursor or 0
        yield from (Planned(number, number + 1) for number in range(first, first + 4))
        if first == 0:
            raise UnitRetry("later", 1.0)

    lab.planner = planner
    lab.start()
    lab.run()
    assert begun == [None, 4]
    assert (lab.job.status, lab.job.next_try, len(lab.results())) == ("completed", None, 8)


def test_a_refusal_is_told_without_the_jobs_secrets(lab):
    def planner(planning):
        raise UnitRetry(f"key {planning.secrets['api_key']} is used too often", 1.0)

    lab.planner = planner
    lab.start(params={"units": 1, "api_key": "sk-very-secret"})
    lab.run()
    assert lab.job.status == "failed"
    assert "sk-very-secret" not in lab.job.error
