"""003: list, show and cancel tasks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, Skipped, each, has_keys, is_equal, is_one_of, is_true
from fermata_conformance.client import ENVELOPE, Client
from fermata_conformance.target import Target, shared
from fermata_conformance.words import descend, is_count, is_naive_time, is_number_id
from fermata_conformance.work import TASKS, UNKNOWN, end_task, pause_task, project_of, slow_task, task

DOCUMENT = Document("003", "Tasks API")

ITEM = ("id", "project_id", "task_type", "status", "progress", "total", "created_at")
DETAIL = (*ITEM, "params", "result", "error_message", "started_at", "completed_at")
STATUSES = ("pending", "running", "completed", "failed", "cancelled")
TYPES = ("search", "dedup", "crawl", "ocr", "index", "keyword_expand")
CANCELLED = {"code": 200, "message": "Task cancelled", "data": None}


def listed(client: Client, **query: Any) -> list[dict[str, Any]]:
    body = client.get(TASKS, **query).body()
    has_keys("the envelope", body, ("code", "message", "data"))
    is_equal("code and message", (body["code"], body["message"]), (200, "success"))
    is_true(isinstance(body["data"], list), "data is no list")
    tasks: list[dict[str, Any]] = body["data"]
    return tasks


def cancel(client: Client, id_: Any) -> Any:
    return client.post(f"{TASKS}/{id_}/cancel")


@shared
def three_ends(target: Target) -> tuple[int, int, int]:
    """A completed, a failed and a cancelled task of one project."""
    return work.completed_task(target), work.failed_task(target), work.cancelled_task(target)


@DOCUMENT.check
def the_list_is_an_envelope(target: Target) -> None:
    """List tasks: {"code": 200, "message": "success", "data": […]}, each task with seven fields and no more."""
    three_ends(target)
    tasks = listed(target.callers.main, project_id=project_of(target))
    is_true(len(tasks) >= 3, f"the list has {len(tasks)} tasks")
    for item in tasks:
        has_keys("a task", item, ITEM)
        is_number_id("id", item["id"])
        is_equal("project_id", item["project_id"], project_of(target))
        is_one_of("task_type", item["task_type"], TYPES)
        is_one_of("status", item["status"], STATUSES)
        is_count("total", item["total"])
        is_count("progress", item["progress"], item["total"])
        is_naive_time("created_at", item["created_at"])


@DOCUMENT.check
def newest_tasks_come_first(target: Target) -> None:
    """Results are ordered by created_at descending."""
    three_ends(target)
    for query in ({"project_id": project_of(target)}, {}):
        is_true(
            descend([item["created_at"] for item in listed(target.callers.main, **query)]), "the list is not in order"
        )


@DOCUMENT.check
def project_id_filters(target: Target) -> None:
    """project_id: filter by project ID."""
    project, client = work.new_project(), target.callers.main
    number = work.crawl(target, target.pages.pages("good", 1), project=project)
    is_equal("ids", [item["id"] for item in listed(client, project_id=project)], [number])
    is_equal("project_id", task(client, number)["project_id"], project)
    is_equal("tasks of a project without any", listed(client, project_id=work.new_project()), [])
    client.get(TASKS, project_id="none").refuses(400, 422, shape=ENVELOPE)


@DOCUMENT.check
def status_filters(target: Target) -> None:
    """status: filter by status: pending, running, completed, failed, cancelled."""
    numbers, client = three_ends(target), target.callers.main
    for number, status in zip(numbers, ("completed", "failed", "cancelled"), strict=True):
        found = listed(client, project_id=project_of(target), status=status)
        is_equal(f"statuses of {status} tasks", {item["status"] for item in found}, {status})
        is_true(number in [item["id"] for item in found], f"the {status} task is not listed")
    for status in ("pending", "running"):
        is_true(
            all(item["status"] == status for item in listed(client, status=status)), f"others than {status} are listed"
        )
    for bad in each("paused", "processing", "waiting_review", "COMPLETED", ""):
        client.get(TASKS, status=bad).refuses(400, 422, shape=ENVELOPE)


@DOCUMENT.check
def limit_bounds_the_list(target: Target) -> None:
    """limit: max results, 1 to 500."""
    three_ends(target)
    client = target.callers.main
    newest = listed(client, project_id=project_of(target))[0]["id"]
    is_equal("ids", [item["id"] for item in listed(client, project_id=project_of(target), limit=1)], [newest])
    is_true(len(listed(client, limit=500)) <= 500, "the list is longer than the limit")
    for bad in each(0, -1, 501, "ten"):
        client.get(TASKS, limit=bad).refuses(400, 422, shape=ENVELOPE)


@DOCUMENT.alone
def limit_is_50_by_default(target: Target) -> None:
    """limit: default: 50."""
    client = target.callers.main
    lacking = 51 - len(listed(client, limit=51))
    if lacking > 0:
        urls = target.pages.pages("good", 1)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: work.crawl(target, urls), range(lacking)))
    is_equal("the length of a list", len(listed(client)), 50)


@DOCUMENT.check
def detail_has_twelve_fields(target: Target) -> None:
    """Get full task detail including params, result, and error message."""
    number = work.completed_task(target)
    body = target.callers.main.get(f"{TASKS}/{number}").body()
    has_keys("the envelope", body, ("code", "message", "data"))
    is_equal("code and message", (body["code"], body["message"]), (200, "success"))
    seen = body["data"]
    has_keys("the task", seen, DETAIL)
    is_equal("id, type and status", (seen["id"], seen["task_type"], seen["status"]), (number, "crawl", "completed"))
    is_equal("progress and total", (seen["progress"], seen["total"]), (2, 2))
    is_equal("params: urls", seen["params"].get("urls"), target.pages.pages("good", 2))
    is_true(isinstance(seen["result"], dict) and seen["result"], "there is no output result")
    is_equal("error_message", seen["error_message"], "")
    for name in ("created_at", "started_at", "completed_at"):
        is_naive_time(name, seen[name])
    is_true(seen["created_at"] <= seen["started_at"] <= seen["completed_at"], "the times are not in order")


@DOCUMENT.check
def a_failed_task_says_why(target: Target) -> None:
    """error_message: error message (when failed)."""
    seen = task(target.callers.main, work.failed_task(target))
    is_true(isinstance(seen["error_message"], str) and seen["error_message"], "error_message is empty")
    is_true(seen["result"] is None or isinstance(seen["result"], dict), f"result is {seen['result']}")


@DOCUMENT.check
def times_are_null_until_they_come(target: Target) -> None:
    """started_at and completed_at: ISO 8601 datetime (nullable)."""
    number = slow_task(target)
    seen = task(target.callers.main, number)
    is_naive_time("started_at", seen["started_at"])
    is_equal("completed_at", seen["completed_at"], None)
    is_equal("status", seen["status"], "running")
    end_task(target, number)


@DOCUMENT.check
def a_paused_task_is_running(target: Target) -> None:
    """Task status is one of five words; a task that is paused is shown as running."""
    project, client = work.new_project(), target.callers.main
    number = slow_task(target, project=project)
    pause_task(target, number)
    is_equal("status", task(client, number)["status"], "running")
    is_equal("running tasks", [item["id"] for item in listed(client, project_id=project, status="running")], [number])
    end_task(target, number)


@DOCUMENT.check
def an_unknown_task_is_404(target: Target) -> None:
    """404: Task not found."""
    for id_ in (UNKNOWN, f"task-{UNKNOWN}", 0):
        target.callers.main.get(f"{TASKS}/{id_}").refuses(404, shape=ENVELOPE, text="Task not found")
        cancel(target.callers.main, id_).refuses(404, shape=ENVELOPE, text="Task not found")
    target.callers.main.get(f"{TASKS}/none").refuses(400, 404, 422, shape=ENVELOPE)


@DOCUMENT.check
def cancel_ends_a_running_task(target: Target) -> None:
    """Cancel a running or pending task: {"code": 200, "message": "Task cancelled", "data": null}; the next read shows it."""
    client, run = target.callers.main, target.name()
    number = slow_task(target)
    end_task(target, number).says(200, CANCELLED)
    is_equal("status", task(client, number)["status"], "cancelled")
    number = work.crawl(target, target.pages.pages(run, work.LONG, target.pages.gated(run)))
    cancel(client, number).says(200, CANCELLED)
    is_equal("status", task(client, number)["status"], "cancelled")
    target.pages.gate(run).open()


@DOCUMENT.check
def a_paused_task_can_be_cancelled(target: Target) -> None:
    """Cancel works on a paused task too, which is a running one here."""
    number = slow_task(target)
    pause_task(target, number)
    cancel(target.callers.main, number).says(200, CANCELLED)
    is_equal("status", task(target.callers.main, number)["status"], "cancelled")


@DOCUMENT.check
def a_finished_task_cannot_be_cancelled(target: Target) -> None:
    """400: cannot cancel task (already completed/failed/cancelled)."""
    for number in three_ends(target):
        before = task(target.callers.main, number)
        said = cancel(target.callers.main, number).refuses(400, shape=ENVELOPE)
        is_true(before["status"] in said, f"the message {said!r} does not say that it is {before['status']}")
        is_equal("the task afterwards", task(target.callers.main, number), before)


@DOCUMENT.check
def both_spellings_of_an_id_work(target: Target) -> None:
    """A task is the same under 42 and task-42."""
    number, client = work.completed_task(target), target.callers.main
    is_equal("the task", client.get(f"{TASKS}/task-{number}").body()["data"], task(client, number))


@DOCUMENT.check
def tasks_can_be_created(target: Target) -> None:
    """POST /api/v1/tasks creates a task: 201 and the envelope."""
    client = target.callers.main
    params = {"urls": target.pages.pages("good", 1), "max_depth": 0}
    body = client.post(TASKS, {"project_id": 1, "task_type": "crawl", "params": params}).body(201)
    has_keys("the envelope", body, ("code", "message", "data"))
    is_equal("code", body["code"], 201)
    is_equal("project and type", (body["data"]["project_id"], body["data"]["task_type"]), (1, "crawl"))


@DOCUMENT.check
def a_bad_new_task_is_refused(target: Target) -> None:
    """A type that nothing does is refused with a list of those there are; so is what is no task at all."""
    client = target.callers.main
    said = client.post(TASKS, {"project_id": 1, "task_type": "bake", "params": {}}).refuses(400, 422, shape=ENVELOPE)
    is_true("crawl" in said, f"the message does not list what there is: {said}")
    for bad in each({}, [], None, {"task_type": 1}, {"task_type": "crawl", "params": []}, {"project_id": "one"}):
        client.post(TASKS, bad).refuses(400, 422, shape=ENVELOPE)
    client.send(TASKS, b"{").refuses(400, 422, shape=ENVELOPE)


@DOCUMENT.check
def credentials_are_not_needed(target: Target) -> None:
    """The examples show no credentials: where the server allows it, anonymous callers are the default tenant."""
    nobody = target.callers.nobody
    if nobody.get(TASKS).status == 401:
        raise Skipped("this server lets in nobody without credentials, as it may")
    number = slow_task(target, client=nobody)
    is_true(number in [item["id"] for item in listed(nobody, limit=500)], "the task is not in the list")
    end_task(target, number, nobody).says(200, CANCELLED)


@DOCUMENT.check
def a_bad_key_is_401(target: Target) -> None:
    """Wrong credentials are a 401 in the envelope; a key that may only read can list and not cancel (403)."""
    number = work.completed_task(target)
    target.callers.with_key("sk_test_unknown").get(TASKS).refuses(401, shape=ENVELOPE)
    is_equal("the task as a reader sees it", task(target.callers.reader, number), task(target.callers.main, number))
    cancel(target.callers.reader, number).refuses(403, shape=ENVELOPE)
