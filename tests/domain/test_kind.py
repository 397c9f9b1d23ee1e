from __future__ import annotations

import pytest
from fermata.domain.kind import Finishing, Kind, Planning, Policy, Settings, Stage, Unit, UnitRetry

JOB = {"tenant": "acme", "workspace": "default", "job_id": "jobs:one", "params": {}}


def test_a_kind_that_says_nothing_has_no_secrets_and_sums_up_its_counts():
    kind = Kind("k", "a kind", (Stage("s", lambda planning: [], lambda unit: None),), parse=dict, schema=dict)
    job = Finishing(**JOB, settings=Settings(), files=None, succeeded=3, failed=1, results=lambda stage: iter(()))
    assert kind.secrets == frozenset()
    assert kind.finish(job) == {"succeeded": 3, "failed": 1}


def test_a_stage_that_says_nothing_needs_no_review_and_runs_units_one_by_one():
    stage = Stage("s", lambda planning: iter(()), lambda unit: None)
    assert (stage.review, stage.policy.concurrency, stage.policy.attempts) == (False, 1, 3)


def test_a_unit_has_a_limit_of_time_unless_the_policy_says_otherwise():
    assert Policy().timeout == 60.0


def test_a_stack_allows_kinds_nothing_unless_told():
    settings = Settings()
    assert (settings.allow_local_files, settings.allowed_hosts, settings.open_s3) == (False, frozenset(), None)


def test_a_unit_without_a_deadline_may_take_for_ever():
    unit = Unit(**JOB, key="k", value=1, secrets={}, settings=Settings(), files=None)
    assert unit.deadline == float("inf")


def test_a_first_stage_has_no_results_before_it():
    planning = Planning(**JOB, secrets={}, settings=Settings(), files=None)
    assert list(planning.previous()) == list(planning.units("first")) == []


def test_a_retry_says_how_long_to_wait_and_whose_fault_it_was():
    plain, told = UnitRetry("later"), UnitRetry("later", 7.5, throttled=True)
    assert (plain.after, plain.throttled) == (None, False)
    assert (told.after, told.throttled, str(told)) == (7.5, True, "later")


def test_a_tenant_has_the_trust_that_names_it_or_nobody():
    objects = frozenset({"arn:aws:s3:::all/*", "acme/arn:aws:s3:::acme/*", "other/arn:aws:s3:::other/*"})
    settings = Settings(True, frozenset({"a:80", "acme/b:81", "other/c", "!4566"}), objects=objects)
    acme = settings.narrowed("acme")
    assert acme.allowed_hosts == {"a:80", "b:81", "!4566"}
    assert acme.objects == {"arn:aws:s3:::all/*", "arn:aws:s3:::acme/*"}


def test_what_anonymous_callers_started_reads_no_files_of_the_machine():
    assert Settings(allow_local_files=True).narrowed("default").allow_local_files
    assert not Settings(allow_local_files=True).narrowed("default", anonymous=True).allow_local_files


@pytest.mark.parametrize(
    "wrong", [{"concurrency": 0}, {"chunk_size": 0}, {"attempts": 0}, {"timeout": 0.0}, {"backoff": -1.0}]
)
def test_a_policy_under_which_nothing_could_run_is_refused_where_it_is_written(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Policy(**wrong)


@pytest.mark.parametrize("names", [(), ("same", "same")])
def test_a_kind_whose_stages_can_not_be_told_apart_is_refused_where_it_is_written(names):
    stages = tuple(Stage(name, lambda planning: [], lambda unit: None) for name in names)
    with pytest.raises(ValueError, match="stage"):
        Kind("k", "a kind", stages, parse=dict, schema=dict)
