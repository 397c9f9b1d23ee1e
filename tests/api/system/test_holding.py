from __future__ import annotations

import pytest

SYSTEM = "/api/v1/system/processing"
BATCH = "/api/batch"
DOCUMENT = {"title": "A", "file_path": "https://example.com/a.pdf", "file_source_type": "url"}


@pytest.fixture
def start(ann):
    """Starts a batch; its id."""
    return lambda: ann.post(f"{BATCH}/start", json={"documents": [DOCUMENT] * 4, "config": {}}).json()["job_id"]


@pytest.fixture
def status(ann):
    return lambda job_id: ann.get(f"{BATCH}/jobs/{job_id}/status").json()["status"]


def test_the_documented_calls_answer_as_documented(service, admin, clock):
    with service.leaves_one_record():
        answer = admin.post(f"{SYSTEM}/pause", json={"reason": "Scheduled maintenance"})
    assert (answer.status_code, answer.json()) == (200, {"paused": True})
    expected = {"paused": True, "paused_at": "2026-04-13T09:00:00", "reason": "Scheduled maintenance"}
    assert admin.get(f"{SYSTEM}/status").json() == expected
    with service.leaves_one_record():
        answer = admin.post(f"{SYSTEM}/resume")
    assert (answer.status_code, answer.json()) == (200, {"paused": False})
    assert admin.get(f"{SYSTEM}/status").json() == {"paused": False, "paused_at": None, "reason": None}


@pytest.mark.parametrize("content", [b"", b"{}"])
def test_a_pause_needs_no_body(admin, content):
    assert admin.post(f"{SYSTEM}/pause", content=content).status_code == 200
    assert admin.get(f"{SYSTEM}/status").json()["reason"] is None


def test_pausing_again_replaces_the_reason_and_not_the_time(admin, clock):
    admin.post(f"{SYSTEM}/pause", json={"reason": "one"})
    clock.sleep(60)
    assert admin.post(f"{SYSTEM}/pause", json={"reason": "two"}).status_code == 200
    expected = {"paused": True, "paused_at": "2026-04-13T09:00:00", "reason": "two"}
    assert admin.get(f"{SYSTEM}/status").json() == expected


def test_resuming_what_is_not_paused_is_fine(admin):
    assert admin.post(f"{SYSTEM}/resume").json() == {"paused": False}


def test_work_submitted_meanwhile_is_accepted_and_waits(service, admin, start, status):
    admin.post(f"{SYSTEM}/pause")
    job_id = start()
    service.driver.run()
    service.driver.recover()
    assert status(job_id) == "paused"
    admin.post(f"{SYSTEM}/resume")
    service.driver.run()
    assert status(job_id) == "completed"


def test_a_system_resume_clears_no_jobs_own_pause(service, ann, admin, start, status):
    job_id = start()
    ann.post(f"{BATCH}/jobs/{job_id}/pause")
    admin.post(f"{SYSTEM}/pause")
    admin.post(f"{SYSTEM}/resume")
    service.driver.run()
    assert status(job_id) == "paused"
    ann.post(f"{BATCH}/jobs/{job_id}/resume")
    service.driver.run()
    assert status(job_id) == "completed"


def test_a_resumed_job_waits_while_the_system_is_paused(service, ann, admin, start, status):
    job_id = start()
    ann.post(f"{BATCH}/jobs/{job_id}/pause")
    admin.post(f"{SYSTEM}/pause")
    ann.post(f"{BATCH}/jobs/{job_id}/resume")
    service.driver.run()
    assert status(job_id) == "paused"


def test_a_pause_of_one_tenant_holds_no_other(service, admin, start, status):
    other = service.key("sk_test_other")
    other.post(f"{SYSTEM}/pause", json={"reason": "theirs"})
    job_id = start()
    service.driver.run()
    assert status(job_id) == "completed"
    assert admin.get(f"{SYSTEM}/status").json()["paused"] is False


def test_a_pause_with_an_end_ends_by_itself_and_says_so(service, admin, start, status, clock):
    admin.post(f"{SYSTEM}/pause", json={"until": "2026-04-13T10:00:00Z"})
    job_id = start()
    service.driver.run()
    clock.sleep(3601)
    assert admin.get(f"{SYSTEM}/status").json() == {"paused": False, "paused_at": None, "reason": None}
    service.driver.recover()
    service.driver.run()
    assert status(job_id) == "completed"
    events = admin.get(f"{SYSTEM}/events").json()
    assert [event["event_type"] for event in events] == ["pause", "resume"]


def test_a_pause_after_one_that_ended_by_itself_begins_anew(admin, clock):
    admin.post(f"{SYSTEM}/pause", json={"until": "2026-04-13T10:00:00Z"})
    clock.sleep(7200)
    admin.post(f"{SYSTEM}/pause")
    assert admin.get(f"{SYSTEM}/status").json()["paused_at"] == "2026-04-13T11:00:00"


@pytest.mark.parametrize("method, path", [("POST", "pause"), ("POST", "resume"), ("DELETE", "events")])
def test_holding_and_clearing_need_the_scope_admin(service, method, path):
    with service.leaves_one_record():
        answer = service.user("ann").request(method, f"{SYSTEM}/{path}")
    assert (answer.status_code, answer.json()) == (403, {"detail": "this needs the scope admin"})


def test_the_documented_calls_work_without_credentials_where_the_stack_says_so(make_service):
    client = make_service(anonymous=True).client()
    assert client.post(f"{SYSTEM}/pause", json={"reason": "Scheduled maintenance"}).status_code == 200
    assert client.get(f"{SYSTEM}/status").json()["paused"] is True
    assert client.post(f"{SYSTEM}/resume").status_code == 200
    assert len(client.get(f"{SYSTEM}/events?event_type=pause&limit=20").json()) == 1
    assert client.delete(f"{SYSTEM}/events").json() == {"deleted": 2}


def test_without_credentials_nobody_is_let_in_elsewhere(service):
    for method, path in [("POST", "pause"), ("POST", "resume"), ("GET", "status"), ("GET", "events")]:
        assert service.client().request(method, f"{SYSTEM}/{path}").status_code == 401


@pytest.mark.parametrize(
    "body",
    [{"reason": "x" * 501}, {"reason": 5}, {"until": "soon"}, {"until": "2020-01-01T00:00:00"}, {"x": 1}, [], "x"],
)
def test_a_body_that_is_none_of_a_pause_is_refused(service, admin, body):
    with service.leaves_one_record():
        assert admin.post(f"{SYSTEM}/pause", json=body).status_code == 422
    assert admin.get(f"{SYSTEM}/status").json()["paused"] is False


def test_a_reason_of_500_characters_is_taken(admin):
    admin.post(f"{SYSTEM}/pause", json={"reason": "x" * 500})
    assert admin.get(f"{SYSTEM}/status").json()["reason"] == "x" * 500
