from __future__ import annotations

import pytest

JOBS = "/api/v1/jobs"


def test_a_job_shows_just_these_keys(create, read):
    assert list(read(create())) == [
        *("id", "family", "kind", "workspace", "user", "status", "stage", "stages", "checkpoint", "counts", "progress"),
        *(
            "holds",
            "pause",
            "params",
            "source",
            "limit",
            "timeout",
            "max_failed_share",
            "rate",
            "rate_key",
            "priority",
            "labels",
            "after",
            "on_failure",
            "notify",
            "run",
            "created_at",
            "started_at",
        ),
        *("updated_at", "finished_at", "active_seconds", "idle_seconds", "result", "error", "trace"),
    ]


def test_a_finished_job_tells_all(service, create, read):
    job_id = create(kind="work", params={"units": 4, "bad": [2]})
    service.driver.run()
    job = read(job_id)
    assert job["status"] == "completed"
    assert job["counts"] == {"succeeded": 3, "failed": 1, "remaining": 0, "total": 4}
    assert (job["progress"], job["stage"], job["stages"]) == (1.0, "do", [{"name": "do", "units": 4, "planned": True}])
    assert job["result"] == {"succeeded": 3, "failed": 1}
    assert job["finished_at"] >= job["started_at"] >= job["created_at"]


def test_the_counts_add_up_in_every_read(service, create, read, workshop):
    job_id = create(params={"units": 4, "bad": [1]})
    seen = []
    for number in range(4):
        workshop.during("do", number, lambda: seen.append(read(job_id)["counts"]))
    service.driver.run()
    assert len(seen) == 4
    assert all(counts["succeeded"] + counts["failed"] + counts["remaining"] == counts["total"] for counts in seen)


def test_a_job_of_another_family_is_shown_too(service, make_service):
    service = make_service()
    ann = service.user()
    document = {"title": "A", "file_path": "https://example.com/a", "file_source_type": "url"}
    body = {"documents": [document], "config": {"model_name": "m", "api_key": "hidden"}, "job_id": "mine"}
    ann.post("/api/batch/start", json=body)
    answer = ann.get(f"{JOBS}/batch:mine")
    assert answer.json()["family"] == "batch"
    assert "hidden" not in answer.text


def test_the_receipt_of_a_pause_tells_when_it_was_asked_for_and_when_it_was_reached(
    service, create, read, do, workshop
):
    job_id = create()
    asked = []
    workshop.during("do", 1, lambda: asked.append(do(job_id, "pause", reason="a look").json()))
    service.driver.run()
    assert asked[0]["status"] == "running"
    assert (asked[0]["pause"]["in_flight"], asked[0]["pause"]["quiesced_at"]) == (1, None)
    job = read(job_id)
    assert (job["status"], job["checkpoint"]) == ("paused", "unit")
    assert job["pause"]["quiesced_at"] >= job["pause"]["asked_at"]
    hold = job["holds"][0]
    assert (hold["scope"], hold["owner"], hold["reason"], hold["until"]) == ("job", "ann", "a look", None)


def test_holds_of_the_system_are_shown_with_the_jobs_own(service, create, read, do):
    job_id = create()
    do(job_id, "pause")
    service.key().post("/api/v1/system/processing/pause", json={"reason": "window"})
    assert [hold["scope"] for hold in read(job_id)["holds"]] == ["job", "system"]


def test_paused_time_is_no_active_time(service, create, read, do, workshop, monkeypatch):
    job_id = create()
    now = service.engine.clock.now()
    monkeypatch.setattr(type(service.engine.clock), "now", lambda self: now)
    workshop.during("do", 1, lambda: do(job_id, "pause"))
    service.driver.run()
    monkeypatch.setattr(type(service.engine.clock), "now", lambda self: now + 1000)
    job = read(job_id)
    assert (job["active_seconds"], job["idle_seconds"]) == (0, 1000)
    do(job_id, "resume")
    service.driver.run()
    monkeypatch.setattr(type(service.engine.clock), "now", lambda self: now + 5000)
    assert read(job_id)["idle_seconds"] == 1000


def test_polling_an_unchanged_job_costs_a_304(ann, create, do):
    job_id = create()
    tag = ann.get(f"{JOBS}/{job_id}").headers["etag"]
    assert ann.get(f"{JOBS}/{job_id}", headers={"If-None-Match": tag}).status_code == 304
    do(job_id, "pause")
    assert ann.get(f"{JOBS}/{job_id}", headers={"If-None-Match": tag}).status_code == 200


def test_a_hold_on_the_system_changes_the_tag(service, ann, create):
    job_id = create()
    tag = ann.get(f"{JOBS}/{job_id}").headers["etag"]
    service.key().post("/api/v1/system/processing/pause")
    assert ann.get(f"{JOBS}/{job_id}", headers={"If-None-Match": tag}).status_code == 200


def test_a_history_is_told_in_pages(service, ann, create):
    job_id = create()
    service.driver.run()
    shown, query = [], {"limit": 2}
    while True:
        page = ann.get(f"{JOBS}/{job_id}/events", params=query).json()
        shown += [(event["number"], event["type"]) for event in page["events"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert shown == [(1, "created"), (2, "started"), (3, "stage"), (4, "completed")]


def test_the_history_of_an_open_job_goes_on(ann, create):
    job_id = create()
    page = ann.get(f"{JOBS}/{job_id}/events").json()
    assert (len(page["events"]), page["next_cursor"]) == (1, "1")
    page = ann.get(f"{JOBS}/{job_id}/events", params={"cursor": "1"}).json()
    assert (page["events"], page["next_cursor"]) == ([], "1")


@pytest.mark.parametrize(
    "query", ["cursor=2", "cursor=-1", "cursor=x", "cursor=", "limit=0", "limit=-1", "limit=501", "after=1"]
)
def test_a_history_refuses_what_it_does_not_know(ann, create, query):
    assert ann.get(f"{JOBS}/{create()}/events?{query}").status_code == 422


def test_a_stream_tells_the_history_and_the_end(service, ann, create):
    job_id = create()
    service.driver.run()
    frames = ann.get(f"{JOBS}/{job_id}/stream", headers={"Last-Event-ID": "2"}).text
    assert [line for line in frames.splitlines() if line.startswith(("id:", "event:"))] == [
        *("id: 3", "event: stage", "id: 4", "event: completed", "id: 4-end", "event: done"),
    ]


@pytest.mark.parametrize("last", ["99", "-1", "x"])
def test_a_stream_refuses_a_position_that_never_was(service, ann, create, last):
    job_id = create()
    service.driver.run()
    assert ann.get(f"{JOBS}/{job_id}/stream", headers={"Last-Event-ID": last}).status_code == 422


def test_why_tells_what_holds_a_job(service, ann, create, do):
    job_id = create()
    do(job_id, "pause", reason="a look")
    answer = ann.get(f"{JOBS}/{job_id}/why").json()
    assert answer["sentence"] == "The job waits because it is held by ann: a look."
    assert (answer["job_id"], answer["status"], answer["waits_for"]) == (job_id, "paused", "hold")
    assert answer["facts"]["holds"][0]["reason"] == "a look"


@pytest.mark.parametrize(
    "job_id", ["x", "jobs:", "jobs:nope", "other:1", "jobs:a|b", "jobs:" + "x" * 161, "jobs:%00", "ü", "5"]
)
@pytest.mark.parametrize("path", ["", "/events", "/results", "/stream", "/why"])
def test_an_id_that_names_no_job_is_not_found(ann, job_id, path):
    assert ann.get(f"{JOBS}/{job_id}{path}").status_code == 404
