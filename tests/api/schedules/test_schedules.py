from __future__ import annotations

import pytest

PATH = "/api/v1/schedules"
BODY = {"name": "often", "expression": "rate(1 minute)", "job": {"kind": "work", "params": {"note": "{{due:%Y}}"}}}


@pytest.fixture
def create(ann):
    def create(client=ann, **body):
        answer = client.post(PATH, json=BODY | body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    return create


def fire(service, minutes=1):
    service.engine.clock.sleep(60 * minutes)
    service.driver.trigger()


def test_a_schedule_shows_all_that_it_is_and_its_next_times(service, ann):
    body = BODY | {
        "expression": "cron(30 2 ? * * *)",
        "timezone": "Europe/Warsaw",
        "window_minutes": 5,
        "overlap": "queue",
    }
    with service.leaves_one_record():
        answer = ann.post(PATH, json=body)
    made = answer.json()
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    assert (made["user"], made["timezone"], made["window_minutes"], made["overlap"]) == (
        "ann",
        "Europe/Warsaw",
        5,
        "queue",
    )
    assert len(made["next"]) == 5
    assert made["next"] == sorted(made["next"])
    assert ann.get(f"{PATH}/{made['id']}").json() == made
    assert ann.get(PATH).json() == {"schedules": [made]}


def test_its_jobs_run_and_its_history_tells_of_each(service, ann, create):
    id_ = create(overlap="allow")
    fire(service, 2)
    service.driver.run()
    jobs = ann.get("/api/v1/jobs", params={"label": f"schedule={id_}"}).json()["jobs"]
    assert {job["status"] for job in jobs} == {"completed"}
    assert all(len(job["params"]["note"]) == 4 for job in jobs)
    first = ann.get(f"{PATH}/{id_}/history", params={"limit": 1}).json()
    rest = ann.get(f"{PATH}/{id_}/history", params={"cursor": first["next_cursor"]}).json()
    lines = first["firings"] + rest["firings"]
    assert [line["job_id"] for line in lines] == [job["id"] for job in jobs]
    assert {(line["outcome"], line["cause"], line["count"]) for line in lines} == {("started", "clock", 1)}
    assert rest["next_cursor"] is None


def test_a_schedule_is_changed_and_the_rest_of_it_stays(service, ann, create):
    id_ = create(secrets={"api_key": "hush"})
    with service.leaves_one_record():
        changed = ann.patch(
            f"{PATH}/{id_}",
            json={"name": "seldom", "expression": "cron(0 0 1 1 ? 2190)", "end": "2999-01-01T00:00:00Z"},
        )
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["end"]) == ("seldom", "2999-01-01T00:00:00Z")
    assert changed.json()["job"]["params"] == {"note": "{{due:%Y}}"}
    assert service.engine.schedules.find("default", id_).work.sealed_secrets
    assert ann.patch(f"{PATH}/{id_}", json={"end": None}).json()["end"] is None
    fire(service)
    assert ann.get(f"{PATH}/{id_}/history").json()["firings"] == []


def test_a_pause_and_a_resume_are_told(service, ann, create):
    id_ = create()
    with service.leaves_one_record():
        paused = ann.post(f"{PATH}/{id_}/pause", json={"reason": "moving", "until": "2999-01-01T00:00:00Z"}).json()
    assert (paused["paused"], paused["hold"]["reason"], paused["hold"]["owner"]) == (True, "moving", "ann")
    fire(service)
    with service.leaves_one_record():
        resumed = ann.post(f"{PATH}/{id_}/resume").json()
    assert (resumed["paused"], resumed["hold"]) == (False, None)
    (line,) = ann.get(f"{PATH}/{id_}/history").json()["firings"]
    assert (line["outcome"], line["reason"]) == ("skipped", "paused by ann: moving")
    assert ann.post(f"{PATH}/{id_}/resume").status_code == 409


def test_run_starts_a_job_now_as_the_caller(service, ann, create):
    id_ = create(expression="at(2999-01-01T00:00:00)")
    with service.leaves_one_record():
        answer = service.user("root", scope="control admin").post(f"{PATH}/{id_}/run", headers={"Idempotency-Key": "k"})
    again = service.user("root", scope="control admin").post(f"{PATH}/{id_}/run", headers={"Idempotency-Key": "k"})
    job = ann.get(f"/api/v1/jobs/{answer.json()['job_id']}").json()
    assert (answer.status_code, job["user"], job["labels"]) == (201, "root", {"schedule": id_})
    assert (again.json(), again.headers["idempotent-replay"]) == (answer.json(), "true")


def test_a_span_is_backfilled_after_a_dry_run(service, ann, create):
    id_ = create(expression="cron(0 0 * * ? *)")
    span = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-04T00:00:00Z"}
    tried = ann.post(f"{PATH}/{id_}/backfill", json=span | {"dry_run": True}).json()
    assert (tried["count"], len(service.world.jobs)) == (3, 0)
    done = ann.post(f"{PATH}/{id_}/backfill", json=span).json()
    assert done["times"] == tried["times"]
    service.driver.run()
    assert {job.status.value for job in service.world.jobs.values()} == {"completed"}
    assert ann.post(f"{PATH}/{id_}/backfill", json=span).json()["count"] == 0


def test_a_deleted_one_is_gone(service, ann, create):
    id_ = create()
    with service.leaves_one_record():
        assert ann.delete(f"{PATH}/{id_}").json() == {"id": id_, "deleted": True}
    assert ann.get(f"{PATH}/{id_}").status_code == 404
    assert ann.delete(f"{PATH}/{id_}").status_code == 404
    fire(service)
    assert service.world.jobs == {}


def test_the_same_key_makes_one_schedule(service, ann):
    answers = [ann.post(PATH, json=BODY, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotent-replay"] == "true"
    assert ann.post(PATH, json=BODY | {"name": "x"}, headers={"Idempotency-Key": "k"}).status_code == 409
    ann.delete(answers[0].headers["location"])
    assert ann.post(PATH, json=BODY, headers={"Idempotency-Key": "k"}).status_code == 404
    assert len(service.world.schedules) == 1


def test_secrets_are_shown_nowhere(service, ann, create):
    id_ = create(secrets={"api_key": "sk-hidden"})
    fire(service)
    for path in (PATH, f"{PATH}/{id_}", f"{PATH}/{id_}/history"):
        assert "sk-hidden" not in ann.get(path).text


CHANGES = [("patch", "", {"name": "x"}), ("delete", "", None), ("post", "/pause", {}), ("post", "/resume", None)]
CHANGES += [
    ("post", "/run", None),
    ("post", "/backfill", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}),
]


@pytest.mark.parametrize(("method", "verb", "body"), CHANGES)
def test_only_ones_own_are_changed_and_another_tenants_are_not_there(service, create, method, verb, body):
    id_ = create()
    options = {"json": body} if body is not None else {}
    for caller, expected in (
        (service.user("bob"), 403),
        (service.key("sk_test_readonly"), 403),
        (service.key("sk_test_other"), 404),
    ):
        assert caller.request(method, f"{PATH}/{id_}{verb}", **options).status_code == expected
    assert service.engine.schedules.find("default", id_).rev == 1
    assert service.user("bob").request(method, f"{PATH}/none{verb}", **options).status_code == 404


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 129},
        {"expression": "daily"},
        {"expression": "cron(0 0 * * * *)"},
        {"timezone": "Mars/Base"},
        {"start": "x"},
        {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"},
        {"window_minutes": 1441},
        {"overlap": "maybe"},
        {"catch_up": True},
        {"job": {}},
        {"job": {"kind": "none"}},
        {"job": {"kind": "work", "params": {"other": 1}}},
        {"job": {"kind": "work", "params": {"note": "{{due:%A}}"}}},
        {"job": {"kind": "work", "params": {"api_key": "x"}}},
        {"job": {"kind": "work", "rate_key": "x"}},
        {"secrets": {"none": "x"}},
        {"id": "mine"},
    ],
)
def test_what_is_no_schedule_is_refused(service, ann, create, change):
    with service.leaves_one_record():
        assert ann.post(PATH, json=BODY | change).status_code == 422
    assert service.world.schedules == {}
    id_ = create()
    assert ann.patch(f"{PATH}/{id_}", json=change).status_code == 422


@pytest.mark.parametrize(
    "body", [{}, {"from": "2026-01-01T00:00:00Z"}, {"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}]
)
def test_what_is_no_span_is_refused(ann, create, body):
    assert ann.post(f"{PATH}/{create()}/backfill", json=body).status_code == 422
