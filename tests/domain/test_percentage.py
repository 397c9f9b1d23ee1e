from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Job, StagePlan
from fermata.domain.lifecycle import apply
from fermata.domain.percentage import percentage
from fermata.domain.transitions import Command, Status

FOUR = StagePlan(units=4, complete=True)
DRAFT = (FOUR, StagePlan(review=True))


def job(*stages: StagePlan, **facts) -> Job:
    about = {"tenant": "t", "id": "jobs:1", "family": "jobs", "kind": "k", "workspace": "w", "user": "ann"}
    return Job(**about, created_at=0.0, status=facts.pop("status", Status.RUNNING), stages=stages, **facts)


def test_units_are_counted_down_and_not_up():
    big = StagePlan(units=1_000_000, complete=True)
    assert percentage(job(big), Counts(1_000_000, 19_999)) == 1
    assert percentage(job(big), Counts(1_000_000, 999_998, 1)) == 99


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.COMPLETED])
def test_a_job_that_has_not_completed_is_not_whole(status):
    assert percentage(job(FOUR, status=status), Counts(4, 4)) == 99


def test_a_completed_job_is_whole_even_without_units():
    assert percentage(job(StagePlan(), status=Status.COMPLETED), Counts()) == 100


def test_a_draft_that_is_reviewed_is_whole_and_stays_so_while_it_is_applied():
    assert percentage(job(*DRAFT, stage=1, status=Status.WAITING_REVIEW), Counts(4, 4)) == 100
    applied = StagePlan(units=9, complete=True, review=True)
    assert percentage(job(FOUR, applied, stage=1), Counts(13, 4)) == 100
    assert percentage(job(*DRAFT, stage=1, status=Status.CANCELLED), Counts(4, 4)) == 100


def test_it_does_not_fall_while_units_are_named_and_stages_begin():
    named = [StagePlan(), StagePlan(units=2), FOUR]
    second = [StagePlan(), StagePlan(units=90), StagePlan(units=96, complete=True)]
    seen = [percentage(job(plan, StagePlan()), Counts(plan.units)) for plan in named]
    seen += [percentage(job(FOUR, StagePlan()), Counts(4, settled)) for settled in range(5)]
    seen += [percentage(job(FOUR, plan, stage=1), Counts(4 + plan.units, 4)) for plan in second]
    seen += [percentage(job(FOUR, second[-1], stage=1), Counts(100, settled)) for settled in (52, 100)]
    assert seen == sorted(seen)
    assert (seen[0], seen[7], seen[-1]) == (0, 50, 99)


def test_counts_of_a_moment_later_do_not_run_ahead_of_the_stage():
    assert percentage(job(FOUR, StagePlan(), stage=0), Counts(100, 60)) == 50


def test_a_retry_keeps_what_the_job_had_come_to():
    failed = job(FOUR, status=Status.FAILED, counts=Counts(4, 1, 2), closed=True)
    assert percentage(failed, Counts(4, 1, 2)) == 75
    again, _ = apply(failed, Command.RETRY, 1.0)
    assert [percentage(again, Counts(4, settled)) for settled in (1, 2, 3, 4)] == [75, 75, 75, 99]


def test_a_retry_of_an_applied_draft_stays_whole():
    stages = (FOUR, StagePlan(units=4, complete=True, review=True))
    failed = job(*stages, stage=1, status=Status.FAILED, counts=Counts(8, 5, 3))
    again, _ = apply(failed, Command.RETRY, 1.0)
    assert percentage(replace(again, stage=0), Counts(8, 3)) == 100
