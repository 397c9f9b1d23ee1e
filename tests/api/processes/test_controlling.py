"""Create, retry, cancel and review of processes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fermata.api.formatting import PROCESSES as WORDS
from fermata.control.termination import fail
from fermata.domain.errors import WrongStatus
from fermata.domain.jobs import Ref
from fermata.domain.transitions import Command, Status, after

PROCESS = {"id", "type", "status", "progress", "metadata", "result_summary"}
APPROVE = {"decision": "approve"}


def status(caller: httpx.Client, number: int) -> str:
    return str(caller.get(f"/processes/{number}").json()["status"])


def allowed(status: Status, command: Command) -> bool:
    try:
        after(status, command)
    except WrongStatus:
        return False
    return True


# Create ------------------------------------------------------------------------------------------------------------------


def test_a_created_process_is_shown_in_full(ann: httpx.Client) -> None:
    answer = ann.post("/processes", json={"type": "csv_import", "workspace_id": "a", "input": {"rows": []}})
    assert (answer.status_code, set(answer.json())) == (201, PROCESS)
    shown = answer.json()
    assert (shown["id"], shown["type"], shown["status"], shown["progress"]) == (1, "csv_import", "pending", 0)
    assert shown["metadata"]["workspace_id"] == "a"


@pytest.mark.parametrize("type_", ["ai_location_import", "ai_improvement", "tag_documents", ""])
def test_a_type_without_a_kind_is_refused_with_those_there_are(service: Any, ann: httpx.Client, type_: str) -> None:
    with service.leaves_one_record():
        answer = ann.post("/processes", json={"type": type_})
    assert (answer.status_code, answer.json()) == (
        422,
        {"detail": f"type: no kind of work does {type_!r}; there are: csv_import"},
    )


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "type"),
        ({"type": 5}, "type"),
        ({"type": "csv_import", "workspace_id": "a|b"}, "workspace_id"),
        ({"type": "csv_import", "workspace_id": "a" * 65}, "workspace_id"),
        ({"type": "csv_import", "workspace_id": True}, "workspace_id"),
        ({"type": "csv_import", "input": []}, "input"),
        ({"type": "csv_import", "input": {}}, "input"),
        ({"type": "csv_import", "input": {"rows": ["x" * 256 * 1024]}}, "input"),
        ({"type": "csv_import", "colour": "red"}, "colour"),
        ([], "body"),
        (None, "body"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_body_creates_nothing_and_is_told_by_its_place(
    service: Any, ann: httpx.Client, body: Any, place: str
) -> None:
    with service.leaves_one_record():
        answer = ann.post("/processes", json=body) if body is not None else ann.post("/processes")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(place)
    assert service.world.jobs == {}


# In every status ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at", Status)
def test_cancel_answers_by_the_table(service: Any, ann: httpx.Client, create: Any, put: Any, at: Status) -> None:
    number = create(ann)
    put(number, at)
    with service.leaves_one_record():
        answer = ann.post(f"/processes/{number}/cancel")
    if allowed(at, Command.CANCEL):
        assert (answer.status_code, set(answer.json()), answer.json()["status"]) == (200, PROCESS, "cancelled")
    else:
        assert (answer.status_code, answer.json()) == (
            409,
            {"detail": f"cannot cancel a process that is {WORDS[at]}"},
        )
    assert status(ann, number) == ("cancelled" if allowed(at, Command.CANCEL) else WORDS[at])


@pytest.mark.parametrize("at", Status)
def test_retry_answers_only_a_failed_process(
    service: Any, ann: httpx.Client, create: Any, put: Any, at: Status
) -> None:
    number = create(ann)
    put(number, at)
    with service.leaves_one_record():
        answer = ann.post(f"/processes/{number}/retry")
    if WORDS[at] == "failed":
        assert (answer.status_code, set(answer.json()), answer.json()["status"]) == (200, PROCESS, "pending")
    else:
        assert (answer.status_code, answer.json()) == (409, {"detail": f"cannot retry a process that is {WORDS[at]}"})


@pytest.mark.parametrize("at", Status)
@pytest.mark.parametrize(("decision", "becomes"), [("approve", "running"), ("reject", "cancelled")])
def test_a_decision_needs_a_process_that_waits_for_it(
    service: Any, ann: httpx.Client, create: Any, put: Any, at: Status, decision: str, becomes: str
) -> None:
    number = create(ann)
    put(number, at)
    with service.leaves_one_record():
        answer = ann.post(f"/processes/{number}/review", json={"decision": decision})
    if at is Status.WAITING_REVIEW:
        assert (answer.status_code, answer.json()["status"]) == (200, becomes)
    else:
        assert (answer.status_code, answer.json()) == (409, {"detail": f"cannot review a process that is {WORDS[at]}"})


# Retry -------------------------------------------------------------------------------------------------------------------


def test_a_retry_keeps_what_succeeded_and_runs_only_the_rest(
    service: Any, ann: httpx.Client, create: Any, rows: Any
) -> None:
    rows.bad = {"b"}
    number = create(ann, *"abcdef")
    for _ in range(4):  # the execution, the plan, and the units a and b
        service.driver.step()
    fail(service.engine, Ref("default", f"processes:{number}"), 1, "the disk was full")
    assert rows.validated == ["a", "b"]
    rows.bad = set()
    ann.post(f"/processes/{number}/retry")
    service.driver.run()
    assert sorted(rows.validated[2:]) == list("bcdef")
    assert status(ann, number) == "waiting_review"


def test_the_progress_never_falls_through_failures_retries_and_review(
    service: Any, ann: httpx.Client, create: Any, rows: Any
) -> None:
    rows.bad = {"b"}
    number = create(ann, *"abcdef")
    seen: list[int] = []

    def look() -> None:
        seen.append(ann.get(f"/processes/{number}").json()["progress"])

    def run(steps: int) -> None:
        while steps and service.driver.step():
            look()
            steps -= 1

    run(5)
    fail(service.engine, Ref("default", f"processes:{number}"), 1, "the disk was full")
    look()
    assert 0 < seen[-1] < 99
    ann.post(f"/processes/{number}/retry", json={"reason": "there is room now"})
    look()
    run(100)
    assert (status(ann, number), seen[-1]) == ("waiting_review", 100)
    ann.post(f"/processes/{number}/review", json=APPROVE)
    run(100)
    assert (status(ann, number), seen[-1]) == ("completed", 100)
    assert seen == sorted(seen)
    assert "Retried: there is room now" in [line["message"] for line in ann.get(f"/processes/{number}/events").json()]


# Review ------------------------------------------------------------------------------------------------------------------


def test_an_approved_draft_is_applied_once(service: Any, ann: httpx.Client, create: Any, rows: Any) -> None:
    number = create(ann, "a", "b")
    service.driver.run()
    assert (status(ann, number), rows.applied) == ("waiting_review", [])
    assert ann.post(f"/processes/{number}/review", json=APPROVE | {"reason": "fine"}).status_code == 200
    service.driver.run()
    assert (status(ann, number), rows.applied) == ("completed", ["a", "b"])
    assert ann.post(f"/processes/{number}/review", json=APPROVE).status_code == 409
    assert "Approved by ann: fine" in [line["message"] for line in ann.get(f"/processes/{number}/events").json()]


def test_only_the_approved_units_are_applied(service: Any, ann: httpx.Client, create: Any, rows: Any) -> None:
    number = create(ann, "a", "b", "c")
    service.driver.run()
    ann.post(f"/processes/{number}/review", json=APPROVE | {"units": [2, 0, 2]})
    service.driver.run()
    assert rows.applied == ["a", "c"]


def test_a_rejected_draft_leaves_nothing_but_history(service: Any, ann: httpx.Client, create: Any, rows: Any) -> None:
    number = create(ann, "a")
    service.driver.run()
    answer = ann.post(f"/processes/{number}/review", json={"decision": "reject", "reason": "wrong file"})
    service.driver.run()
    assert (answer.json()["status"], rows.applied) == ("cancelled", [])
    assert ann.get(f"/processes/{number}/events").json()[-1]["message"] == "Rejected by ann: wrong file"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "decision"),
        ({"decision": "maybe"}, "decision"),
        (APPROVE | {"units": []}, "units"),
        (APPROVE | {"units": [-1]}, "units"),
        (APPROVE | {"units": [True]}, "units"),
        (APPROVE | {"units": ["1"]}, "units"),
        (APPROVE | {"units": 1}, "units"),
        (APPROVE | {"units": list(range(0, 40_000, 2))}, "units"),
        ({"decision": "reject", "units": [1]}, "units"),
        (APPROVE | {"reason": "x" * 501}, "reason"),
        (APPROVE | {"unit": [1]}, "unit"),
        (None, "body"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_decision_decides_nothing(
    service: Any, ann: httpx.Client, create: Any, put: Any, body: Any, place: str
) -> None:
    number = create(ann, "a")
    put(number, Status.WAITING_REVIEW)
    with service.leaves_one_record():
        answer = ann.post(f"/processes/{number}/review", json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(place)
    assert status(ann, number) == "waiting_review"


def test_a_reason_may_have_five_hundred_characters(ann: httpx.Client, create: Any, put: Any) -> None:
    number = create(ann, "a")
    put(number, Status.WAITING_REVIEW)
    assert ann.post(f"/processes/{number}/review", json=APPROVE | {"reason": "x" * 500}).status_code == 200


# Who may -----------------------------------------------------------------------------------------------------------------

COMMANDS = [("", {"type": "csv_import"}), ("/1/retry", None), ("/1/cancel", None), ("/1/review", APPROVE)]


@pytest.mark.parametrize(("path", "body"), COMMANDS)
def test_a_read_only_key_is_forbidden(service: Any, ann: httpx.Client, create: Any, path: str, body: Any) -> None:
    create(ann)
    with service.leaves_one_record():
        answer = service.key("sk_test_readonly").post(f"/processes{path}", json=body)
    assert (answer.status_code, set(answer.json())) == (403, {"detail"})


@pytest.mark.parametrize(("path", "body"), COMMANDS[1:])
def test_another_tenants_process_is_not_found(
    service: Any, ann: httpx.Client, create: Any, path: str, body: Any
) -> None:
    create(ann)
    with service.leaves_one_record("other"):
        answer = service.key("sk_test_other").post(f"/processes{path}", json=body)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Process not found: 1"})
    assert status(ann, 1) == "pending"


def test_users_cancel_processes_of_their_own_and_administrators_those_of_others(
    service: Any, ann: httpx.Client, create: Any
) -> None:
    number = create(ann)
    assert service.user("ben").post(f"/processes/{number}/cancel").status_code == 403
    assert service.user("ben", scope="control admin").post(f"/processes/{number}/cancel").status_code == 200


def test_a_reason_for_cancelling_is_kept_and_shown(service: Any) -> None:
    client = service.key()
    id_ = client.post("/processes", json={"type": "csv_import", "input": {"rows": []}}).json()["id"]
    said = client.post(f"/processes/{id_}/cancel", json={"reason": "wrong file"}).json()
    assert said["result_summary"] == {"error": "wrong file"}
    assert client.get(f"/processes/{id_}/events").json()[-1]["message"] == "Cancelled: wrong file"
    assert client.post(f"/processes/{id_}/cancel", json={"why": "x"}).status_code == 422


def test_a_process_of_another_workspace_is_not_there(service: Any) -> None:
    client = service.key()
    made = client.post("/processes", json={"type": "csv_import", "workspace_id": 7, "input": {"rows": []}}).json()
    path = f"/processes/{made['id']}"
    for method, tail in (("GET", ""), ("GET", "/events"), ("GET", "/stream"), ("POST", "/retry"), ("POST", "/cancel")):
        assert client.request(method, f"{path}{tail}", params={"workspace_id": "8"}).status_code == 404, tail
    assert client.get(path, params={"workspace_id": "7"}).status_code == 200
    assert client.post(f"{path}/cancel", params={"workspace_id": "7"}).status_code == 200
