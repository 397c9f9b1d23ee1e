"""Every route that stops, resumes or runs something again takes a reason, and nothing that it does not know."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fermata.cli.pages import description

VERBS = ("pause", "resume", "cancel", "retry", "review", "enable", "disable")
KEPT = [
    (f"{path}", method)
    for path, methods in description()["paths"].items()
    for method in methods
    if path.rpartition("/")[2] in VERBS
]


def body_of(path: str, method: str) -> dict[str, Any]:
    described = description()
    schema = described["paths"][path][method]["requestBody"]["content"]["application/json"]["schema"]
    found: dict[str, Any] = described["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


@pytest.mark.parametrize(("path", "method"), KEPT, ids=str)
def test_a_reason_is_asked_for_in_the_same_words_everywhere(path: str, method: str) -> None:
    reason = body_of(path, method)["properties"]["reason"]
    assert [one.get("maxLength") for one in reason["anyOf"]] == [500, None]
    assert body_of(path, method)["additionalProperties"] is False


WITHOUT = [
    (method, path)
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
    if method not in ("get", "head") and "requestBody" not in operation and "{source_id}" not in path
]
"""But sources, which this service has no kind for."""


@pytest.mark.parametrize(("method", "path"), WITHOUT, ids=str)
def test_a_body_is_refused_where_nobody_reads_it(service: Any, method: str, path: str) -> None:
    admin = service.key()
    schedule = {"name": "nightly", "expression": "rate(1 day)", "job": {"kind": "tag_documents"}}
    ids = {
        "schedule_id": admin.post("/api/v1/schedules", json=schedule).json()["id"],
        **dict.fromkeys(("key_id", "webhook_id", "delivery_id"), "x"),
    }
    answer = admin.request(method, path.format(**ids), json={"resaon": "x"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "resaon: is not known here")


@pytest.mark.parametrize("content", [b"", b"{}"])
def test_a_body_that_says_nothing_is_taken_everywhere(service: Any, content: bytes) -> None:
    sent = {"content": content, "headers": {"Content-Type": "application/json"}}
    assert service.key().post("/api/v1/session/stream-ticket", **sent).status_code == 200


DOCUMENTS = [{"title": "A", "file_path": "https://example.com/a", "file_source_type": "url"}] * 2


@pytest.fixture
def batch(ann: httpx.Client) -> str:
    answer = ann.post("/api/batch/start", json={"documents": DOCUMENTS, "config": {}})
    return str(answer.json()["job_id"])


def test_reasons_of_a_batch_are_kept_and_shown(service: Any, ann: httpx.Client, batch: str) -> None:
    for verb in ("pause", "resume", "cancel"):
        assert ann.post(f"/api/batch/jobs/{batch}/{verb}", json={"reason": f"to {verb}"}).status_code == 200
    events = ann.get(f"/api/v1/jobs/batch:{batch}/events").json()["events"]
    told = {event["type"]: event["data"].get("reason") for event in events}
    assert {name: told[name] for name in ("pausing", "resumed", "cancelled")} == {
        "pausing": "to pause",
        "resumed": "to resume",
        "cancelled": "to cancel",
    }


def test_the_reason_of_a_resume_stands_in_the_events_of_the_system(service: Any) -> None:
    admin, system = service.key(), "/api/v1/system/processing"
    for sent in ({"json": {"reason": "all is well"}}, {}):
        admin.post(f"{system}/pause")
        admin.post(f"{system}/resume", **sent)
    assert [line["reason"] for line in admin.get(f"{system}/events?event_type=resume").json()] == ["all is well", None]


def test_the_audit_log_keeps_the_reason_of_whatever_was_done_and_of_what_was_refused(service: Any) -> None:
    admin = service.key()
    schedule = {"name": "nightly", "expression": "rate(1 day)", "job": {"kind": "tag_documents"}}
    schedules = f"/api/v1/schedules/{admin.post('/api/v1/schedules', json=schedule).json()['id']}"
    receiver = {"name": "pager", "url": "https://hooks.example.com/a"}
    webhook = f"/api/v1/webhooks/{admin.post('/api/v1/webhooks', json=receiver).json()['id']}"
    key = f"/api/v1/keys/{admin.post('/api/v1/keys', json={'scopes': ['read']}).json()['id']}"
    for verb in ("pause", "resume", "resume"):
        admin.post(f"{schedules}/{verb}", json={"reason": f"to {verb}"})
    admin.post(f"{webhook}/disable"), admin.post(f"{webhook}/enable", json={"reason": "it is up"})
    for path in (schedules, webhook, key):
        assert admin.delete(path, params={"reason": "over"}).status_code == 200
    told = [(one["action"], one["reason"]) for one in admin.get("/api/v1/audit").json()["records"]][3:]
    assert told == [
        ("schedules.pause", "to pause"),
        ("schedules.resume", "to resume"),
        ("schedules.resume", "to resume"),
        ("webhooks.disable", None),
        ("webhooks.enable", "it is up"),
        ("schedules.delete", "over"),
        ("webhooks.delete", "over"),
        ("keys.revoke", "over"),
    ]
    assert admin.get("/api/v1/audit/verification").json()["intact"]


def test_a_reason_of_what_is_deleted_is_as_long_as_any(service: Any) -> None:
    answer = service.key().delete("/api/v1/keys/x", params={"reason": "x" * 501})
    assert (answer.status_code, answer.json()["detail"][:7]) == (422, "reason:")
