"""004: processes."""

from __future__ import annotations

from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, each, has_keys, is_equal, is_one_of, is_true
from fermata_conformance.client import Client
from fermata_conformance.streams import LONGEST, SLACK, follow, window
from fermata_conformance.target import Target, shared
from fermata_conformance.words import ascend, descend, is_count, is_number_id, is_zulu_time
from fermata_conformance.work import OVER, PROCESSES, UNKNOWN, draft, new_import, process, process_is, review

DOCUMENT = Document("004", "Processes API")

ITEM = ("id", "type", "status", "progress", "created_at", "updated_at")
STATE = ("id", "type", "status", "progress", "metadata", "result_summary")
EVENT = ("id", "status", "message", "created_at")
STATUSES = ("pending", "running", "waiting_review", "completed", "failed", "cancelled")
ABSENT_IDS = (UNKNOWN, "0", "none", "1.5")


def listed(client: Client, **query: Any) -> list[dict[str, Any]]:
    body = client.get(PROCESSES, **query).body()
    is_true(isinstance(body, list), "the list is no array")
    processes: list[dict[str, Any]] = body
    return processes


def events(client: Client, number: int) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = client.get(f"{PROCESSES}/{number}/events").body()
    return lines


def verb(target: Target, number: Any, name: str) -> Any:
    body = {"body": {"decision": "approve"}} if name == "review" else {}
    return target.callers.main.post(f"{PROCESSES}/{number}/{name}", **body)


def refused(target: Target, number: int, *verbs: str) -> None:
    """Each of these is a 409, and changes nothing."""
    before = process(target.callers.main, number)
    for name in verbs:
        verb(target, number, name).refuses(409)
    is_equal("the process afterwards", process(target.callers.main, number), before)


@shared
def workspace(target: Target) -> str:
    """One with three processes, of which the second waits for review."""
    name = target.name("space")
    first = new_import(target, name)
    target.callers.main.post(f"{PROCESSES}/{first}/cancel").body()
    draft(target, name)
    third = draft(target, name)
    review(target.callers.main, third, "approve")
    process_is(target, third, "completed")
    return name


@DOCUMENT.check
def every_route_needs_credentials(target: Target) -> None:
    """All endpoints require auth:api."""
    for client in (target.callers.nobody, target.callers.with_key("sk_test_unknown")):
        client.get(PROCESSES).refuses(401)
        client.post(PROCESSES, {}).refuses(401)
        for path in ("", "/events", "/stream"):
            client.get(f"{PROCESSES}/1{path}").refuses(401)
        for name in ("retry", "cancel", "review"):
            client.post(f"{PROCESSES}/1/{name}").refuses(401)


@DOCUMENT.check
def every_change_is_audited(target: Target) -> None:
    """All endpoints require audit: each change leaves one record, and so does each that is refused."""
    number = draft(target)
    verb(target, number, "cancel").body()
    verb(target, number, "cancel").refuses(409)
    records = work.audit(target, about=str(number), action="processes.cancel")
    is_equal("outcomes", [record["outcome"].partition(":")[0] for record in records], ["done", "refused"])


@DOCUMENT.check
def the_list_has_six_fields(target: Target) -> None:
    """Array of process objects with id, type, status, progress, created_at, updated_at."""
    processes = listed(target.callers.main, workspace_id=workspace(target))
    is_equal("the length of the list", len(processes), 3)
    for item in processes:
        has_keys("a process", item, ITEM)
        is_number_id("id", item["id"])
        is_one_of("status", item["status"], STATUSES)
        is_count("progress", item["progress"], 100)
        is_zulu_time("created_at", item["created_at"])
        is_zulu_time("updated_at", item["updated_at"])
        is_true(item["created_at"] <= item["updated_at"], "it was updated before it was created")


@DOCUMENT.check
def the_newest_come_first(target: Target) -> None:
    """List processes for the active workspace, ordered by most recent."""
    processes = listed(target.callers.main, workspace_id=workspace(target))
    is_true(descend([item["created_at"] for item in processes]), "the times are not in order")
    is_equal("statuses", [item["status"] for item in processes], ["completed", "waiting_review", "cancelled"])


@DOCUMENT.check
def workspace_and_status_filter(target: Target) -> None:
    """Query params: workspace_id, status (optional filter); the workspace is default unless asked."""
    client, name = target.callers.main, workspace(target)
    for status in ("completed", "waiting_review", "cancelled"):
        found = [item["status"] for item in listed(client, workspace_id=name, status=status)]
        is_equal(f"statuses of those that are {status}", found, [status])
    is_equal("failed ones", listed(client, workspace_id=name, status="failed"), [])
    is_equal("those of a workspace without any", listed(client, workspace_id=target.name()), [])
    number = work.cancelled_process(target)
    is_true(number in [item["id"] for item in listed(client)], "a process of the workspace default is not listed")
    ours = {item["id"] for item in listed(client, workspace_id=name)}
    is_true(not ours & {item["id"] for item in listed(client)}, "the workspace default shows another's processes")
    for bad in each("paused", "processing", "done"):
        client.get(PROCESSES, status=bad).refuses(400, 422)


@DOCUMENT.check
def a_workspace_may_be_a_number(target: Target) -> None:
    """workspace_id may be an integer."""
    number = new_import(target, 7_301)
    verb(target, number, "cancel").body()
    is_true(number in [item["id"] for item in listed(target.callers.main, workspace_id=7_301)], "it is not listed")


@DOCUMENT.check
def one_process_with_full_state(target: Target) -> None:
    """Get a single process with full state: id, type, status, progress, metadata, result_summary."""
    number, waiting = work.completed_process(target), draft(target)
    for seen in (process(target.callers.main, number), process(target.callers.main, waiting)):
        has_keys("the process", seen, STATE)
        is_equal("type", seen["type"], "csv_import")
        is_count("progress", seen["progress"], 100)
        is_true(isinstance(seen["metadata"], dict) and seen["metadata"], "metadata is no object")
        is_true(isinstance(seen["result_summary"], dict), "result_summary is no object")
    is_equal("progress when completed", process(target.callers.main, number)["progress"], 100)


@DOCUMENT.check
def unknown_processes_are_404(target: Target) -> None:
    """What is not there is a 404 on every route."""
    for id_ in ABSENT_IDS:
        for path in ("", "/events", "/stream"):
            target.callers.main.get(f"{PROCESSES}/{id_}{path}").refuses(404)
        for name in ("retry", "cancel", "review"):
            verb(target, id_, name).refuses(404)


@DOCUMENT.check
def events_are_append_only(target: Target) -> None:
    """List all ProcessEvent log entries for a process (append-only, ordered by ID): id, status, message, created_at."""
    number, client = draft(target), target.callers.main
    before = events(client, number)
    review(client, number, "approve")
    process_is(target, number, "completed")
    after = events(client, number)
    is_equal("the earlier entries", after[: len(before)], before)
    is_true(len(after) > len(before), "the review left no entry")
    for line in after:
        has_keys("an entry", line, EVENT)
        is_one_of("status", line["status"], STATUSES)
        is_true(isinstance(line["message"], str) and line["message"], "an entry has no message")
        is_zulu_time("created_at", line["created_at"])
    is_true(ascend([line["id"] for line in after]), "the ids do not ascend")
    is_equal("the last status", after[-1]["status"], "completed")


@DOCUMENT.check
def a_finished_process_streams_done(target: Target) -> None:
    """Connection closes with a final event: done when the process reaches a terminal status."""
    for number in (work.completed_process(target), work.failed_process(target), work.cancelled_process(target)):
        seen = window(target.callers.main, f"{PROCESSES}/{number}/stream")
        is_true(seen.closed and seen.seconds < 10, "the stream of a finished process stays open")
        state = process(target.callers.main, number)
        is_true(len(seen.frames) >= 2, f"the events are {[frame.event for frame in seen.frames]}")
        is_equal("the first event", seen.frames[0].data["status"], state["status"])
        is_equal("events called done", [frame.event for frame in seen.frames].count("done"), 1)
        is_equal("the last event", seen.frames[-1].event, "done")


@DOCUMENT.check
def the_stream_tells_the_state(target: Target) -> None:
    """Response: text/event-stream with data: lines containing JSON process state updates."""
    number = draft(target)
    path = f"{PROCESSES}/{number}/stream"
    first = window(target.callers.main, path, enough=lambda frame: True)
    has_keys("the data of an event", first.frames[0].data, STATE)
    is_equal("the data", first.frames[0].data, process(target.callers.main, number))
    verb(target, number, "cancel").body()
    frames = follow(target.callers.main, path, lambda frame: frame.event == "done", target.patience)
    for frame in frames:
        has_keys("the data of an event", frame.data, STATE)


@DOCUMENT.check
def last_event_id_loses_and_repeats_nothing(target: Target) -> None:
    """id: is the event's position, so Last-Event-ID resumes without loss or repeats."""
    number, client = work.completed_process(target), target.callers.main
    path, ids = f"{PROCESSES}/{number}/stream", [str(line["id"]) for line in events(client, number)]
    for place in range(len(ids)):
        frames = follow(client, path, lambda frame: frame.event == "done", target.patience, last=ids[place])
        seen = [frame.id for frame in frames if frame.id is not None and frame.event != "done"]
        is_equal(f"what follows {ids[place]}", seen, ids[place + 1 :])


@DOCUMENT.check
def a_forged_last_event_id_is_refused(target: Target) -> None:
    """A Last-Event-ID that is forged or ahead is refused, or starts afresh; it is no server error."""
    number = work.completed_process(target)
    for forged in ("none", "-1", "1e9", "999999"):
        answer = target.callers.main.get(f"{PROCESSES}/{number}/stream", headers={"Last-Event-ID": forged})
        is_one_of(f"the status for {forged}", answer.status, (200, 400, 422))


@DOCUMENT.check
def a_stream_lasts_25_seconds_at_most(target: Target) -> None:
    """The connection is held open for 25 seconds maximum; the client must reconnect after that window."""
    number = draft(target)
    seen = window(target.callers.main, f"{PROCESSES}/{number}/stream")
    is_true(seen.closed and seen.seconds <= LONGEST + SLACK / 2, f"it was open for {seen.seconds:.1f} s")
    is_true(
        all(frame.event != "done" for frame in seen.frames), "waiting_review is not terminal, and yet there is a done"
    )
    verb(target, number, "cancel").body()


@DOCUMENT.check
def retry_is_for_failed_ones(target: Target) -> None:
    """Retry a failed process. Only valid in failed status. Response 200: updated process in pending status."""
    path = f"/{target.name()}.csv"
    number = new_import(target, url=target.pages.url + path)
    process_is(target, number, "failed")
    target.pages.put(path, work.CSV)
    updated = verb(target, number, "retry").body()
    has_keys("the answer", updated, STATE)
    is_equal("id and status", (updated["id"], updated["status"]), (number, "pending"))
    process_is(target, number, "waiting_review")
    refused(target, number, "retry")
    verb(target, number, "cancel").body()
    for other in (work.completed_process(target), work.cancelled_process(target)):
        refused(target, other, "retry")


@DOCUMENT.check
def cancel_answers_the_process(target: Target) -> None:
    """Cancel a running or pending process. Response 200: updated process in cancelled status."""
    slow = new_import(target, url=target.pages.put(f"/slow/4/{target.name()}.csv", work.CSV))
    for number in (slow, new_import(target), draft(target)):
        updated = verb(target, number, "cancel").body()
        has_keys("the answer", updated, STATE)
        is_equal("id and status", (updated["id"], updated["status"]), (number, "cancelled"))
        is_equal("status", process(target.callers.main, number)["status"], "cancelled")


@DOCUMENT.check
def a_finished_process_cannot_be_cancelled(target: Target) -> None:
    """Cancel from pending, running or waiting_review, else 409."""
    for number in (work.completed_process(target), work.failed_process(target), work.cancelled_process(target)):
        refused(target, number, "cancel", "review")


@DOCUMENT.check
def waiting_review_requires_user_action(target: Target) -> None:
    """waiting_review: completed but requires user action; approving goes on, rejecting ends it."""
    approved, rejected, client = draft(target), draft(target), target.callers.main
    has_keys("the answer", review(client, approved, "approve"), STATE)
    is_equal("status when approved", process_is(target, approved, *OVER)["status"], "completed")
    body = {"decision": "reject", "reason": "Wrong file"}
    has_keys("the answer", client.post(f"{PROCESSES}/{rejected}/review", body).body(), STATE)
    is_equal("status when rejected", process_is(target, rejected, *OVER)["status"], "cancelled")
    refused(target, approved, "review")
    refused(target, rejected, "review")


@DOCUMENT.check
def a_bad_review_is_refused(target: Target) -> None:
    """A review decides approve or reject, and nothing else."""
    number = draft(target)
    for bad in each(
        {},
        None,
        [],
        {"decision": "maybe"},
        {"decision": "approve", "units": "all"},
        {"decision": "approve", "units": [-1]},
    ):
        target.callers.main.post(f"{PROCESSES}/{number}/review", bad).refuses(400, 422)
    is_equal("status", process(target.callers.main, number)["status"], "waiting_review")
    verb(target, number, "cancel").body()


@DOCUMENT.check
def statuses_mean_what_they_say(target: Target) -> None:
    """pending, running, waiting_review, completed, failed, cancelled: a process shows no other word on its way."""
    number, seen = new_import(target), []
    target.until(
        lambda: seen.append(process(target.callers.main, number)["status"]),
        lambda _: seen[-1] == "waiting_review",
        "a draft",
    )
    is_true(set(seen) <= set(STATUSES[:3]), f"the statuses are {seen}")
    review(target.callers.main, number, "approve")
    process_is(target, number, "completed")


@DOCUMENT.check
def processes_can_be_created(target: Target) -> None:
    """POST /processes {"type", "workspace_id"?, "input"} creates one; an unknown type is refused with those there are."""
    client = target.callers.main
    state = client.post(PROCESSES, {"type": "csv_import", "input": {"text": work.CSV}}).body(201)
    has_keys("the answer", state, STATE)
    is_one_of("status", state["status"], STATUSES)
    verb(target, state["id"], "cancel").body()
    said = client.post(PROCESSES, {"type": "no_such_type", "input": {}}).refuses(400, 422)
    is_true("csv_import" in said, f"the message does not list what there is: {said}")
    for bad in each(
        {},
        [],
        None,
        {"type": 1},
        {"type": "csv_import", "input": []},
        {"type": "csv_import", "workspace_id": "a b"},
    ):
        client.post(PROCESSES, bad).refuses(400, 422)
    client.send(PROCESSES, b"{").refuses(400, 422)
