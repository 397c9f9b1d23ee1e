from __future__ import annotations

import pytest
from fermata.domain.holds import OWN, Hold
from fermata.domain.jobs import StagePlan
from fermata.domain.transitions import FINAL, Status


def hold(until):
    return Hold(OWN, "ann", None, 0.0, until)


@pytest.mark.parametrize("status", [Status.PENDING, Status.RUNNING])
def test_a_job_at_work_is_always_due(make_job, status):
    assert make_job(status=status).due_at == 0.0


@pytest.mark.parametrize("status", [Status.PAUSED, Status.WAITING_REVIEW])
def test_a_job_at_rest_is_never_due(make_job, status):
    assert make_job(status=status, holds=(hold(None),)).due_at is None


def test_a_paused_job_is_due_when_its_first_hold_ends(make_job, now):
    holds = (hold(now + 9), hold(None), hold(now + 5))
    assert make_job(status=Status.PAUSED, holds=holds).due_at == now + 5


@pytest.mark.parametrize("status", sorted(FINAL))
def test_an_ended_job_is_due_until_its_books_are_closed(make_job, status):
    assert make_job(status=status).due_at == 0.0
    assert make_job(status=status, closed=True).due_at is None


def test_only_holds_that_stand_are_its_own(make_job, now):
    job = make_job(holds=(hold(now - 1), hold(None)))
    assert job.own_holds(now) == (hold(None),)


def test_a_plan_replaces_that_of_the_stage_the_job_is_in(make_job):
    job = make_job(stage=1, stages=(StagePlan(1), StagePlan(2), StagePlan(3)))
    assert [plan.units for plan in job.with_plan(StagePlan(9)).stages] == [1, 9, 3]
    assert job.plan.units == 2


def test_the_public_id_is_the_familys_own(make_job):
    assert make_job(id="batch:a:b").public_id == "a:b"


def test_whatever_scopes_a_job_names_hold_it_beside_the_system(make_job):
    assert make_job().scope_names == ("system",)
    assert make_job(source="s1").scope_names == ("system", "source:s1")
    assert make_job(source="s1", scopes=("provider:a", "tag:b")).scope_names == (
        "system",
        "source:s1",
        "provider:a",
        "tag:b",
    )
