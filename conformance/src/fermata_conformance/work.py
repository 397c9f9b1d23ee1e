"""Jobs of each family, started and watched as the family's document says."""

from __future__ import annotations

import secrets
import time
from typing import Any

from fermata_conformance.check import is_true
from fermata_conformance.client import Answer, Client
from fermata_conformance.target import Target, shared

BATCH = "/api/batch"
TASKS = "/api/v1/tasks"
PROCESSES = "/processes"
SOURCES = "/api/v1/sources"
SYSTEM = "/api/v1/system/processing"
JOBS = "/api/v1/jobs"
AUDIT = "/api/v1/audit"

OVER = frozenset({"completed", "failed", "cancelled"})
LONG, LONGER = 40, 120
"""Pages of a task, documents of a batch, that is to be stopped on the way; more than a server has in hand at a time."""

CSV = "name,age\nAda,36\nAlan,41\nGrace,85\n"
UNKNOWN = 9_007_199_254_740_991
"""A number that no task or process has."""

# Jobs that are to be stopped -------------------------------------------------------------------------------------------------


def let_go(target: Target, job: str | int) -> None:
    """What a job has in hand comes to an end, and so does what it begins from now on."""
    target.pages.gate(target.runs[job]).open()


def hold_back(target: Target, job: str | int) -> None:
    """From now on, what it begins stays in hand again, but for a few."""
    target.pages.gate(target.runs[job]).close()


# Batches --------------------------------------------------------------------------------------------------------------------


def documents(urls: list[str]) -> list[dict[str, Any]]:
    return [{"title": url.rsplit("/", 1)[-1], "file_path": url, "file_source_type": "url"} for url in urls]


def batch_of(urls: list[str], **more: Any) -> dict[str, Any]:
    """The body of a request that starts a batch."""
    return {"documents": documents(urls), "config": {"num_tags": 3}, **more}


def start_batch(client: Client, body: dict[str, Any]) -> str:
    job_id: str = client.post(f"{BATCH}/start", body).body()["job_id"]
    return job_id


def slow_batch(target: Target, client: Client | None = None, run: str | None = None) -> str:
    """A batch that is at work, and will be for a while."""
    client = client or target.callers.main
    run = run or target.name()
    job_id = start_batch(client, batch_of(target.pages.texts(run, LONGER, target.pages.gated(run))))
    target.runs[job_id] = run
    target.until(
        lambda: batch(client, job_id), lambda status: status["processed_count"] >= 1, "a first processed document"
    )
    return job_id


def batch(client: Client, job_id: str) -> dict[str, Any]:
    status: dict[str, Any] = client.get(f"{BATCH}/jobs/{job_id}/status").body()
    return status


def batch_over(target: Target, job_id: str, client: Client | None = None) -> dict[str, Any]:
    client = client or target.callers.main
    return target.until(lambda: batch(client, job_id), lambda status: status["status"] in OVER, "the end of a batch")


def batch_paused(target: Target, job_id: str) -> dict[str, Any]:
    """Pause it, and wait until it is."""
    client = target.callers.main
    client.post(f"{BATCH}/jobs/{job_id}/pause").body()
    return batch_at_rest(target, job_id)


def batch_at_rest(target: Target, job_id: str, client: Client | None = None) -> dict[str, Any]:
    """Let what it has in hand end, and wait until it is paused."""
    client = client or target.callers.main
    let_go(target, job_id)
    paused = target.until(lambda: batch(client, job_id), lambda status: status["status"] == "paused", "a paused batch")
    hold_back(target, job_id)
    return paused


def end_batch(target: Target, job_id: str, client: Client | None = None) -> Answer:
    answer = (client or target.callers.main).post(f"{BATCH}/jobs/{job_id}/cancel")
    let_go(target, job_id)
    return answer


@shared
def completed_batch(target: Target) -> str:
    """Two good documents and one that is missing."""
    urls = [*target.pages.texts("good", 2), f"{target.pages.url}/missing.txt"]
    job_id = start_batch(target.callers.main, batch_of(urls))
    is_true(
        batch_over(target, job_id)["status"] == "completed", "a batch with one bad document of three is not completed"
    )
    return job_id


@shared
def failed_batch(target: Target) -> str:
    job_id = start_batch(target.callers.main, batch_of([f"{target.pages.url}/missing.txt"]))
    is_true(batch_over(target, job_id)["status"] == "failed", "a batch with none but bad documents is not failed")
    return job_id


@shared
def cancelled_batch(target: Target) -> str:
    job_id = slow_batch(target)
    end_batch(target, job_id).body()
    return job_id


# Tasks ----------------------------------------------------------------------------------------------------------------------


def crawl(target: Target, urls: list[str], project: int = 0, client: Client | None = None) -> int:
    params = {"urls": urls, "max_depth": 0, "delay": 0}
    body = {"project_id": project, "task_type": "crawl", "params": params}
    number: int = (client or target.callers.main).post(TASKS, body).body(201)["data"]["id"]
    return number


def slow_task(target: Target, client: Client | None = None, run: str | None = None, project: int = 0) -> int:
    """A task that is at work, and will be for a while."""
    client = client or target.callers.main
    run = run or target.name()
    number = crawl(target, target.pages.pages(run, LONG, target.pages.gated(run)), project, client)
    target.runs[number] = run
    target.until(lambda: task(client, number), lambda seen: seen["progress"] >= 1, "a first step of a task")
    return number


def task(client: Client, number: int) -> dict[str, Any]:
    detail: dict[str, Any] = client.get(f"{TASKS}/{number}").body()["data"]
    return detail


def task_over(target: Target, number: int) -> dict[str, Any]:
    client = target.callers.main
    return target.until(lambda: task(client, number), lambda seen: seen["status"] in OVER, "the end of a task")


def control_state(client: Client, number: int) -> dict[str, Any]:
    state: dict[str, Any] = client.get(f"{TASKS}/{number}/control-state").body()
    return state


def pause_task(target: Target, number: int) -> dict[str, Any]:
    """Pause it, and wait until it is."""
    client = target.callers.main
    client.post(f"{TASKS}/{number}/pause").body(202)
    return task_at_rest(target, number)


def task_at_rest(target: Target, number: int) -> dict[str, Any]:
    """Let what it has in hand end, and wait until it is paused."""
    client = target.callers.main
    let_go(target, number)
    state = target.until(lambda: control_state(client, number), lambda state: state["is_paused"], "a paused task")
    hold_back(target, number)
    return state


def end_task(target: Target, number: int, client: Client | None = None) -> Answer:
    answer = (client or target.callers.main).post(f"{TASKS}/{number}/cancel")
    let_go(target, number)
    return answer


def new_project() -> int:
    """One that nobody else has."""
    return 1_000 + secrets.randbelow(1_000_000_000)


@shared
def project_of(target: Target) -> int:
    """The project of the tasks that several checks look at."""
    return new_project()


@shared
def completed_task(target: Target) -> int:
    number = crawl(target, target.pages.pages("good", 2), project=project_of(target))
    is_true(task_over(target, number)["status"] == "completed", "a crawl of two good pages is not completed")
    return number


@shared
def failed_task(target: Target) -> int:
    number = crawl(target, [f"{target.pages.url}/missing"], project=project_of(target))
    is_true(task_over(target, number)["status"] == "failed", "a crawl of a missing page alone is not failed")
    return number


@shared
def cancelled_task(target: Target) -> int:
    number = slow_task(target, project=project_of(target))
    end_task(target, number)
    return number


# Processes ------------------------------------------------------------------------------------------------------------------


def new_import(target: Target, workspace: Any = "default", client: Client | None = None, **given: Any) -> int:
    """A CSV import of a few good rows, or of what is given."""
    body = {"type": "csv_import", "workspace_id": workspace, "input": given or {"text": CSV}}
    number: int = (client or target.callers.main).post(PROCESSES, body).body(201)["id"]
    return number


def process(client: Client, number: int) -> dict[str, Any]:
    state: dict[str, Any] = client.get(f"{PROCESSES}/{number}").body()
    return state


def process_is(target: Target, number: int, *statuses: str) -> dict[str, Any]:
    """Wait until it has one of these statuses."""
    client = target.callers.main
    return target.until(
        lambda: process(client, number), lambda seen: seen["status"] in statuses, f"a process {' or '.join(statuses)}"
    )


def review(client: Client, number: int, decision: str) -> dict[str, Any]:
    state: dict[str, Any] = client.post(f"{PROCESSES}/{number}/review", {"decision": decision}).body()
    return state


def draft(target: Target, workspace: Any = "default") -> int:
    """A process that waits for review."""
    number = new_import(target, workspace)
    process_is(target, number, "waiting_review")
    return number


@shared
def completed_process(target: Target) -> int:
    number = draft(target)
    review(target.callers.main, number, "approve")
    is_true(process_is(target, number, *OVER)["status"] == "completed", "an approved import is not completed")
    return number


@shared
def failed_process(target: Target) -> int:
    number = new_import(target, url=f"{target.pages.url}/missing.csv")
    is_true(process_is(target, number, *OVER)["status"] == "failed", "an import of a missing file is not failed")
    return number


@shared
def cancelled_process(target: Target) -> int:
    number = new_import(target)
    target.callers.main.post(f"{PROCESSES}/{number}/cancel").body()
    return number


# Sources --------------------------------------------------------------------------------------------------------------------


def new_source(target: Target, client: Client | None = None, **given: Any) -> str:
    body = {"title": target.name("Source"), "text": "# Bees\n\nBees live in a hive.\n\n# Queens\n\nA hive has a queen."}
    source_id: str = (client or target.callers.main).post(SOURCES, body | given).body(201)["source_id"]
    return source_id


def source(client: Client, source_id: str) -> dict[str, Any]:
    seen: dict[str, Any] = client.get(f"{SOURCES}/{source_id}").body()
    return seen


def source_over(target: Target, source_id: str) -> dict[str, Any]:
    client = target.callers.main
    return target.until(lambda: source(client, source_id), lambda seen: seen["status"] in OVER, "a processed source")


# The audit log ------------------------------------------------------------------------------------------------------------


def audit(target: Target, about: str | None = None, **query: Any) -> list[dict[str, Any]]:
    """All records about something and with these facts, oldest first; a page may be empty where the log is long."""
    records: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    query |= {} if about is None else {"target": about}
    while True:
        page = target.callers.main.get(AUDIT, limit=500, **query, **cursor).body()
        records += page["records"]
        if page["next_cursor"] is None:
            return records
        cursor = {"cursor": page["next_cursor"]}


# The system -----------------------------------------------------------------------------------------------------------------


class SystemPause:
    """The system is paused for the time of a ``with`` block."""

    def __init__(self, target: Target, reason: str | None = None) -> None:
        self.client, self.reason = target.callers.main, reason

    def __enter__(self) -> None:
        self.client.post(f"{SYSTEM}/pause", {"reason": self.reason}).body()

    def __exit__(self, *error: object) -> None:
        self.client.post(f"{SYSTEM}/resume").body()


def rests(seconds: float = 0.8) -> None:
    """Time in which something that must not happen would happen."""
    time.sleep(seconds)
