"""Pause, resume and control state of tasks."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fermata.control.scopes import hold_scope
from fermata.domain.holds import SYSTEM, Hold
from fermata.domain.transitions import Status

TASKS = "/api/v1/tasks"
STATE = {
    "task_id",
    "is_paused",
    "is_cancelled",
    "paused_at",
    "pause_reason",
    "paused_by",
    "checkpoint",
    "cancel_reason",
    "cancelled_by",
}
PAUSE = {
    Status.PAUSED: "task is already paused",
    Status.WAITING_REVIEW: "cannot pause waiting review task",
    Status.COMPLETED: "cannot pause completed task",
    Status.FAILED: "cannot pause failed task",
    Status.CANCELLED: "cannot pause cancelled task",
    Status.TIMED_OUT: "cannot pause timed out task",
}
RESUME = {
    Status.PENDING: "task is not paused",
    Status.RUNNING: "task is not paused",
    Status.WAITING_REVIEW: "task is not paused",
    Status.COMPLETED: "cannot resume completed task",
    Status.FAILED: "cannot resume failed task",
    Status.CANCELLED: "cannot resume cancelled task",
    Status.TIMED_OUT: "cannot resume timed out task",
}


def state(caller: httpx.Client, number: int) -> dict[str, Any]:
    answer = caller.get(f"{TASKS}/task-{number}/control-state")
    assert set(answer.json()) == STATE
    return dict(answer.json())


@pytest.mark.parametrize("form", ["{}", "task-{}"])
@pytest.mark.parametrize("sent", [{}, {"content": b""}, {"json": {}}, {"json": None}, {"json": {"reason": "later"}}])
def test_pause_echoes_the_id_as_it_was_given(ann: httpx.Client, create: Any, form: str, sent: dict[str, Any]) -> None:
    id_ = form.format(create(ann, "a"))
    answer = ann.post(f"{TASKS}/{id_}/pause", **sent)
    assert answer.status_code == 202
    assert answer.json() == {"success": True, "message": "Pause signal sent", "task_id": id_}


@pytest.mark.parametrize("status", Status)
def test_pause_answers_each_status_as_documented(
    service: Any, ann: httpx.Client, create: Any, put: Any, status: Status
) -> None:
    number = create(ann)
    put(number, status)
    with service.leaves_one_record():
        answer = ann.post(f"{TASKS}/{number}/pause")
    if status in PAUSE:
        assert (answer.status_code, answer.json()) == (409, {"error": PAUSE[status]})
    else:
        assert answer.status_code == 202


@pytest.mark.parametrize("status", Status)
def test_resume_answers_each_status(service: Any, ann: httpx.Client, create: Any, put: Any, status: Status) -> None:
    number = create(ann)
    put(number, status)
    with service.leaves_one_record():
        answer = ann.post(f"{TASKS}/{number}/resume")
    if status in RESUME:
        assert (answer.status_code, answer.json()) == (409, {"error": RESUME[status]})
    else:
        assert answer.status_code == 202
        assert answer.json() == {"success": True, "message": "Resume signal sent", "task_id": str(number)}


def test_a_pending_task_is_paused_before_its_execution(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a")
    ann.post(f"{TASKS}/{number}/pause", json={"reason": "look first"})
    service.driver.run()
    shown = state(ann, number)
    assert (shown["is_paused"], shown["checkpoint"]) == (True, "pre_execution")
    assert (shown["pause_reason"], shown["paused_by"], shown["task_id"]) == ("look first", "ann", f"task-{number}")
    assert shown["paused_at"].endswith("Z")


def test_a_pause_in_the_middle_of_a_unit_is_asked_for_first_and_reached_then(
    service: Any, ann: httpx.Client, create: Any, during: Any
) -> None:
    asked: list[dict[str, Any]] = []
    number = create(ann, "a", "b")
    during["a"] = lambda: (ann.post(f"{TASKS}/{number}/pause"), asked.append(state(ann, number)))
    service.driver.run()
    assert (asked[0]["is_paused"], asked[0]["paused_by"], asked[0]["paused_at"]) == (False, "ann", None)
    assert (state(ann, number)["is_paused"], state(ann, number)["checkpoint"]) == (True, "unit")


def test_a_resumed_task_goes_on_where_it_stopped(service: Any, ann: httpx.Client, create: Any, during: Any) -> None:
    number = create(ann, "a", "b")
    during["a"] = lambda: ann.post(f"{TASKS}/{number}/pause")
    service.driver.run()
    assert ann.get(f"{TASKS}/{number}").json()["data"]["progress"] == 1
    ann.post(f"{TASKS}/{number}/resume")
    assert not any(state(ann, number)[name] for name in ("is_paused", "paused_at", "pause_reason", "checkpoint"))
    service.driver.run()
    assert ann.get(f"{TASKS}/{number}").json()["data"]["status"] == "completed"


def test_a_task_that_the_system_holds_says_so_and_stays_paused_after_resume(
    service: Any, ann: httpx.Client, create: Any
) -> None:
    number = create(ann, "a")
    ann.post(f"{TASKS}/{number}/pause", json={"reason": "mine"})
    hold_scope(service.engine, None, "default", Hold(SYSTEM, "maintenance", "window", 0.0))
    answer = ann.post(f"{TASKS}/{number}/resume")
    said = "Pause removed, but the whole system is held by maintenance: window"
    assert (answer.status_code, answer.json()["message"]) == (202, said)
    shown = state(ann, number)
    assert (shown["is_paused"], shown["pause_reason"], shown["paused_by"]) == (True, "window", "maintenance")
    again = ann.post(f"{TASKS}/{number}/resume")
    assert (again.status_code, again.json()) == (
        409,
        {"error": "cannot resume: the whole system is held by maintenance: window"},
    )


def test_the_control_state_of_a_cancelled_task_is_not_paused(ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a")
    ann.post(f"{TASKS}/{number}/pause", json={"reason": "mine"})
    ann.post(f"{TASKS}/{number}/cancel")
    shown = state(ann, number)
    assert (shown["is_cancelled"], shown["is_paused"], shown["pause_reason"]) == (True, False, None)


@pytest.mark.parametrize("verb", ["pause", "resume"])
@pytest.mark.parametrize("id_", ["99", "task-99", "abc", "task-", "task-0", "task-task-1", "9" * 40])
def test_an_unknown_task_is_not_found(service: Any, ann: httpx.Client, create: Any, verb: str, id_: str) -> None:
    create(ann)
    with service.leaves_one_record():
        answer = ann.post(f"{TASKS}/{id_}/{verb}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Task not found"})


@pytest.mark.parametrize(
    ("verb", "method"), [("pause", "POST"), ("resume", "POST"), ("control-state", "GET"), ("stream", "GET")]
)
def test_another_tenants_task_is_not_found(
    service: Any, ann: httpx.Client, create: Any, verb: str, method: str
) -> None:
    answer = service.key("sk_test_other").request(method, f"{TASKS}/{create(ann)}/{verb}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Task not found"})


@pytest.mark.parametrize(("length", "status"), [(500, 202), (501, 422)])
def test_a_reason_has_five_hundred_characters_at_most(
    service: Any, ann: httpx.Client, create: Any, length: int, status: int
) -> None:
    number = create(ann)
    with service.leaves_one_record():
        assert ann.post(f"{TASKS}/{number}/pause", json={"reason": "ä" * length}).status_code == status


@pytest.mark.parametrize("sent", [{"json": []}, {"json": {"reason": 5}}, {"json": {"why": "x"}}, {"content": b"{"}])
def test_a_bad_body_is_told_as_an_error_and_pauses_nothing(
    service: Any, ann: httpx.Client, create: Any, sent: dict[str, Any]
) -> None:
    number = create(ann)
    with service.leaves_one_record():
        answer = ann.post(f"{TASKS}/{number}/pause", **sent)
    assert (answer.status_code, set(answer.json())) == (422, {"error"})
    assert state(ann, number)["pause_reason"] is None


# Who may -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "method"), [("pause", "POST"), ("resume", "POST"), ("control-state", "GET"), ("stream", "GET")]
)
def test_a_caller_whom_nobody_knows_is_unauthorized(service: Any, verb: str, method: str) -> None:
    answer = service.client(x_api_key="sk_wrong").request(method, f"{TASKS}/1/{verb}")
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_read_only_key_is_forbidden(service: Any, ann: httpx.Client, create: Any, verb: str) -> None:
    number = create(ann)
    with service.leaves_one_record():
        answer = service.key("sk_test_readonly").post(f"{TASKS}/{number}/{verb}")
    assert (answer.status_code, answer.json()) == (403, {"error": "Forbidden"})


def test_users_pause_tasks_of_their_own_and_administrators_those_of_others(
    service: Any, ann: httpx.Client, create: Any
) -> None:
    number = create(ann)
    with service.leaves_one_record():
        answer = service.user("ben").post(f"{TASKS}/{number}/pause")
    assert (answer.status_code, answer.json()) == (403, {"error": "Forbidden"})
    assert service.user("ben", scope="control admin").post(f"{TASKS}/{number}/pause").status_code == 202


def test_a_task_that_nobody_in_particular_created_is_everybodys(make_service: Any, service: Any, create: Any) -> None:
    open_ = make_service(kinds=service.kinds, anonymous=True)
    number = create(open_.client(), "a")
    assert open_.user("ben").post(f"{TASKS}/{number}/pause").status_code == 202


def test_the_trace_of_the_caller_is_in_the_audit_record(service: Any, ann: httpx.Client, create: Any) -> None:
    trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    ann.post(f"{TASKS}/task-{create(ann)}/pause", headers={"traceparent": trace})
    act = service.world.audit["default"][-1].act
    assert (act.action, act.target, act.trace) == ("tasks.pause", "1", trace)


def test_a_wrong_method_is_told_in_the_shape_of_the_route(ann: httpx.Client) -> None:
    answer = ann.get(f"{TASKS}/1/pause")
    assert (answer.status_code, set(answer.json())) == (405, {"error"})
