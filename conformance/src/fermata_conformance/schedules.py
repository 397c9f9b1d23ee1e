"""Work that starts by the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, each, has_keys, is_equal, is_true
from fermata_conformance.client import Client
from fermata_conformance.target import Target
from fermata_conformance.words import ascend, is_zulu_time
from fermata_conformance.work import JOBS, OVER

DOCUMENT = Document("schedules", "Work that starts by the clock")

SCHEDULES = "/api/v1/schedules"
SCHEDULE = (
    "id", "name", "user", "expression", "timezone", "start", "end", "window_minutes", "overlap", "catch_up", "job", "paused",
    "hold", "next", "created_at", "updated_at",
)  # fmt: skip
FIRING = ("due_at", "decided_at", "outcome", "cause", "job_id", "reason", "through", "count")
NEVER_YET = "cron(0 3 1 1 ? *)"
"""A time that no run of the kit lasts to; with luck."""


def body(target: Target, **given: Any) -> dict[str, Any]:
    """Of a request that makes a schedule."""
    plain = {"name": target.name("plan"), "expression": NEVER_YET, "job": {"kind": "probe", "params": {"units": 1}}}
    return plain | given


@contextmanager
def schedule(target: Target, client: Client | None = None, **given: Any) -> Iterator[dict[str, Any]]:
    """One that is gone afterwards."""
    client = client or target.callers.main
    made: dict[str, Any] = client.post(SCHEDULES, body(target, **given)).body(201)
    try:
        yield made
    finally:
        client.delete(f"{SCHEDULES}/{made['id']}")


def history(client: Client, schedule_id: str, **query: Any) -> dict[str, Any]:
    page: dict[str, Any] = client.get(f"{SCHEDULES}/{schedule_id}/history", **query).body()
    return page


def over(target: Target, job_id: str) -> dict[str, Any]:
    client = target.callers.main
    return target.until(
        lambda: client.get(f"{JOBS}/{job_id}").body(), lambda seen: seen["status"] in OVER, f"the end of {job_id}"
    )


def minutes_ago(count: int) -> str:
    """The full minute, so many before this one."""
    return time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime((time.time() // 60 - count) * 60))


@DOCUMENT.check
def a_schedule_shows_all_that_it_is(target: Target) -> None:
    """Creating answers 201 with the schedule, its defaults and its next five times; reading and listing show the same."""
    client = target.callers.main
    with schedule(target, expression="cron(30 2 ? * MON-FRI *)", timezone="Europe/Warsaw") as made:
        has_keys("a schedule", made, SCHEDULE)
        seen = tuple(made[name] for name in ("window_minutes", "overlap", "catch_up", "paused", "hold", "start", "end"))
        is_equal("what was left out", seen, (0, "skip", "none", False, None, None, None))
        is_equal("how many times", len(made["next"]), 5)
        is_true(ascend(made["next"]), f"the next times are {made['next']}, not in order")
        for name in ("created_at", "updated_at"):
            is_zulu_time(name, made[name])
        client.get(f"{SCHEDULES}/{made['id']}").says(200, made)
        is_true(made in client.get(SCHEDULES).body()["schedules"], "the list lacks it")


@DOCUMENT.check
def times_are_those_of_the_zone(target: Target) -> None:
    """Cron is wall-clock time: it moves at daylight saving, leaves out what the clocks skip and counts once what they repeat."""
    for expression, start, wanted in (
        ("cron(0 12 * * ? *)", "2031-03-29T00:00:00Z", ["2031-03-29T11:00:00Z", "2031-03-30T10:00:00Z"]),
        ("cron(30 2 * * ? *)", "2031-03-29T00:00:00Z", ["2031-03-29T01:30:00Z", "2031-03-31T00:30:00Z"]),
        ("cron(30 2 * * ? *)", "2031-10-26T00:00:00Z", ["2031-10-26T00:30:00Z", "2031-10-27T01:30:00Z"]),
    ):
        with schedule(target, expression=expression, timezone="Europe/Warsaw", start=start) as made:
            is_equal(f"the next times of {expression} from {start}", made["next"][:2], wanted)


@DOCUMENT.check
def what_is_no_schedule_is_refused(target: Target) -> None:
    """Expression, zone, span, policies, kind and parameters are checked when the schedule is made, and nothing is half made."""
    client, before = target.callers.main, len(target.callers.main.get(SCHEDULES).body()["schedules"])
    for wrong in each(
        {"expression": "whenever"},
        {"expression": "cron(0 3 * * * *)"},
        {"expression": "rate(0 minutes)"},
        {"timezone": "Mars/Olympus"},
        {"start": "2031-01-02T00:00:00Z", "end": "2031-01-01T00:00:00Z"},
        {"overlap": "hope"},
        {"catch_up": "some"},
        {"window_minutes": -1},
        {"job": {"kind": "bake"}},
        {"job": {"kind": "probe", "params": {"units": "many"}}},
        {"job": {"kind": "csv_import", "params": {"text": "{{due:%Q}}"}}},
        {"secrets": {"units": "1"}},
        {"name": ""},
        {"colour": "red"},
    ):
        made = body(target) | wrong
        answer = client.post(SCHEDULES, made)
        is_true(answer.status in (400, 404, 422), f"{wrong} answers {answer.status}")
    is_true(len(client.get(SCHEDULES).body()["schedules"]) <= before + 4, "something of them was made")


@DOCUMENT.check
def a_change_leaves_the_rest_as_it_is(target: Target) -> None:
    """PATCH changes what it names; `start` and `end` may be null, which is none, and nothing else may."""
    client = target.callers.main
    with schedule(target, end="2031-01-01T00:00:00Z") as made:
        path = f"{SCHEDULES}/{made['id']}"
        changed = client.patch(path, {"overlap": "allow"}).body()
        moved = {name for name in SCHEDULE if changed[name] != made[name]}
        is_true(moved <= {"overlap", "updated_at"} and changed["overlap"] == "allow", f"{sorted(moved)} changed")
        is_equal("end", client.patch(path, {"end": None}).body()["end"], None)
        for wrong in ({"overlap": None}, {"name": None}, {"expression": "never"}, {"id": "sch-1"}):
            client.patch(path, wrong).refuses(400, 422)
        is_equal("the overlap afterwards", client.get(path).body()["overlap"], "allow")


@DOCUMENT.check
def what_is_deleted_is_gone_and_its_jobs_stay(target: Target) -> None:
    """A deleted schedule is a 404 everywhere; jobs that it started stay."""
    client = target.callers.main
    with schedule(target) as made:
        path = f"{SCHEDULES}/{made['id']}"
        job_id = client.post(f"{path}/run").body(201)["job_id"]
        client.delete(path).says(200, {"id": made["id"], "deleted": True})
        for answer in (
            client.get(path),
            client.delete(path),
            client.post(f"{path}/run"),
            client.get(f"{path}/history"),
        ):
            answer.refuses(404)
        is_equal("the job's end", over(target, job_id)["status"], "completed")


@DOCUMENT.check
def a_schedule_is_paused_and_resumed(target: Target) -> None:
    """A pause has owner, reason, since and until, like any other hold; asking again replaces them; resuming what runs is 409."""
    client = target.callers.main
    with schedule(target) as made:
        path = f"{SCHEDULES}/{made['id']}"
        paused = client.post(f"{path}/pause", {"reason": "a look"}).body()
        is_equal("paused and why", (paused["paused"], paused["hold"]["reason"]), (True, "a look"))
        is_zulu_time("since", paused["hold"]["since"])
        is_equal("reason", client.post(f"{path}/pause").body()["hold"]["reason"], None)
        client.post(f"{path}/pause", {"until": "2020-01-01T00:00:00Z"}).refuses(400, 422)
        resumed = client.post(f"{path}/resume").body()
        is_equal("paused and hold", (resumed["paused"], resumed["hold"]), (False, None))
        client.post(f"{path}/resume").refuses(409)


@DOCUMENT.check
def a_schedule_runs_when_it_is_told_to(target: Target) -> None:
    """Running now starts one job, with the label of its schedule, also while it is paused; the history tells of it."""
    client = target.callers.main
    with schedule(target) as made:
        path = f"{SCHEDULES}/{made['id']}"
        client.post(f"{path}/pause").body()
        headers = {"Idempotency-Key": target.name("key")}
        first = client.post(f"{path}/run", headers=headers)
        job_id = first.body(201)["job_id"]
        is_equal("schedule", first.json["schedule_id"], made["id"])
        again = client.post(f"{path}/run", headers=headers)
        is_equal("the job of the same request", again.body(201)["job_id"], job_id)
        is_equal("Idempotent-Replay", again.headers.get("Idempotent-Replay"), "true")
        is_equal("its label", over(target, job_id)["labels"]["schedule"], made["id"])
        (line,) = history(client, made["id"])["firings"]
        has_keys("a line of history", line, FIRING)
        is_equal(
            "the line",
            tuple(line[name] for name in ("outcome", "cause", "job_id", "count")),
            ("started", "run", job_id, 1),
        )


@DOCUMENT.check
def a_span_is_made_up_for(target: Target) -> None:
    """A backfill starts one job for each time of a span that has passed and has none; a dry run says which and does nothing."""
    client = target.callers.main
    with schedule(target, expression="cron(* * * * ? *)", start="2031-01-01T00:00:00Z") as made:
        path, span = f"{SCHEDULES}/{made['id']}", {"from": minutes_ago(4), "to": minutes_ago(1)}
        client.patch(path, {"start": None, "end": minutes_ago(-1)})
        client.post(f"{path}/pause").body()
        tried = client.post(f"{path}/backfill", span | {"dry_run": True}).body()
        is_equal("times and count of a dry run", (len(tried["times"]), tried["count"], tried["dry_run"]), (3, 3, True))
        is_equal("history after a dry run", history(client, made["id"])["firings"], [])
        done = client.post(f"{path}/backfill", span).body()
        jobs = [line["job_id"] for line in done["times"]]
        is_equal("the jobs", jobs, [line["job_id"] for line in tried["times"]])
        for job_id in jobs:
            is_equal("how it ended", over(target, job_id)["status"], "completed")
        is_equal("count of a second one", client.post(f"{path}/backfill", span).body()["count"], 0)
        causes = {line["cause"] for line in history(client, made["id"])["firings"]}
        is_equal("causes", causes, {"backfill"})


@DOCUMENT.check
def a_span_to_come_or_without_length_is_refused(target: Target) -> None:
    """What is to come starts by itself; a span has a beginning and a later end, both times."""
    client = target.callers.main
    with schedule(target) as made:
        path = f"{SCHEDULES}/{made['id']}/backfill"
        for since, before in each(
            (minutes_ago(1), minutes_ago(-60)),
            (minutes_ago(1), minutes_ago(2)),
            (minutes_ago(1), minutes_ago(1)),
            ("now", "then"),
        ):
            client.post(path, {"from": since, "to": before}).refuses(400, 422)
        client.post(path, {"from": minutes_ago(2)}).refuses(400, 422)


@DOCUMENT.check
def history_is_read_by_the_page(target: Target) -> None:
    """Newest first, by a cursor that loses and repeats nothing; a cursor of another list is refused."""
    client = target.callers.main
    with schedule(target) as made:
        path = f"{SCHEDULES}/{made['id']}"
        jobs = [client.post(f"{path}/run").body(201)["job_id"] for _ in range(3)]
        first = history(client, made["id"], limit=2)
        rest = history(client, made["id"], limit=2, cursor=first["next_cursor"])
        seen = [line["job_id"] for line in first["firings"] + rest["firings"]]
        is_equal("the lines", (seen, rest["next_cursor"]), (jobs[::-1], None))
        for cursor in (first["next_cursor"][:-3], "AAAA", ""):
            client.get(f"{path}/history", cursor=cursor).refuses(400, 422)
        for job_id in jobs:
            over(target, job_id)


@DOCUMENT.check
def parameters_may_name_the_due_time(target: Target) -> None:
    """`{{due:…}}` in a text of the parameters is the time that the job is for, in the schedule's zone."""
    client = target.callers.main
    given = {"kind": "csv_import", "params": {"text": "day,hour\n{{due:%Y-%m-%d}},{{due:%H:%M}}\n"}}
    with schedule(target, expression="cron(* * * * ? *)", timezone="Asia/Tokyo", job=given) as made:
        path = f"{SCHEDULES}/{made['id']}"
        client.post(f"{path}/pause").body()
        since = minutes_ago(2)
        (line,) = client.post(f"{path}/backfill", {"from": since, "to": minutes_ago(1)}).body()["times"]
        is_equal("due", line["due_at"], since)
        seen = client.get(f"{JOBS}/{line['job_id']}").body()["params"]["text"]
        hour = (int(since[11:13]) + 9) % 24
        is_equal("the hour", seen.splitlines()[1].split(",")[1], f"{hour:02}:{since[14:16]}")
        client.post(f"{JOBS}/{line['job_id']}/cancel").body()


@DOCUMENT.check
def a_schedule_is_its_tenants_and_its_users(target: Target) -> None:
    """404 for another tenant, 403 for a key that may only read and for another user who is no administrator."""
    main, other, reader = target.callers.main, target.callers.other, target.callers.reader
    with schedule(target) as made:
        path = f"{SCHEDULES}/{made['id']}"
        for name in ("", "/history"):
            other.get(path + name).refuses(404)
            reader.get(path + name).body()
        is_true(made["id"] not in str(other.get(SCHEDULES).body()), "another tenant's list has it")
        span = {"from": minutes_ago(2), "to": minutes_ago(1)}
        changes = [("pause", {}), ("resume", {}), ("run", {}), ("backfill", {"body": span})]
        for client, status in ((other, 404), (reader, 403), (target.callers.user(target.name("ben")), 403)):
            for name, options in changes:
                client.post(f"{path}/{name}", **options).refuses(status)
            client.patch(path, {"name": "theirs"}).refuses(status)
            client.delete(path).refuses(status)
        main.get(path).says(200, made)


@DOCUMENT.check
def each_change_of_a_schedule_is_recorded(target: Target) -> None:
    """Every change of a schedule leaves one audit record."""
    client = target.callers.main
    with schedule(target) as made:
        path = f"{SCHEDULES}/{made['id']}"
        client.patch(path, {"name": "other"}).body()
        client.post(f"{path}/pause").body()
        client.post(f"{path}/resume").body()
        client.delete(path).body()
        seen = [(one["action"], one["outcome"]) for one in work.audit(target, about=made["id"])]
    verbs = ("change", "create", "delete", "pause", "resume")
    is_equal("the records", sorted(seen), [(f"schedules.{verb}", "done") for verb in verbs])


@DOCUMENT.check
def a_request_that_comes_twice_makes_one_schedule(target: Target) -> None:
    """The same Idempotency-Key with the same body answers the same schedule; with another body it is a 409."""
    client, headers = target.callers.main, {"Idempotency-Key": target.name("key")}
    asked = body(target)
    made = client.post(SCHEDULES, asked, headers=headers).body(201)
    again = client.post(SCHEDULES, asked, headers=headers)
    is_equal("the second id", again.body(201)["id"], made["id"])
    is_equal("Idempotent-Replay", again.headers.get("Idempotent-Replay"), "true")
    client.post(SCHEDULES, asked | {"name": "another"}, headers=headers).refuses(409)
    client.delete(f"{SCHEDULES}/{made['id']}").body()
    client.post(SCHEDULES, asked, headers=headers).refuses(404, 409)
