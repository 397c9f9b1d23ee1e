from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.control.engine import TRIES, JobUpdate, refuse, update
from fermata.domain.errors import NotFound, Stale, Unavailable
from fermata.domain.jobs import Ref


def renamed(user):
    return lambda job: JobUpdate(replace(job, user=user))


def test_a_change_raises_the_revision_by_one(lab):
    rev = lab.start().rev
    assert update(lab.engine, lab.ref, renamed("bob")).rev == rev + 1
    assert lab.job.user == "bob"


def test_a_change_that_somebody_else_beat_is_made_on_what_they_left(lab):
    lab.start()
    others = ["carl"]

    def step(job):
        if others:
            update(lab.engine, lab.ref, renamed(others.pop()))
        return JobUpdate(replace(job, user=f"{job.user} and bob"))

    assert update(lab.engine, lab.ref, step).user == "carl and bob"


def test_a_change_that_is_always_beaten_gives_up_and_changes_nothing(lab, monkeypatch):
    job = lab.start()

    def beaten(*changes):
        raise Stale("always")

    monkeypatch.setattr(lab.engine.store, "write", beaten)
    tries = []
    with pytest.raises(Unavailable):
        update(lab.engine, lab.ref, lambda job: tries.append(job) or JobUpdate(job))
    assert len(tries) == TRIES
    assert lab.job == job


def test_an_act_that_changes_nothing_is_recorded_all_the_same(lab):
    job = lab.start()
    assert update(lab.engine, lab.ref, lambda job: None, lab.act("pause")) == job
    assert lab.audit() == ["jobs.start", "jobs.pause"]


def test_a_step_that_refuses_changes_and_records_nothing(lab):
    job = lab.start()

    def step(job):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        update(lab.engine, lab.ref, step, lab.act("pause"))
    assert lab.job == job
    assert lab.audit() == ["jobs.start"]


def test_a_job_that_there_is_not_cannot_be_changed(lab):
    with pytest.raises(NotFound):
        update(lab.engine, Ref("acme", "jobs:none"), renamed("bob"))


def test_a_refused_act_leaves_one_record_with_the_reason(lab):
    refuse(lab.engine, lab.act("pause"), "not_found")
    (record,) = lab.engine.log.audit("acme", refused=True)
    assert (record.act.action, record.act.outcome) == ("jobs.pause", "refused: not_found")
