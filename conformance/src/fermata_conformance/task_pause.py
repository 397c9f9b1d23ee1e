"""002: pausing a task at its next checkpoint, and what belongs to it."""

from __future__ import annotations

from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, Skipped, has_keys, is_equal, is_one_of, is_true
from fermata_conformance.client import ERROR, Client
from fermata_conformance.streams import Frame, follow, window
from fermata_conformance.target import Target
from fermata_conformance.work import TASKS, UNKNOWN, control_state, end_task, pause_task, slow_task, task

DOCUMENT = Document("002", "POST /api/v1/tasks/{id}/pause")

CHECKPOINTS = ("pre_execution", "unit", "stage", "pre_completion")
TRACE = "00-{}-00f067aa0ba902b7-01"
ABSENT_IDS = (UNKNOWN, f"task-{UNKNOWN}", "none", "task-none", "0", "1.5")


def pause(client: Client, id_: Any, **more: Any) -> Any:
    return client.post(f"{TASKS}/{id_}/pause", **more)


def accepted(id_: Any) -> dict[str, Any]:
    return {"success": True, "message": "Pause signal sent", "task_id": str(id_)}


def ended(target: Target, number: int, status: str) -> None:
    """A task of this status refuses a pause in the document's words, and a resume in the same style."""
    client = target.callers.main
    pause(client, number).refuses(409, shape=ERROR, text=f"cannot pause {status} task")
    client.post(f"{TASKS}/{number}/resume").refuses(409, shape=ERROR, text=f"cannot resume {status} task")


@DOCUMENT.check
def pause_is_accepted(target: Target) -> None:
    """202 Accepted: {"success": true, "message": "Pause signal sent", "task_id": …}, the id as it was given."""
    for prefix in ("", "task-"):
        number = slow_task(target)
        pause(target.callers.main, f"{prefix}{number}").says(202, accepted(f"{prefix}{number}"))
        end_task(target, number)


@DOCUMENT.check
def a_reason_is_optional(target: Target) -> None:
    """reason: optional pause reason note. The body may be left out, be empty, or come without a Content-Type."""
    number, client = slow_task(target), target.callers.main
    pause(client, number, body={"reason": "Pause while user reviews intermediate results"}).says(202, accepted(number))
    state = work.task_at_rest(target, number)
    is_equal("pause_reason", state["pause_reason"], "Pause while user reviews intermediate results")
    end_task(target, number)
    for options in ({"content": b""}, {"content": b"{}"}, {"content": b'{"reason": null}'}):
        number = slow_task(target)
        client.ask("POST", f"{TASKS}/{number}/pause", **options).says(202, accepted(number))
        end_task(target, number)


@DOCUMENT.check
def a_bad_body_is_refused(target: Target) -> None:
    """A body that is malformed, or a reason of another type, is refused in the shape of this document."""
    client, number = target.callers.main, work.completed_task(target)
    client.send(f"{TASKS}/{number}/pause", b"{").refuses(400, 422, shape=ERROR)
    pause(client, number, body={"reason": 7}).refuses(400, 422, shape=ERROR)
    pause(client, number, body=[]).refuses(400, 422, shape=ERROR)


@DOCUMENT.check
def an_unknown_task_is_404(target: Target) -> None:
    """404 Not Found: {"error": "Task not found"}."""
    client = target.callers.main
    for id_ in ABSENT_IDS:
        pause(client, id_).refuses(404, shape=ERROR, text="Task not found")
        client.post(f"{TASKS}/{id_}/resume").refuses(404, shape=ERROR, text="Task not found")
        client.get(f"{TASKS}/{id_}/control-state").refuses(404, shape=ERROR, text="Task not found")


@DOCUMENT.check
def a_completed_task_cannot_be_paused(target: Target) -> None:
    """409: {"error": "cannot pause completed task"}."""
    ended(target, work.completed_task(target), "completed")


@DOCUMENT.check
def a_failed_task_cannot_be_paused(target: Target) -> None:
    """409: {"error": "cannot pause failed task"}."""
    ended(target, work.failed_task(target), "failed")


@DOCUMENT.check
def a_cancelled_task_cannot_be_paused(target: Target) -> None:
    """409: {"error": "cannot pause cancelled task"}."""
    ended(target, work.cancelled_task(target), "cancelled")


@DOCUMENT.check
def a_timed_out_task_cannot_be_paused(target: Target) -> None:
    """409: {"error": "cannot pause timed out task"}."""
    if target.timed_out_task is None:
        raise Skipped("no request makes a task run out of time; name one that did (--timed-out-task)")
    ended(target, target.timed_out_task, "timed out")
    is_equal("its status in 003", task(target.callers.main, target.timed_out_task)["status"], "failed")


@DOCUMENT.check
def a_paused_task_is_already_paused(target: Target) -> None:
    """409: {"error": "task is already paused"}."""
    number = slow_task(target)
    pause_task(target, number)
    pause(target.callers.main, number).refuses(409, shape=ERROR, text="task is already paused")
    end_task(target, number)


@DOCUMENT.check
def no_credentials_is_unauthorized(target: Target) -> None:
    """Authentication is required: 401 {"error": "Unauthorized"}."""
    number, wrong = work.completed_task(target), target.callers.with_key("sk_test_unknown")
    for client in (target.callers.nobody, wrong):
        for id_ in (number, UNKNOWN):
            pause(client, id_).refuses(401, shape=ERROR, text="Unauthorized")


@DOCUMENT.check
def who_may_not_is_forbidden(target: Target) -> None:
    """403 {"error": "Forbidden"}: a known caller who is not allowed."""
    number = slow_task(target)
    pause(target.callers.reader, number).refuses(403, shape=ERROR, text="Forbidden")
    is_equal("is_paused", control_state(target.callers.reader, number)["is_paused"], False)
    end_task(target, number)


@DOCUMENT.check
def users_pause_their_own_tasks(target: Target) -> None:
    """Ownership and tenancy are enforced: users can only pause their own tasks."""
    ann, bob = target.callers.user(target.name("ann")), target.callers.user(target.name("bob"))
    number = slow_task(target, client=ann)
    pause(bob, number).refuses(403, shape=ERROR, text="Forbidden")
    pause(target.callers.other, number).refuses(404, shape=ERROR, text="Task not found")
    pause(ann, number).says(202, accepted(number))
    end_task(target, number)


@DOCUMENT.check
def the_current_activity_finishes(target: Target) -> None:
    """The current activity is allowed to finish, and then the workflow blocks until it is resumed or cancelled."""
    run = target.name()
    number, client = slow_task(target, run=run), target.callers.main
    pause_task(target, number)
    paused, fetched = task(client, number), target.pages.fetched(run)
    work.rests()
    is_equal("the progress of a paused task", task(client, number)["progress"], paused["progress"])
    is_equal("pages that were begun", target.pages.fetched(run), fetched)
    is_equal("pages that were begun and not finished", fetched - paused["progress"], 0)
    end_task(target, number)
    is_equal("the status after a cancel", task(client, number)["status"], "cancelled")


@DOCUMENT.check
def no_progress_is_lost(target: Target) -> None:
    """Temporarily stop a long-running task without losing progress: resumed, it finishes and does nothing twice."""
    run, client = target.name(), target.callers.main
    number = slow_task(target, run=run)
    pause_task(target, number)
    answer = client.post(f"{TASKS}/{number}/resume").body(202)
    has_keys("the answer", answer, ("success", "message", "task_id"))
    is_equal("success and task_id", (answer["success"], answer["task_id"]), (True, str(number)))
    work.let_go(target, number)
    over = work.task_over(target, number)
    is_equal(
        "status and progress", (over["status"], over["progress"], over["total"]), ("completed", work.LONG, work.LONG)
    )
    is_equal("pages that were fetched", target.pages.fetched(run), work.LONG)


@DOCUMENT.check
def a_running_task_is_not_paused(target: Target) -> None:
    """Resuming a task that is not paused is a 409 "task is not paused", in the same style."""
    number, client = slow_task(target), target.callers.main
    client.post(f"{TASKS}/{number}/resume").refuses(409, shape=ERROR, text="task is not paused")
    end_task(target, number)


@DOCUMENT.check
def it_stops_at_a_checkpoint(target: Target) -> None:
    """Pause takes effect at well-defined checkpoints; it does not interrupt in-flight activities."""
    number = slow_task(target)
    is_one_of("checkpoint", pause_task(target, number)["checkpoint"], CHECKPOINTS)
    end_task(target, number)


@DOCUMENT.alone
def a_pending_task_stops_before_it_begins(target: Target) -> None:
    """A pending task may be paused: it stops at pre_execution."""
    run, client = target.name(), target.callers.main
    with work.SystemPause(target):
        number = work.crawl(target, target.pages.pages(run, 1))
        answer = pause(client, number)
        is_one_of("the status of the answer", answer.status, (202, 409))
    if answer.status == 409:  # the system's pause had stopped it already
        pause(client, number)
    state = target.until(lambda: control_state(client, number), lambda state: state["is_paused"], "a paused task")
    is_equal("checkpoint", state["checkpoint"], "pre_execution")
    is_equal("pages that were begun", target.pages.fetched(run), 0)
    client.post(f"{TASKS}/{number}/cancel").body()


@DOCUMENT.check
def the_stream_tells_of_a_pause(target: Target) -> None:
    """While paused, SSE streams will emit workflow.pausing and workflow.paused events with a checkpoint field."""
    number, client = slow_task(target), target.callers.main
    pause_task(target, number)
    frames = follow(client, f"{TASKS}/{number}/stream", lambda frame: frame.event == "workflow.paused", target.patience)
    for name in ("workflow.pausing", "workflow.paused"):
        frame = next((frame for frame in frames if frame.event == name), None)
        is_true(frame, f"there is no {name} among {[frame.event for frame in frames]}")
        assert frame is not None  # noqa: S101
        is_one_of(f"checkpoint of {name}", frame.data.get("checkpoint"), CHECKPOINTS)
    end_task(target, number)


@DOCUMENT.check
def the_stream_tells_the_rest(target: Target) -> None:
    """The stream then carries workflow.resumed, workflow.cancelling, workflow.cancelled, and progress."""
    number, client = slow_task(target), target.callers.main
    pause_task(target, number)
    client.post(f"{TASKS}/{number}/resume").body(202)
    before = task(client, number)["progress"]
    target.until(lambda: task(client, number), lambda seen: seen["progress"] > before, "progress after a resume")
    path = f"{TASKS}/{number}/stream"
    frames = follow(client, path, lambda frame: "progress" in frame.data and "resumed" in frame.event, target.patience)
    is_true(all("progress" in frame.data for frame in frames), "an event tells no progress")
    end_task(target, number)
    told = follow(client, path, lambda frame: frame.event == "workflow.cancelled", target.patience)
    order = [frame.event for frame in told]
    wanted = ["workflow.pausing", "workflow.paused", "workflow.resumed", "workflow.cancelling", "workflow.cancelled"]
    is_equal("the order of events", [name for name in order if name in wanted], wanted)


@DOCUMENT.check
def the_stream_loses_and_repeats_nothing(target: Target) -> None:
    """Whoever comes back with Last-Event-ID is told what follows, once."""
    number, client = work.completed_task(target), target.callers.main
    path = f"{TASKS}/{number}/stream"

    def is_last(frame: Frame) -> bool:
        return frame.event == "workflow.completed"

    whole = [frame for frame in follow(client, path, is_last, target.patience) if frame.id is not None]
    is_true(len(whole) >= 2, f"the stream has {len(whole)} events with an id")
    rest = follow(client, path, is_last, target.patience, last=whole[0].id)
    is_equal("the rest", [frame.id for frame in rest if frame.id is not None], [frame.id for frame in whole[1:]])
    last = window(client, path, whole[-1].id)
    is_equal("events after the last", [frame.event for frame in last.frames if frame.id is not None], ["done"])
    over = client.get(path, headers={"Last-Event-ID": str(last.frames[-1].id)})
    is_equal("the status for whoever has seen the end", over.status, 204)


@DOCUMENT.check
def traceparent_is_honoured(target: Target) -> None:
    """traceparent: W3C trace context. The audit record of the pause names it."""
    trace = TRACE.format(target.name("").strip("-").ljust(32, "a"))
    number, client = slow_task(target), target.callers.main
    pause(client, number, headers={"traceparent": trace}).says(202, accepted(number))
    records = work.audit(target, action="tasks.pause", about=str(number))
    is_equal("the trace of the audit record", [record["trace"] for record in records], [trace])
    end_task(target, number)
