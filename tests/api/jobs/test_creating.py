from __future__ import annotations

import pytest
from fermata.control.engine import Limits

JOBS = "/api/v1/jobs"


def test_a_job_of_any_kind_is_created(service, ann):
    with service.leaves_one_record():
        answer = ann.post(JOBS, json={"kind": "work", "params": {"units": 2}, "workspace": "w2", "limit": 1})
    assert answer.status_code == 201
    job = answer.json()
    assert answer.headers["location"] == f"{JOBS}/{job['id']}"
    shown = (
        job["family"],
        job["kind"],
        job["workspace"],
        job["user"],
        job["status"],
        job["limit"],
        job["params"]["units"],
    )
    assert shown == ("jobs", "work", "w2", "ann", "pending", 1, 2)
    assert service.audit()[-1] == ("jobs.create", job["id"], "done")


def test_how_the_engine_is_to_run_it_is_kept(create, read):
    job = read(create(limit=1000, timeout=0.5, max_failed_share=0, priority=9))
    assert (job["limit"], job["timeout"], job["max_failed_share"], job["priority"]) == (1000, 0.5, 0, 9)


def test_too_many_failed_units_pause_a_job_by_themselves(service, create, read, do):
    job_id = create(params={"units": 40, "bad": list(range(40))}, max_failed_share=0.5)
    service.driver.run()
    job = read(job_id)
    assert job["status"] == "paused"
    assert [hold["owner"] for hold in job["holds"]] == ["automatic"]
    assert do(job_id, "resume").status_code == 200


def test_files_are_there_for_the_kind(service, create):
    create(files={"rows.csv": "ä,b"})
    assert list(service.world.blobs.values()) == ["ä,b".encode()]


def test_the_same_key_with_the_same_body_starts_nothing_more(service, ann):
    first = ann.post(JOBS, json={"kind": "work"}, headers={"Idempotency-Key": "k 1".replace(" ", "-")})
    with service.leaves_one_record():
        again = ann.post(JOBS, json={"kind": "work"}, headers={"Idempotency-Key": "k-1"})
    assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
    assert len(service.world.jobs) == 1


def test_the_same_key_with_another_body_is_a_conflict(service, ann):
    ann.post(JOBS, json={"kind": "work"}, headers={"Idempotency-Key": "k"})
    with service.leaves_one_record():
        answer = ann.post(JOBS, json={"kind": "draft"}, headers={"Idempotency-Key": "k"})
    assert answer.status_code == 409
    assert answer.json()["detail"] == "the Idempotency-Key is in use by a job with another request body"


def test_a_key_is_the_users_own(service, ann):
    bodies = [
        client.post(JOBS, json={"kind": "work"}, headers={"Idempotency-Key": "k"}).json()
        for client in (ann, service.user("bob"), service.key("sk_test_other"))
    ]
    assert len({body["id"] for body in bodies}) == 3


@pytest.mark.parametrize("key", ["", "k" * 129, "a b", "k\tk"])
def test_a_key_that_is_none_is_refused(service, ann, key):
    assert ann.post(JOBS, json={"kind": "work"}, headers={"Idempotency-Key": key}).status_code == 422
    assert service.world.jobs == {}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"kind": 5},
        {"kind": None},
        {"kind": "work", "params": []},
        {"kind": "work", "params": None},
        {"kind": "work", "params": {"units": -1}},
        {"kind": "work", "params": {"unit": 1}},
        {"kind": "work", "params": {"bad": [1] * 150_000}},
        {"kind": "work", "limit": 0},
        {"kind": "work", "limit": 1001},
        {"kind": "work", "limit": "1"},
        {"kind": "work", "limit": 1.5},
        {"kind": "work", "timeout": 0},
        {"kind": "work", "timeout": -1},
        {"kind": "work", "timeout": 31_536_001},
        {"kind": "work", "max_failed_share": -0.1},
        {"kind": "work", "max_failed_share": 1.1},
        {"kind": "work", "rate": 0},
        {"kind": "work", "priority": 10},
        {"kind": "work", "priority": -1},
        {"kind": "work", "priority": 5.5},
        {"kind": "work", "rate_key": "provider"},
        {"kind": "work", "workspace": ""},
        {"kind": "work", "workspace": "w" * 65},
        {"kind": "work", "workspace": "a|b"},
        {"kind": "work", "files": {"../x": ""}},
        {"kind": "work", "files": {"units/0": ""}},
        {"kind": "work", "files": {"x": 5}},
        {"kind": "work", "files": {f"f{number}": "" for number in range(11)}},
        {"kind": "work", "id": "mine"},
    ],
)
def test_what_is_no_job_is_refused(service, ann, body):
    with service.leaves_one_record():
        answer = ann.post(JOBS, json=body)
    assert answer.status_code == 422
    assert (answer.json()["code"], set(answer.json())) == ("invalid", {"detail", "code", "field"})
    assert service.world.jobs == {}


def test_a_kind_that_is_not_there_is_refused_with_those_that_are(ann):
    answer = ann.post(JOBS, json={"kind": "nonsense"})
    assert answer.json()["detail"] == "kind: there is no kind 'nonsense'; there are: draft, sealed, work"


def test_a_parameter_is_complained_about_by_its_place(ann):
    answer = ann.post(JOBS, json={"kind": "work", "params": {"units": 1001}})
    assert answer.json()["detail"].startswith("params.units: ")


def test_a_secret_is_shown_nowhere(service, ann, create):
    job_id = create(kind="sealed", params={"api_key": "sk-hidden"})
    service.driver.run()
    for path in (
        JOBS,
        f"{JOBS}/{job_id}",
        f"{JOBS}/{job_id}/events",
        f"{JOBS}/{job_id}/results",
        f"{JOBS}/{job_id}/why",
    ):
        assert "sk-hidden" not in ann.get(path).text


def test_a_tenant_at_its_limit_is_told_so(make_service, workshop):
    service = make_service(kinds=workshop.kinds(), limits=Limits(open_jobs=2))
    ann = service.user()
    answers = [ann.post(JOBS, json={"kind": "work"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[2].json() == {
        "detail": "limit reached: open jobs is 2",
        "code": "limit_exceeded",
        "limit": "open jobs",
        "value": 2,
    }
    assert service.key("sk_test_other").post(JOBS, json={"kind": "work"}).status_code == 201


def test_a_job_of_too_many_units_fails_and_says_so(make_service, workshop):
    service = make_service(kinds=workshop.kinds(), limits=Limits(units_per_job=3))
    ann = service.user()
    job_id = ann.post(JOBS, json={"kind": "work"}).json()["id"]
    service.driver.run()
    job = ann.get(f"{JOBS}/{job_id}").json()
    assert (job["status"], job["error"]) == ("failed", "the job has more units than the limit of 3")
