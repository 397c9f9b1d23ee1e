from __future__ import annotations

import json

import pytest
from fermata.domain.webhooks import Reply
from fermata_client.webhooks import verify

PATH = "/api/v1/webhooks"
URL = "https://hooks.example/secret/path?token=hush"
BODY = {"name": "failures", "url": URL, "events": ["job.*"]}


@pytest.fixture
def create(root):
    def create(client=root, **body):
        answer = client.post(PATH, json=BODY | body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    return create


@pytest.fixture
def work(service, ann):
    """Runs a job, and tells of it."""

    def work(**body):
        answer = ann.post("/api/v1/jobs", json={"kind": "work"} | body)
        assert answer.status_code == 201, answer.text
        service.driver.run()
        service.driver.tell()
        return answer.json()

    return work


def refuse(service, status=410, url=URL):
    service.engine.receivers.answers[url] = lambda body: Reply(status)


def test_a_webhook_shows_all_but_its_secret_which_is_told_once(service, root, create):
    with service.leaves_one_record():
        made = create(kinds=["work"], workspaces=["default"], labels={"team": "data"}, format="slack")
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert (made["name"], made["url"], made["events"], made["user"]) == ("failures", URL, ["job.*"], "root")
    assert (made["state"], made["failures"], made["disabled_at"]) == ("enabled", 0, None)
    assert root.get(f"{PATH}/{made['id']}").json() == made
    assert root.get(PATH).json() == {"webhooks": [made]}
    stored = service.engine.webhooks.find("default", made["id"])
    assert secret not in (stored.sealed_secret, repr(service.world.audit), repr(service.world.events))


def test_the_same_request_makes_one_and_does_not_tell_the_secret_again(service, root):
    headers = {"Idempotency-Key": "k"}
    first = root.post(PATH, json=BODY, headers=headers)
    again = root.post(PATH, json=BODY, headers=headers)
    assert first.headers["location"] == f"{PATH}/{first.json()['id']}"
    assert (again.json()["id"], again.json()["secret"]) == (first.json()["id"], None)
    assert again.headers["idempotent-replay"] == "true"
    other = root.post(PATH, json=BODY | {"name": "other"}, headers=headers)
    assert (other.status_code, "another request body" in other.json()["detail"]) == (409, True)


BAD = [
    ("name", ""),
    ("name", "x" * 129),
    ("name", 5),
    ("url", "http://hooks.example"),
    ("url", "ftp://hooks.example"),
    ("url", "nonsense"),
    ("url", "https://" + "x" * 2050),
    ("events", ["job.none"]),
    ("events", ["webhook.test"]),
    ("events", [""]),
    ("events", ["job.failed"] * 51),
    ("events", "job.failed"),
    ("kinds", ["x" * 65]),
    ("kinds", ["x"] * 21),
    ("workspaces", ["../x"]),
    ("labels", {"": "x"}),
    ("labels", {"x": "y" * 256}),
    ("format", "xml"),
    ("secret", "whsec_x"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_what_can_not_be_is_refused_by_its_name_and_makes_nothing(service, root, create, field, value):
    answer = root.post(PATH, json=BODY | {field: value})
    assert answer.status_code == 422
    assert field in answer.json()["detail"]
    assert root.get(PATH).json() == {"webhooks": []}
    before = create()
    before.pop("secret")
    answer = root.patch(f"{PATH}/{before['id']}", json={field: value})
    assert (answer.status_code, field in answer.json()["detail"]) == (422, True)
    assert root.get(f"{PATH}/{before['id']}").json() == before


def test_a_tenant_has_so_many_and_no_more(service, root, create):
    for _ in range(3):
        create()
    answer = root.post(PATH, json=BODY)
    assert (answer.status_code, answer.json()["detail"]) == (429, "limit reached: webhooks is 3")
    root.delete(f"{PATH}/{root.get(PATH).json()['webhooks'][0]['id']}")
    create()


def test_a_webhook_is_changed_and_the_rest_of_it_stays(service, root, create):
    made = create(kinds=["work"])
    with service.leaves_one_record():
        changed = root.patch(f"{PATH}/{made['id']}", json={"events": ["*"], "url": "https://other.example/"})
    assert (changed.json()["events"], changed.json()["url"]) == (["*"], "https://other.example/")
    assert (changed.json()["name"], changed.json()["kinds"]) == ("failures", ["work"])
    null = root.patch(f"{PATH}/{made['id']}", json={"events": None})
    assert (null.status_code, "events" in null.json()["detail"]) == (422, True)


def test_a_disabled_one_hears_of_nothing_until_it_is_enabled(service, root, create, work):
    id_ = create()["id"]
    with service.leaves_one_record():
        off = root.post(f"{PATH}/{id_}/disable", json={"reason": "moving"}).json()
    assert (off["state"], off["disabled_reason"]) == ("disabled", "by root: moving")
    assert off["disabled_at"] == root.post(f"{PATH}/{id_}/disable").json()["disabled_at"]
    work()
    assert service.engine.receivers.posted == []
    test = root.post(f"{PATH}/{id_}/test")
    assert (test.status_code, test.json()["detail"]) == (409, "the webhook is disabled: by root")
    with service.leaves_one_record():
        assert root.post(f"{PATH}/{id_}/enable").json()["state"] == "enabled"
    work()
    assert len(service.engine.receivers.posted) == 4


def test_one_that_was_deleted_is_there_no_more(service, root, create):
    id_ = create()["id"]
    with service.leaves_one_record():
        assert root.delete(f"{PATH}/{id_}").json() == {"id": id_, "deleted": True}
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/test"), ("POST", "/secret"), ("GET", "/deliveries")):
        answer = root.request(method, f"{PATH}/{id_}{path}")
        assert (answer.status_code, answer.json()["detail"]) == (404, f"Webhook not found: {id_}")


def test_a_test_is_sent_to_that_webhook_alone_and_its_delivery_shows_what_came_of_it(service, root, create):
    made = create(events=[])
    create(url="https://other.example/", events=["*"])
    with service.leaves_one_record():
        answer = root.post(f"{PATH}/{made['id']}/test")
    assert (answer.status_code, answer.json()["state"], answer.json()["type"]) == (202, "pending", "webhook.test")
    service.driver.tell()
    shown = root.get(f"{PATH}/{made['id']}/deliveries/{answer.json()['id']}").json()
    assert (shown["state"], shown["attempts"][0]["status"], shown["next_attempt_at"]) == ("delivered", 204, None)
    ((url, headers, body),) = service.engine.receivers.posted
    assert (url, headers["webhook-id"]) == (URL, answer.json()["id"])
    assert verify(body, headers, made["secret"]) == shown["event"]


def test_a_new_secret_is_told_once_and_signs_beside_the_old_one_for_a_while(service, root, create, work):
    made = create(events=["job.completed"])
    with service.leaves_one_record():
        new = root.post(f"{PATH}/{made['id']}/secret", json={"overlap_hours": 1}).json()
    assert root.get(f"{PATH}/{made['id']}").json()["old_secret_until"] == new["old_secret_until"]
    work()
    service.engine.clock.sleep(3601)
    work()
    now = service.engine.clock.now()
    first, second = service.engine.receivers.posted
    assert verify(first[2], first[1], made["secret"], now=now - 3601) == verify(
        first[2], first[1], new["secret"], now=now - 3601
    )
    assert len(second[1]["webhook-signature"].split()) == 1
    assert root.get(f"{PATH}/{made['id']}").json()["old_secret_until"] is None
    at_once = root.post(f"{PATH}/{made['id']}/secret", json={"overlap_hours": 0}).json()
    assert at_once["old_secret_until"] is None
    for hours in (-1, 169, 1.5, "1"):
        assert root.post(f"{PATH}/{made['id']}/secret", json={"overlap_hours": hours}).status_code == 422


def test_what_was_given_up_is_listed_and_sent_again_one_by_one_and_all_together(service, root, create, work):
    id_ = create(events=["job.completed"])["id"]
    refuse(service)
    for _ in range(3):
        work()
        root.post(f"{PATH}/{id_}/enable")
    dead = root.get(f"{PATH}/{id_}/deliveries", params={"state": "dead"}).json()["deliveries"]
    assert [one["state"] for one in dead] == ["dead"] * 3
    assert {one["reason"] for one in dead} == {"the receiver answered 410"}
    refuse(service, 200)
    with service.leaves_one_record():
        again = root.post(f"{PATH}/{id_}/deliveries/{dead[0]['id']}/resend")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    service.driver.tell()
    twice = root.post(f"{PATH}/{id_}/deliveries/{dead[0]['id']}/resend")
    assert (twice.status_code, "only dead ones" in twice.json()["detail"]) == (409, True)
    ids = [dead[0]["id"], dead[1]["id"], "msg_" + "0" * 32, "nonsense"]
    with service.leaves_one_record():
        some = root.post(f"{PATH}/{id_}/deliveries/resend", json={"ids": ids})
    assert (some.status_code, some.json()) == (202, {"webhook_id": id_, "count": 1, "more": False})
    assert root.post(f"{PATH}/{id_}/deliveries/resend").json()["count"] == 1
    service.driver.tell()
    listed = root.get(f"{PATH}/{id_}/deliveries").json()["deliveries"]
    assert [(one["state"], len(one["attempts"])) for one in listed] == [("delivered", 2)] * 3
    assert root.post(f"{PATH}/{id_}/deliveries/resend", json={"ids": []}).status_code == 422


def test_deliveries_are_listed_a_page_at_a_time(service, root, create, work):
    id_ = create()["id"]
    work()
    first = root.get(f"{PATH}/{id_}/deliveries", params={"limit": 3}).json()
    rest = root.get(f"{PATH}/{id_}/deliveries", params={"limit": 3, "cursor": first["next_cursor"]}).json()
    both = first["deliveries"] + rest["deliveries"]
    assert [one["type"] for one in both] == ["job.completed", "job.stage", "job.started", "job.created"]
    assert {one["job_id"] for one in both} == {root.get("/api/v1/jobs").json()["jobs"][0]["id"]}
    assert rest["next_cursor"] is None
    other = create()["id"]
    for cursor in ("x", first["next_cursor"] + "x"):
        assert root.get(f"{PATH}/{id_}/deliveries", params={"cursor": cursor}).status_code == 422
    foreign = root.get(f"{PATH}/{other}/deliveries", params={"cursor": first["next_cursor"]})
    assert (foreign.status_code, "cursor" in foreign.json()["detail"]) == (422, True)


def test_how_its_receiver_is_shows(service, root, create, work):
    id_ = create(events=["job.completed"])["id"]
    refuse(service, 503)
    work()
    shown = root.get(f"{PATH}/{id_}").json()
    assert (shown["state"], shown["failures"]) == ("failing", 1)
    assert shown["failing_since"] < shown["resting_until"]
    (one,) = root.get(f"{PATH}/{id_}/deliveries", params={"state": "pending"}).json()["deliveries"]
    assert one["attempts"][0]["error"] == "the receiver answered 503"
    assert one["next_attempt_at"]


def test_what_waits_is_sent_to_another_address_at_once(service, root, create, work):
    id_ = create(events=["job.completed"])["id"]
    refuse(service, 503)
    work()
    shown = root.patch(f"{PATH}/{id_}", json={"url": "https://other.example/"}).json()
    assert (shown["state"], shown["resting_until"]) == ("enabled", None)
    service.engine.clock.sleep(130)
    service.driver.recover()
    service.driver.tell()
    assert service.engine.receivers.posted[-1][0] == "https://other.example/"
    assert root.get(f"{PATH}/{id_}/deliveries").json()["deliveries"][0]["state"] == "delivered"


def test_the_key_of_one_that_was_deleted_makes_no_other(root):
    headers = {"Idempotency-Key": "k"}
    id_ = root.post(PATH, json=BODY, headers=headers).json()["id"]
    root.delete(f"{PATH}/{id_}")
    assert root.post(PATH, json=BODY, headers=headers).status_code == 409


def test_only_administrators_see_and_do_anything_here(service, root, create):
    id_ = create()["id"]
    for scope in ("read", "control", "read control"):
        user = service.user("ben", scope=scope)
        assert user.get(PATH).status_code == user.post(PATH, json=BODY).status_code == 403
        assert user.get(f"{PATH}/{id_}/deliveries").status_code == user.post(f"{PATH}/{id_}/test").status_code == 403
    other = service.key("sk_test_other")
    assert other.get(f"{PATH}/{id_}").status_code == other.post(f"{PATH}/{id_}/secret").status_code == 404
    assert other.get(PATH).json() == {"webhooks": []}


# Whom jobs name. ---------------------------------------------------------------------------------------------------------


def test_a_job_tells_whom_it_names_how_it_ended_and_shows_no_secret_of_the_address(service, root, ann, create, work):
    hook = create(events=[])
    job = work(notify=[{"url": URL}, {"webhook": hook["id"], "events": ["job.started"], "format": "json"}])
    sent = [json.loads(body)["type"] for _, _, body in service.engine.receivers.posted]
    assert sorted(sent) == ["job.completed", "job.started"]
    named, other = ann.get(f"/api/v1/jobs/{job['id']}").json()["notify"]
    assert (named["url"], named["format"]) == ("https://hooks.example/…", "json")
    assert named["events"][:2] == ["job.completed", "job.failed"]
    assert (other["url"], other["webhook"]) == (None, hook["id"])
    seen = root.get(f"{PATH}/{named['webhook']}").json()
    assert (seen["url"], seen["name"]) == (URL, "named by jobs")
    (one,) = root.get(f"{PATH}/{named['webhook']}/deliveries").json()["deliveries"]
    assert one["state"] == "delivered"
    assert root.get(PATH).json()["webhooks"][0]["id"] == hook["id"]


def test_what_jobs_name_by_address_is_signed_with_a_secret_that_an_administrator_makes(service, root, work):
    secret = root.post(f"{PATH}/notify/secret").json()["secret"]
    work(notify=[{"url": URL}])
    ((_, headers, body),) = service.engine.receivers.posted
    assert verify(body, headers, secret)["type"] == "job.completed"
    for path in ("", "/deliveries"):
        assert root.get(f"{PATH}/notify{path}").status_code == 404


def test_a_receiver_that_jobs_name_can_not_be_changed_deleted_or_tested(service, root, work):
    job = work(notify=[{"url": URL}])
    id_ = job["notify"][0]["webhook"]
    assert root.patch(f"{PATH}/{id_}", json={"name": "x"}).status_code == 404
    assert root.delete(f"{PATH}/{id_}").status_code == root.post(f"{PATH}/{id_}/test").status_code == 404
    assert root.post(f"{PATH}/{id_}/disable").json()["state"] == "disabled"


NOTIFY = [
    ([{}], "notify"),
    ([{"url": URL, "webhook": "wh-0123456789abcdef"}], "notify[0]"),
    ([{"url": "http://hooks.example"}], "notify[0].url"),
    ([{"url": URL}, {"url": "nonsense"}], "notify[1].url"),
    ([{"webhook": "wh-0123456789abcdef"}], "notify[0].webhook"),
    ([{"webhook": "notify"}], "notify[0].webhook"),
    ([{"url": URL, "events": ["job.none"]}], "notify[0].events"),
    ([{"url": URL, "events": []}], "notify[0].events"),
    ([{"url": URL, "format": "xml"}], "notify[0].format"),
    ([{"url": URL, "secret": "x"}], "notify[0].secret"),
    ([{"url": URL}] * 6, "notify"),
    ("x", "notify"),
]


@pytest.mark.parametrize(("notify", "place"), NOTIFY)
def test_what_can_not_be_notified_refuses_the_job_or_the_schedule_by_its_place(service, ann, notify, place):
    answer = ann.post("/api/v1/jobs", json={"kind": "work", "notify": notify})
    assert (answer.status_code, place in answer.json()["detail"]) == (422, True), answer.text
    schedule = {"name": "n", "expression": "rate(1 minute)", "job": {"kind": "work", "notify": notify}}
    answer = ann.post("/api/v1/schedules", json=schedule)
    assert (answer.status_code, place in answer.json()["detail"]) == (422, True), answer.text
    assert service.world.jobs == service.world.schedules == {}


def test_the_same_request_with_other_receivers_is_another_request(ann):
    headers = {"Idempotency-Key": "k"}
    body = {"kind": "work", "notify": [{"url": URL}]}
    assert ann.post("/api/v1/jobs", json=body, headers=headers).status_code == 201
    assert ann.post("/api/v1/jobs", json=body, headers=headers).headers["idempotent-replay"] == "true"
    assert ann.post("/api/v1/jobs", json={"kind": "work"}, headers=headers).status_code == 409


def test_a_schedules_jobs_tell_whom_it_names(service, ann):
    work = {"kind": "work", "notify": [{"url": URL, "events": ["job.created"]}]}
    body = {"name": "often", "expression": "rate(1 minute)", "job": work}
    made = ann.post("/api/v1/schedules", json=body).json()
    assert made["job"]["notify"][0]["url"] == "https://hooks.example/…"
    ann.patch(f"/api/v1/schedules/{made['id']}", json={"job": {"kind": "work", "limit": 1}})
    service.engine.clock.sleep(60)
    service.driver.trigger()
    service.driver.tell()
    ((url, _, sent),) = service.engine.receivers.posted
    assert (url, json.loads(sent)["job"]["labels"]) == (URL, {"schedule": made["id"]})
    gone = ann.patch(f"/api/v1/schedules/{made['id']}", json={"job": {"kind": "work", "notify": []}})
    assert gone.json()["job"]["notify"] == []
