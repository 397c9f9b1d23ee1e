"""An update under running work is a non-event: what the releases before have stored and sent is read by this one."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytestmark = pytest.mark.stack

STATUSES = {
    "batch:tagged": ("completed", 1, 1),
    "completed": ("completed", 7, 0),
    "partly": ("completed", 4, 3),
    "failed": ("failed", 0, 2),
    "large": ("completed", 3, 0),
    "cancelled": ("cancelled", 0, 0),
    "processes:1": ("completed", None, 0),
    "tasks:1": ("failed", 0, 1),
}


@pytest.mark.parametrize("name", STATUSES)
def test_a_job_that_is_over_shows_as_it_did(updated: Any, name: str) -> None:
    job = updated.job(name)
    status, succeeded, failed = STATUSES[name]
    assert (job["status"], job["counts"]["failed"]) == (status, failed)
    assert succeeded is None or job["counts"]["succeeded"] == succeeded


def test_each_family_lists_and_shows_what_was_its_own(updated: Any) -> None:
    assert updated.get("/api/batch/jobs/tagged/status")["processed_count"] == 1
    assert [task["id"] for task in updated.get("/api/v1/tasks?project_id=1")["data"]] == [1]
    assert sorted(process["id"] for process in updated.get("/processes")) == [1, 2]
    assert {source["title"] for source in updated.get("/api/v1/sources")["sources"]} == {"Indexed", "Waiting"}


def test_results_events_and_history_are_read(updated: Any) -> None:
    assert updated.results(updated.ids["partly"]) == list(range(7))
    events = updated.get(f"/api/v1/jobs/{updated.ids['partly']}/events")["events"]
    assert [event["number"] for event in events] == list(range(1, 8))
    rows = updated.get("/api/batch/jobs/tagged/results")["results"]
    assert sorted(bool(row["tags"]) for row in rows) == [False, True]
    assert {event["event_type"] for event in updated.get("/api/v1/system/processing/events")} >= {"pause", "resume"}


def test_what_was_indexed_and_imported_is_found(updated: Any) -> None:
    assert [hit["source_id"] for hit in updated.get("/api/v1/search?q=geolocator")["results"]] == [
        updated.ids["indexed"]
    ]
    assert len(updated.get("/api/v1/records/approved")["records"]) == 13


def test_the_audit_log_is_whole(updated: Any) -> None:
    stored = [item for item in updated.recorded("table") if item["sk"]["S"].startswith("audit#")]
    records = updated.get("/api/v1/audit?limit=500")["records"]
    assert len(records) >= len(stored) > 20
    assert updated.get("/api/v1/audit/verification")["intact"] is True


def test_a_job_paused_between_two_units_goes_on_where_it_was(updated: Any) -> None:
    before = updated.results(updated.ids["paused"])
    assert 0 < len(before) < 60
    updated.post(f"/api/v1/jobs/{updated.ids['paused']}/resume", {})
    updated.stack.pump()
    updated.recover()
    job = updated.job("paused")
    assert (job["status"], job["counts"]["succeeded"]) == ("completed", 60)
    assert updated.results(job["id"]) == list(range(60))


def test_a_batch_paused_before_its_first_unit_is_resumed_with_its_secret(updated: Any) -> None:
    updated.post("/api/batch/jobs/sealed/resume", {})
    updated.stack.pump()
    updated.recover()
    job = updated.job("batch:sealed")
    assert (job["status"], job["counts"]["succeeded"], job["error"]) == ("completed", 1, None), job


def test_a_draft_is_approved(updated: Any) -> None:
    assert updated.get("/processes/2")["status"] == "waiting_review"
    updated.post("/processes/2/review", {"decision": "approve"})
    updated.stack.pump()
    updated.recover()
    assert updated.get("/processes/2")["status"] == "completed"
    assert len(updated.get("/api/v1/records/draft")["records"]) == 13


def test_a_held_source_is_released_and_processed(updated: Any) -> None:
    updated.post(f"/api/v1/sources/{updated.ids['waiting']}/resume", {})
    updated.stack.pump()
    updated.recover()
    assert updated.job(f"sources:{updated.ids['waiting']}")["status"] == "completed"


def test_queued_chunks_and_those_of_a_worker_that_is_gone_are_finished(updated: Any) -> None:
    updated.stack.pump()
    updated.recover()
    for name, units in (("queued", 12), ("leased", 40)):
        job = updated.job(name)
        assert (job["status"], job["counts"]["succeeded"]) == ("completed", units)
        assert updated.results(job["id"]) == list(range(units))


def test_every_event_that_may_be_on_its_way_is_understood(updated: Any) -> None:
    """Messages of jobs that are over are dropped; steps of executions that are running go on or end without an error."""
    recorded = updated.recorded("events")
    for event in recorded["worker"].values():
        assert updated.stack.invoke("worker", event) == {"batchItemFailures": []}
    for event in recorded["workflow"].values():
        updated.stack.invoke("workflow", event)
    for event in recorded["recovery"].values():
        updated.stack.invoke("recovery", event)


def test_what_callers_sent_is_still_taken(updated: Any) -> None:
    """The very requests, except that a number or an id that is taken by now is answered as that."""
    for path, event in updated.recorded("events")["api"].items():
        answer = updated.stack.invoke("api", json.loads(json.dumps(event)))
        assert answer["statusCode"] in (200, 201, 202, 409), (path, answer["body"])
