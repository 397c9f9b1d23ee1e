from __future__ import annotations

from fermata.domain.chunks import Counts
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
