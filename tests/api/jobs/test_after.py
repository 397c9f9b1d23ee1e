from __future__ import annotations

import pytest

JOBS = "/api/v1/jobs"


def test_a_job_shows_what_it_starts_after(create, read, ann):
    first = create()
    second = read(create(after=[first, first], on_failure="cancel"))
    assert (second["after"], second["on_failure"]) == ([first], "cancel")
    (hold,) = second["holds"]
    assert (hold["scope"], hold["owner"], hold["reason"]) == (
        f"after:{first}",
        "ann",
        f"it starts when {first} has completed",
    )


def test_it_goes_on_by_itself(service, create, read):
    second = create(after=[create()])
    service.driver.run()
    assert read(second)["status"] == "completed"


def test_resuming_what_still_waits_is_told_what_holds_it(create, do):
    first = create()
    answer = do(create(after=[first]), "resume")
    assert answer.status_code == 409
    assert answer.json()["holds"][0]["scope"] == f"after:{first}"


@pytest.mark.parametrize(
    "after", [["jobs:none"], ["none"], ["jobs:../x"], [5], "jobs:x", [f"jobs:{n}" for n in range(21)]]
)
def test_what_can_not_be_waited_for_is_refused(service, ann, after):
    with service.leaves_one_record():
        assert ann.post(JOBS, json={"kind": "work", "after": after}).status_code in (404, 422)
    assert service.world.jobs == {}


def test_another_tenants_job_can_not_be_waited_for(service, ann, create):
    theirs = create(service.key("sk_test_other"))
    answer = ann.post(JOBS, json={"kind": "work", "after": [theirs]})
    assert (answer.status_code, answer.json()["detail"]) == (422, f"after: there is no job {theirs}")
