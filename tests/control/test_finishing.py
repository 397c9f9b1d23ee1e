from __future__ import annotations

import pytest
from fermata.domain.chunks import Counts
from fermata.domain.errors import NotFound
from fermata.domain.kind import JobError


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


@pytest.mark.parametrize(
    ("result", "told"),
    [
        ({1, 2}, "the job's result is not JSON"),
        (float("inf"), "the job's result is not JSON"),
        ("x" * 200_000, "the job's result is larger"),
    ],
)
def test_a_finisher_that_returns_what_can_not_be_stored_fails_its_job_with_a_sentence(lab, result, told):
    lab.finish = lambda job: result
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.closed, lab.job.counts) == ("failed", True, Counts(8, 8, 0))
    assert lab.job.error.startswith(told)


@pytest.mark.parametrize("error", [KeyError("odd"), NotFound("blob", "odd"), SystemExit("odd")])
def test_whatever_a_finisher_raises_fails_its_job_with_a_sentence(lab, error):
    def finish(job):
        raise error

    lab.finish = finish
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.closed) == ("failed", True)
    assert lab.job.error.startswith("the finisher failed: ")
    assert "odd" in lab.job.error


@pytest.mark.parametrize("scope", ["system", "source:s1"])
def test_a_hold_on_a_scope_that_comes_while_a_job_finishes_keeps_it_from_its_end(lab, scope):
    times = []

    def finish(job):
        times.append(lab.hold(scope) if not times else None)
        return len(times)

    lab.finish = finish
    lab.start(source="s1")
    lab.run()
    assert (lab.job.status, lab.job.checkpoint, lab.job.waits_on) == ("paused", "pre_completion", scope)
    lab.unhold(scope)
    lab.run()
    assert (lab.job.status, lab.job.result) == ("completed", 2)
