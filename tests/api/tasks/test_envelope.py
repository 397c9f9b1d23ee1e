"""List, show, create and cancel tasks."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from fermata.api.formatting import TASKS as WORDS
from fermata.domain.errors import WrongStatus
from fermata.domain.transitions import Command, Status, after

TASKS = "/api/v1/tasks"
ITEM = {"id", "project_id", "task_type", "status", "progress", "total", "created_at"}
DETAIL = ITEM | {"params", "result", "error_message", "started_at", "completed_at"}
NOT_FOUND = {"code": 404, "message": "Task not found", "data": None}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def detail(caller: httpx.Client, number: int) -> dict[str, Any]:
    data: dict[str, Any] = caller.get(f"{TASKS}/{number}").json()["data"]
    return data


def listed(caller: httpx.Client, query: str = "") -> list[int]:
    answer = caller.get(f"{TASKS}{query}")
    assert answer.status_code == 200, answer.text
    return [task["id"] for task in answer.json()["data"]]


# Create ------------------------------------------------------------------------------------------------------------------


def test_a_created_task_is_shown_in_the_envelope(ann: httpx.Client) -> None:
    body = {"project_id": 7, "task_type": "crawl", "params": {"urls": ["a"]}}
    answer = ann.post(TASKS, json=body)
    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in ("code", "message")} == {"code": 201, "message": "Task created"}
    data = answer.json()["data"]
    assert set(data) == DETAIL
    assert (data["id"], data["project_id"], data["task_type"], data["status"]) == (1, 7, "crawl", "pending")
    assert data["params"] == {"urls": ["a"], "depth": 1}


def test_tasks_are_numbered_in_each_tenant(service: Any, ann: httpx.Client, create: Any) -> None:
    assert [create(ann), create(ann), create(service.key("sk_test_other"))] == [1, 2, 1]


@pytest.mark.parametrize("type_", ["search", "dedup", "ocr", "index", "keyword_expand", "tag_documents", "", "Crawl"])
def test_a_type_without_a_kind_is_refused_with_those_there_are(service: Any, ann: httpx.Client, type_: str) -> None:
    with service.leaves_one_record():
        answer = ann.post(TASKS, json={"task_type": type_})
    assert answer.status_code == 422
    assert answer.json()["message"] == f"task_type: no kind of work does {type_!r}; there are: crawl"
    assert listed(ann) == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "task_type"),
        ({"task_type": None}, "task_type"),
        ({"task_type": "crawl", "project_id": -1}, "project_id"),
        ({"task_type": "crawl", "project_id": 2**53}, "project_id"),
        ({"task_type": "crawl", "project_id": "one"}, "project_id"),
        ({"task_type": "crawl", "project_id": True}, "project_id"),
        ({"task_type": "crawl", "params": []}, "params"),
        ({"task_type": "crawl", "params": {"urls": 5}}, "params"),
        ({"task_type": "crawl", "params": {"urls": ["x" * 256 * 1024]}}, "params"),
        ({"task_type": "crawl", "colour": "red"}, "colour"),
        ([], "body"),
        (None, "body"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_bad_body_creates_nothing_and_is_told_by_its_place(
    service: Any, ann: httpx.Client, body: Any, place: str
) -> None:
    with service.leaves_one_record():
        answer = ann.post(TASKS, json=body) if body is not None else ann.post(TASKS)
    assert answer.status_code == answer.json()["code"] == 422
    assert answer.json()["message"].startswith(place)
    assert service.world.jobs == {}


def test_a_task_of_no_project_belongs_to_the_default_workspace_which_is_project_0(
    service: Any, ann: httpx.Client, create: Any
) -> None:
    number = create(ann)
    (job,) = service.world.jobs.values()
    assert job.workspace == "default"
    assert detail(ann, number)["project_id"] == 0
    assert listed(ann, "?project_id=0") == [number]


# Show --------------------------------------------------------------------------------------------------------------------


def test_a_completed_task_has_its_result_and_no_error(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a", "b")
    service.driver.run()
    data = detail(ann, number)
    assert (data["status"], data["progress"], data["total"], data["error_message"]) == ("completed", 2, 2, "")
    assert data["result"] == {"succeeded": 2, "failed": 0}
    assert all(TIME.fullmatch(data[name]) for name in ("created_at", "started_at", "completed_at"))


def test_a_task_that_has_not_begun_has_neither_times_nor_result(ann: httpx.Client, create: Any) -> None:
    data = detail(ann, create(ann, "a"))
    assert (data["started_at"], data["completed_at"], data["result"], data["error_message"]) == (None, None, {}, "")


def test_a_failed_task_has_its_error(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "bad")
    service.driver.run()
    assert (detail(ann, number)["status"], detail(ann, number)["error_message"]) == ("failed", "all 1 units failed")


def test_a_task_that_is_polled_and_has_not_changed_is_a_304(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a", "b", "c")
    tag = ann.get(f"{TASKS}/{number}").headers["etag"]
    again = ann.get(f"{TASKS}/{number}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    service.driver.run()
    assert ann.get(f"{TASKS}/{number}", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("id_", ["99", "0", "-1", "abc", "1.0", "task-", "task-x", "٣", "9007199254740993", "9" * 30])
@pytest.mark.parametrize(("method", "rest"), [("GET", ""), ("POST", "/cancel")])
def test_what_is_no_id_of_a_task_is_not_found(ann: httpx.Client, method: str, rest: str, id_: str) -> None:
    answer = ann.request(method, f"{TASKS}/{id_}{rest}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_another_tenants_task_is_not_found(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann, "a")
    other = service.key("sk_test_other")
    assert other.get(f"{TASKS}/{number}").json() == NOT_FOUND
    with service.leaves_one_record("other"):
        assert other.post(f"{TASKS}/{number}/cancel").json() == NOT_FOUND
    assert listed(other) == []


# List --------------------------------------------------------------------------------------------------------------------


def test_tasks_are_listed_newest_first_with_the_keys_of_the_document(ann: httpx.Client, create: Any) -> None:
    create(ann, "a"), create(ann, "b")
    answer = ann.get(TASKS).json()
    assert (answer["code"], answer["message"]) == (200, "success")
    assert [task["id"] for task in answer["data"]] == [2, 1]
    assert all(set(task) == ITEM and TIME.fullmatch(task["created_at"]) for task in answer["data"])


def test_a_list_is_filtered_by_project(ann: httpx.Client, create: Any) -> None:
    first, second = create(ann, project_id=1), create(ann, project_id=11)
    assert listed(ann, "?project_id=1") == [first]
    assert listed(ann, "?project_id=11") == [second]
    assert listed(ann, "?project_id=2") == []


def test_each_status_is_listed_under_its_word(ann: httpx.Client, create: Any, put: Any) -> None:
    for status in Status:
        put(create(ann), status)
    for word in ("pending", "running", "completed", "failed", "cancelled"):
        found = ann.get(f"{TASKS}?status={word}").json()["data"]
        assert len(found) == list(WORDS.values()).count(word)
        assert {task["status"] for task in found} == {word}


def test_a_list_has_as_many_as_asked_for(ann: httpx.Client, create: Any) -> None:
    for _ in range(3):
        create(ann)
    assert listed(ann, "?limit=2") == [3, 2]
    assert listed(ann, "?limit=500") == [3, 2, 1]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=501",
        "limit=x",
        "status=paused",
        "status=",
        "project_id=x",
        "project_id=-1",
        "pages=2",
        "page=0",
        "page_size=101",
    ],
)
def test_a_list_that_nobody_can_ask_for_is_refused(ann: httpx.Client, query: str) -> None:
    answer = ann.get(f"{TASKS}?{query}")
    assert answer.status_code == answer.json()["code"] == 422
    assert answer.json()["message"].startswith(query.partition("=")[0])


# Cancel ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", Status)
def test_cancel_answers_by_the_table(service: Any, ann: httpx.Client, create: Any, put: Any, status: Status) -> None:
    number = create(ann)
    put(number, status)
    with service.leaves_one_record():
        answer = ann.post(f"{TASKS}/{number}/cancel")
    try:
        after(status, Command.CANCEL)
        assert (answer.status_code, answer.json()) == (200, {"code": 200, "message": "Task cancelled", "data": None})
        assert detail(ann, number)["status"] == "cancelled"
    except WrongStatus:
        message = f"Cannot cancel task (already {WORDS[status]})"
        assert (answer.status_code, answer.json()) == (400, {"code": 400, "message": message, "data": None})
        assert detail(ann, number)["status"] == WORDS[status]


def test_cancel_shows_on_the_next_read_although_a_unit_is_under_way(
    service: Any, ann: httpx.Client, create: Any, during: Any
) -> None:
    seen = []
    number = create(ann, "a", "b")
    during["a"] = lambda: (ann.post(f"{TASKS}/{number}/cancel"), seen.append(detail(ann, number)["status"]))
    service.driver.run()
    assert seen == ["cancelled"]
    assert detail(ann, number)["status"] == "cancelled"


# Who may -----------------------------------------------------------------------------------------------------------------


def test_a_read_only_key_may_look_and_not_touch(service: Any, ann: httpx.Client, create: Any) -> None:
    number = create(ann)
    reader = service.key("sk_test_readonly")
    assert detail(reader, number)["id"] == number
    for path, body in ((TASKS, {"task_type": "crawl"}), (f"{TASKS}/{number}/cancel", None)):
        with service.leaves_one_record():
            answer = reader.post(path, json=body)
        assert answer.status_code == answer.json()["code"] == 403


def test_callers_without_credentials_are_let_in_only_where_the_stack_says_so(service: Any, make_service: Any) -> None:
    refused = service.client().get(TASKS)
    assert refused.status_code == refused.json()["code"] == 401
    open_ = make_service(kinds=service.kinds, anonymous=True).client()
    assert open_.post(TASKS, json={"task_type": "crawl"}).status_code == 201
    assert open_.post(f"{TASKS}/1/cancel").status_code == 200
    assert open_.post(f"{TASKS}/1/pause").status_code == 401


def test_callers_without_credentials_control_only_what_such_callers_started(
    service: Any, make_service: Any, create: Any
) -> None:
    open_ = make_service(kinds=service.kinds, anonymous=True)
    theirs, anns = create(open_.client()), create(open_.user("ann"))
    refused = open_.client().post(f"{TASKS}/{anns}/cancel")
    assert refused.status_code == refused.json()["code"] == 403
    assert open_.client().post(f"{TASKS}/{theirs}/cancel").status_code == 200


def test_users_cancel_tasks_of_their_own_and_administrators_those_of_others(
    service: Any, ann: Any, create: Any
) -> None:
    number = create(ann)
    with service.leaves_one_record():
        assert service.user("ben").post(f"{TASKS}/{number}/cancel").status_code == 403
    assert service.user("ben", scope="control admin").post(f"{TASKS}/{number}/cancel").status_code == 200


def test_a_reason_for_cancelling_is_kept_and_shown(service: Any) -> None:
    client = service.key()
    id_ = client.post("/api/v1/tasks", json={"task_type": "crawl", "params": {}}).json()["data"]["id"]
    assert client.post(f"/api/v1/tasks/{id_}/cancel", json={"reason": "no longer needed"}).status_code == 200
    assert client.get(f"/api/v1/tasks/{id_}").json()["data"]["error_message"] == "no longer needed"


def test_other_members_of_a_cancel_are_refused(service: Any) -> None:
    client = service.key()
    id_ = client.post("/api/v1/tasks", json={"task_type": "crawl", "params": {}}).json()["data"]["id"]
    assert client.post(f"/api/v1/tasks/{id_}/cancel", json={"why": "x"}).status_code == 422


def test_with_a_page_the_list_comes_in_an_envelope_of_its_own(service: Any) -> None:
    client = service.key()
    for _ in range(5):
        client.post("/api/v1/tasks", json={"task_type": "crawl", "params": {}})
    page = client.get("/api/v1/tasks", params={"page": 2, "page_size": 2}).json()["data"]
    assert [task["id"] for task in page["items"]] == [3, 2]
    facts = {name: page[name] for name in ("total", "page", "page_size", "total_pages")}
    assert facts == {"total": 5, "page": 2, "page_size": 2, "total_pages": 3}
    assert client.get("/api/v1/tasks", params={"page": 9}).json()["data"]["items"] == []
    assert isinstance(client.get("/api/v1/tasks").json()["data"], list)


def test_the_total_of_a_page_counts_what_the_list_has_and_no_more(service: Any) -> None:
    client = service.key()
    ids = [
        client.post("/api/v1/tasks", json={"task_type": "crawl", "params": {}}).json()["data"]["id"] for _ in range(3)
    ]
    client.post(f"/api/v1/tasks/{ids[0]}/cancel")
    page = client.get("/api/v1/tasks", params={"page": 1, "status": "cancelled"}).json()["data"]
    assert ([task["id"] for task in page["items"]], page["total"], page["total_pages"]) == ([ids[0]], 1, 1)
