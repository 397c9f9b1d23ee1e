"""000: pausing and resuming sources, and the whole system."""

from __future__ import annotations

from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, Skipped, each, has_keys, is_equal, is_one_of, is_true
from fermata_conformance.target import Target, shared
from fermata_conformance.words import descend, is_naive_time
from fermata_conformance.work import SOURCES, SYSTEM, SystemPause, new_source, source, source_over

DOCUMENT = Document("000", "Pause / Resume API")

EVENT = ("id", "event_type", "created_at", "reason", "database_name")
EVENT_TYPES = ("pause", "resume", "health_change", "task_failed", "recovery")
NOT_PAUSED = {"paused": False, "paused_at": None, "reason": None}
ABSENT = "src_nosuchsource"


def pause(target: Target, source_id: str, **more: Any) -> Any:
    return target.callers.main.post(f"{SOURCES}/{source_id}/pause", **more)


def resume(target: Target, source_id: str) -> Any:
    return target.callers.main.post(f"{SOURCES}/{source_id}/resume")


def events(target: Target, **query: Any) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = target.callers.main.get(f"{SYSTEM}/events", **query).body()
    return lines


@shared
def processed(target: Target) -> str:
    """A source whose processing is over."""
    source_id = new_source(target)
    is_equal("the status of a source", source_over(target, source_id)["status"], "completed")
    return source_id


# One source -----------------------------------------------------------------------------------------------------------------


@DOCUMENT.check
def pause_answers_as_documented(target: Target) -> None:
    """Pause processing for a single source: 200 {"source_id": …, "paused": true}."""
    source_id = new_source(target)
    wanted = {"source_id": source_id, "paused": True}
    pause(target, source_id, body={"reason": "Reviewing extraction settings"}).says(200, wanted)
    is_equal("paused", source(target.callers.main, source_id)["paused"], True)


@DOCUMENT.check
def a_reason_is_optional(target: Target) -> None:
    """reason: optional human-readable reason. A body, {} and no body all work, also on a source that is paused already."""
    source_id = new_source(target)
    wanted = {"source_id": source_id, "paused": True}
    for content in (b"", b"{}", b'{"reason": null}', b'{"reason": "again"}'):
        target.callers.main.ask("POST", f"{SOURCES}/{source_id}/pause", content=content).says(200, wanted)


@DOCUMENT.check
def a_reason_has_500_characters_at_most(target: Target) -> None:
    """reason: max 500 characters; else 422."""
    source_id = new_source(target)
    pause(target, source_id, body={"reason": "é" * 500}).body()
    for bad in each("é" * 501, 7, ["a"]):
        pause(target, source_id, body={"reason": bad}).refuses(422)
        target.callers.main.post(f"{SOURCES}/pause", {"source_ids": [ABSENT], "reason": bad}).refuses(422)
        target.callers.main.post(f"{SYSTEM}/pause", {"reason": bad}).refuses(422)


@DOCUMENT.check
def resume_answers_as_documented(target: Target) -> None:
    """Resume a paused source: 200 {"source_id": …, "paused": false}; no body needed, and again the same."""
    source_id = new_source(target)
    pause(target, source_id).body()
    for _ in range(2):
        resume(target, source_id).says(200, {"source_id": source_id, "paused": False})
    is_equal("paused", source(target.callers.main, source_id)["paused"], False)


@DOCUMENT.check
def unknown_sources_are_404(target: Target) -> None:
    """Unknown source: 404."""
    for source_id in (ABSENT, "1", "none"):
        pause(target, source_id).refuses(404)
        resume(target, source_id).refuses(404)
        target.callers.main.get(f"{SOURCES}/{source_id}").refuses(404)
        target.callers.main.delete(f"{SOURCES}/{source_id}").refuses(404)


# Several sources ------------------------------------------------------------------------------------------------------------


@DOCUMENT.check
def bulk_pause_counts(target: Target) -> None:
    """Pause multiple sources in a single request. Returns the count of sources successfully paused."""
    client, first, second = target.callers.main, new_source(target), new_source(target)
    body = {"source_ids": [first, second], "reason": "Maintenance window"}
    client.post(f"{SOURCES}/pause", body).says(200, {"count": 2})
    is_true(all(source(client, source_id)["paused"] for source_id in (first, second)), "not both are paused")
    client.post(f"{SOURCES}/resume", {"source_ids": [first, second]}).says(200, {"count": 2})
    is_true(not any(source(client, source_id)["paused"] for source_id in (first, second)), "not both are resumed")


@DOCUMENT.check
def count_is_of_distinct_known_sources(target: Target) -> None:
    """count is the distinct known sources that are now in the asked-for state; unknown ids are skipped."""
    client, source_id = target.callers.main, new_source(target)
    for name in ("pause", "pause", "resume", "resume"):
        client.post(f"{SOURCES}/{name}", {"source_ids": [source_id, ABSENT, source_id]}).says(200, {"count": 1})


@DOCUMENT.check
def bulk_takes_1_to_500_ids(target: Target) -> None:
    """source_ids: list of source IDs (1--500 items), required; else 422."""
    for name in ("pause", "resume"):
        path = f"{SOURCES}/{name}"
        target.callers.main.post(path, {"source_ids": [f"src_none{n}" for n in range(500)]}).says(200, {"count": 0})
        for bad in each([], [f"src_none{n}" for n in range(501)], None, "src_1", [7]):
            target.callers.main.post(path, {"source_ids": bad}).refuses(422)
        target.callers.main.post(path, {}).refuses(422)
        target.callers.main.send(path, b"{").refuses(400, 422)


# The life of a source -------------------------------------------------------------------------------------------------------


@DOCUMENT.check
def sources_can_be_created(target: Target) -> None:
    """POST /api/v1/sources with a title and a text or uri: 201 with source_id, status, paused, created_at."""
    client = target.callers.main
    for given in ({"text": "Bees live in a hive."}, {"uri": target.pages.texts("good", 1)[0]}):
        created = client.post(SOURCES, {"title": "Bees", **given}).body(201)
        has_keys("the answer", created, ("source_id", "status", "paused", "created_at"))
        is_true(isinstance(created["source_id"], str), "source_id is no string")
        is_equal("paused", created["paused"], False)
        is_naive_time("created_at", created["created_at"])
        is_equal("status at the end", source_over(target, created["source_id"])["status"], "completed")
    for bad in each(
        {},
        [],
        {"title": "Bees"},
        {"text": "Bees"},
        {"title": 7, "text": "Bees"},
        {"title": "", "text": "Bees"},
    ):
        client.post(SOURCES, bad).refuses(422)


@DOCUMENT.check
def sources_can_be_listed_and_deleted(target: Target) -> None:
    """List, read and delete sources, each with its processing state and paused flag."""
    client, space = target.callers.main, target.name("space")
    first, second = (new_source(target, workspace_id=space) for _ in range(2))
    target.until(
        lambda: client.get(SOURCES, workspace_id=space).body()["sources"], lambda seen: len(seen) == 2, "both sources"
    )
    listed = client.get(SOURCES, workspace_id=space).body()["sources"]
    is_equal("ids, newest first", [seen["source_id"] for seen in listed], [second, first])
    for seen in (*listed, source(client, first)):
        is_true({"source_id", "status", "paused"} <= seen.keys(), f"a source is {seen}")
    client.delete(f"{SOURCES}/{first}").body()
    client.get(f"{SOURCES}/{first}").refuses(404)
    client.delete(f"{SOURCES}/{first}").refuses(404)
    for bad in each(0, -1, 501):
        client.get(SOURCES, limit=bad).refuses(422)
    client.get(SOURCES, cursor="forged").refuses(400, 422)


@DOCUMENT.alone
def a_paused_source_is_not_picked_up(target: Target) -> None:
    """The source will not be picked up for extraction or recovery until it is resumed; then it is re-queued at once."""
    client = target.callers.main
    with SystemPause(target):
        held, free = new_source(target), new_source(target)
        pause(target, held).body()
        is_true(source(client, held)["status"] not in work.OVER, "it was processed while the system was paused")
    is_equal("the status of another source", source_over(target, free)["status"], "completed")
    is_true(source(client, held)["status"] not in work.OVER, "a paused source was processed")
    is_equal("paused, when the system has been resumed", source(client, held)["paused"], True)
    resume(target, held).body()
    is_equal("the status when resumed", source_over(target, held)["status"], "completed")


# The system -----------------------------------------------------------------------------------------------------------------


@DOCUMENT.alone
def the_system_is_paused_and_resumed(target: Target) -> None:
    """Pause all source processing system-wide: 200 {"paused": true}; resume: 200 {"paused": false}. Both are idempotent."""
    client = target.callers.main
    try:
        for body in each({"body": {"reason": "Scheduled maintenance"}}, {"body": {}}, {}):
            client.post(f"{SYSTEM}/pause", **body).says(200, {"paused": True})
    finally:
        answers = [client.post(f"{SYSTEM}/resume") for _ in range(2)]
    for answer in answers:
        answer.says(200, {"paused": False})


@DOCUMENT.alone
def status_tells_when_and_why(target: Target) -> None:
    """Returns the current system-wide pause state: paused, paused_at and reason; null when it is not paused."""
    client = target.callers.main
    client.get(f"{SYSTEM}/status").says(200, NOT_PAUSED)
    with SystemPause(target, "Scheduled maintenance"):
        status = client.get(f"{SYSTEM}/status").body()
    has_keys("the status", status, ("paused", "paused_at", "reason"))
    is_equal("paused and reason", (status["paused"], status["reason"]), (True, "Scheduled maintenance"))
    is_naive_time("paused_at", status["paused_at"])
    client.get(f"{SYSTEM}/status").says(200, NOT_PAUSED)
    with SystemPause(target):
        is_equal("a reason that was not given", client.get(f"{SYSTEM}/status").body()["reason"], None)


@DOCUMENT.alone
def a_paused_system_starts_nothing(target: Target) -> None:
    """No new jobs will be started until the system is resumed. Work submitted meanwhile is accepted and waits."""
    run, client = target.name(), target.callers.main
    with SystemPause(target):
        source_id = new_source(target)
        task = work.crawl(target, target.pages.pages(run, 1))
        job_id = work.start_batch(client, work.batch_of(target.pages.texts(run, 1)))
        work.rests()
        is_equal("pages and documents that were fetched", target.pages.fetched(run), 0)
        is_true(source(client, source_id)["status"] not in work.OVER, "a source was processed")
    is_equal("the source's status at the end", source_over(target, source_id)["status"], "completed")
    is_equal("the task's status at the end", work.task_over(target, task)["status"], "completed")
    is_equal("the batch's status at the end", work.batch_over(target, job_id)["status"], "completed")


@DOCUMENT.alone
def in_flight_work_ends(target: Target) -> None:
    """Existing in-flight tasks are not interrupted: the unit in flight ends, and work goes on by itself afterwards."""
    run, client = target.name(), target.callers.main
    job_id = work.slow_batch(target, run=run)
    with SystemPause(target):
        status = work.batch_at_rest(target, job_id)
        is_equal("failed documents", status["failed_count"], 0)
        is_equal("documents in flight", target.pages.fetched(run) - status["processed_count"], 0)
    before = status["processed_count"]
    target.until(lambda: work.batch(client, job_id), lambda seen: seen["processed_count"] > before, "more documents")
    work.end_batch(target, job_id).body()


@DOCUMENT.alone
def a_jobs_own_pause_outlives_the_systems(target: Target) -> None:
    """Resuming the system never clears a source's or a job's own pause."""
    client, source_id, job_id = target.callers.main, processed(target), work.slow_batch(target)
    pause(target, source_id).body()
    paused = work.batch_paused(target, job_id)
    with SystemPause(target):
        pass
    work.rests()
    is_equal("the batch", work.batch(client, job_id), paused)
    is_equal("the source's paused", source(client, source_id)["paused"], True)
    work.end_batch(target, job_id).body()
    resume(target, source_id).body()


# Events ---------------------------------------------------------------------------------------------------------------------


@DOCUMENT.alone
def events_are_listed(target: Target) -> None:
    """Returns an audit trail of recent system-level events: id, event_type, created_at, reason, database_name."""
    reason = target.name("Scheduled maintenance")
    with SystemPause(target, reason):
        pass
    lines = events(target)
    for line in lines:
        has_keys("an event", line, EVENT)
        is_true(isinstance(line["id"], str), "an id is no string")
        is_one_of("event_type", line["event_type"], EVENT_TYPES)
        is_naive_time("created_at", line["created_at"])
        is_true(isinstance(line["database_name"], str), "database_name is no string")
    is_true(len({line["id"] for line in lines}) == len(lines), "two events have one id")
    is_equal("the two last events", [line["event_type"] for line in lines[-2:]], ["pause", "resume"])
    is_equal("their reasons", [line["reason"] for line in lines[-2:]], [reason, None])
    is_true(descend([line["created_at"] for line in reversed(lines)]), "the events are not chronological")


@DOCUMENT.alone
def events_are_filtered(target: Target) -> None:
    """event_type: filter by event type: pause, resume, health_change, task_failed, recovery; else 422."""
    with SystemPause(target):
        pass
    for name in EVENT_TYPES:
        is_true(
            all(line["event_type"] == name for line in events(target, event_type=name)),
            f"others than {name} are listed",
        )
    is_true(events(target, event_type="pause") and events(target, event_type="resume"), "a filter loses events")
    for bad in each("paused", "", "PAUSE"):
        target.callers.main.get(f"{SYSTEM}/events", event_type=bad).refuses(422)


@DOCUMENT.alone
def events_have_a_limit(target: Target) -> None:
    """limit: maximum number of events to return, 50 by default, 1 to 500; the most recent ones."""
    client = target.callers.main
    for _ in range(max(0, 26 - len(events(target, limit=52)) // 2)):
        with SystemPause(target):
            pass
    every = events(target, limit=500)
    is_true(len(every) > 50, f"there are {len(every)} events after more than 50 pauses and resumes")
    is_equal("events by default", events(target), every[-50:])
    is_equal("the newest", events(target, limit=1), every[-1:])
    for bad in each(0, -1, 501, "ten"):
        client.get(f"{SYSTEM}/events", limit=bad).refuses(422)


@DOCUMENT.check
def a_failed_task_is_an_event(target: Target) -> None:
    """Useful for diagnosing task failures: a job that fails is an event task_failed."""
    work.failed_task(target)
    is_true(events(target, event_type="task_failed"), "there is none, though a task has failed")


@DOCUMENT.check
def sources_pauses_are_events(target: Target) -> None:
    """Useful for monitoring pause / resume activity: that of sources too, with the reason that was given, null where none was."""
    source_id, reason = processed(target), target.name("a look")
    pause(target, source_id, body={"reason": reason}).body()
    resume(target, source_id).body()
    lines = events(target, limit=500)
    at = next((number for number, line in enumerate(lines) if line["reason"] == reason), None)
    is_true(at is not None and lines[at]["event_type"] == "pause", "no event pause has the reason")
    later = [line["reason"] for line in lines[at:] if line["event_type"] == "resume"]
    is_true(None in later, "no event resume is without a reason, though none was given")


@DOCUMENT.check
def health_and_recovery_are_events(target: Target) -> None:
    """All five types are really produced: health_change and recovery when something is wrong and is put right."""
    if not (events(target, event_type="health_change") and events(target, event_type="recovery")):
        raise Skipped("no request makes a server ill; this one has not been, as far as its events go back")


@DOCUMENT.alone
def events_are_cleared_for_good(target: Target) -> None:
    """Permanently deletes all system events: 200 {"deleted": …}, the number of events removed. The audit log stays."""
    client = target.callers.main
    with SystemPause(target):
        pass
    count = len(events(target, limit=500))
    records = work.audit(target, action="system.pause")
    answer = client.delete(f"{SYSTEM}/events").body()
    has_keys("the answer", answer, ("deleted",))
    is_true(type(answer["deleted"]) is int and answer["deleted"] >= count, f"deleted is {answer['deleted']} of {count}")
    is_equal("events afterwards", events(target), [])
    client.delete(f"{SYSTEM}/events").says(200, {"deleted": 0})
    is_equal("the audit log", work.audit(target, action="system.pause"), records)


# Who may --------------------------------------------------------------------------------------------------------------------


@DOCUMENT.check
def credentials_are_not_needed(target: Target) -> None:
    """The examples show no credentials: where the server allows it, anonymous callers are the default tenant."""
    nobody, source_id = target.callers.nobody, processed(target)
    if nobody.get(f"{SYSTEM}/status").status == 401:
        raise Skipped("this server lets in nobody without credentials, as it may")
    nobody.post(f"{SOURCES}/{source_id}/pause").says(200, {"source_id": source_id, "paused": True})
    nobody.post(f"{SOURCES}/{source_id}/resume").says(200, {"source_id": source_id, "paused": False})


@DOCUMENT.check
def a_bad_key_is_401(target: Target) -> None:
    """401 with bad credentials, on all nine routes."""
    wrong = target.callers.with_key("sk_test_unknown")
    for path in (f"{SOURCES}/{ABSENT}/pause", f"{SOURCES}/{ABSENT}/resume", f"{SOURCES}/pause", f"{SOURCES}/resume"):
        wrong.post(path).refuses(401)
    for path in (f"{SYSTEM}/pause", f"{SYSTEM}/resume"):
        wrong.post(path).refuses(401)
    for path in (f"{SYSTEM}/status", f"{SYSTEM}/events"):
        wrong.get(path).refuses(401)
    wrong.delete(f"{SYSTEM}/events").refuses(401)


@DOCUMENT.check
def the_system_needs_the_admin_scope(target: Target) -> None:
    """403: a read-only key that tries to pause; system pause without the admin scope."""
    reader, source_id = target.callers.reader, processed(target)
    reader.post(f"{SOURCES}/{source_id}/pause").refuses(403)
    reader.post(f"{SOURCES}/pause", {"source_ids": [source_id]}).refuses(403)
    reader.post(f"{SYSTEM}/pause").refuses(403)
    reader.delete(f"{SYSTEM}/events").refuses(403)
    is_equal("paused", reader.get(f"{SOURCES}/{source_id}").body()["paused"], False)
    ann = target.callers.user("ann", "read control")
    ann.post(f"{SYSTEM}/pause").refuses(403)
    ann.post(f"{SYSTEM}/resume").refuses(403)
