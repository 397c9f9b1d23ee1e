"""Jobs beyond the five documents: labels, filters, counts, many at once, one after the other."""

from __future__ import annotations

from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, each, has_keys, is_equal, is_true
from fermata_conformance.client import ENVELOPE
from fermata_conformance.target import Target, shared
from fermata_conformance.words import descend
from fermata_conformance.work import BATCH, JOBS, OVER, PROCESSES, SOURCES, TASKS

DOCUMENT = Document("jobs", "Jobs, many at once and one after the other")

OUTCOME = ("job_id", "status", "outcome", "error")


def started(target: Target, workspace: str = "default", **given: Any) -> str:
    """A job of the kind that only waits, for a second; with params, or with what else a job is asked for."""
    asked = {"kind": "probe", "params": {"units": 1}, "workspace": workspace} | given
    job_id: str = target.callers.main.post(JOBS, asked).body(201)["id"]
    return job_id


def waiting(target: Target, workspace: str, **given: Any) -> str:
    """A job that will be at work for a while."""
    return started(target, workspace, params={"units": 1000, "seconds": 0.3}, **given)


def job(target: Target, job_id: str) -> dict[str, Any]:
    seen: dict[str, Any] = target.callers.main.get(f"{JOBS}/{job_id}").body()
    return seen


def is_now(target: Target, job_id: str, *statuses: str) -> dict[str, Any]:
    """Wait until it has one of these statuses."""
    return target.until(
        lambda: job(target, job_id), lambda seen: seen["status"] in statuses, f"{' or '.join(statuses)}"
    )


def over(target: Target, job_id: str) -> dict[str, Any]:
    return is_now(target, job_id, *OVER)


def listed(target: Target, **query: Any) -> list[str]:
    """Ids of all pages."""
    ids: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        page = target.callers.main.get(JOBS, **query, **cursor).body()
        ids += [one["id"] for one in page["jobs"]]
        if page["next_cursor"] is None:
            return ids
        cursor = {"cursor": page["next_cursor"]}


def many(target: Target, verb: str, **asked: Any) -> dict[str, Any]:
    """What a verb on many jobs answers."""
    answer: dict[str, Any] = target.callers.main.post(f"{JOBS}/{verb}", asked).body()
    return answer


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    return {one["job_id"]: one["outcome"] for one in answer["outcomes"]}


@shared
def workspace(target: Target) -> tuple[str, list[str]]:
    """One with three completed jobs, and their ids, oldest first."""
    name = target.name("space")
    ids = [started(target, name, labels={"number": str(number), "team": "data"}) for number in range(3)]
    for job_id in ids:
        is_equal("how it ended", over(target, job_id)["status"], "completed")
    return name, ids


@DOCUMENT.check
def jobs_are_found_by_their_labels(target: Target) -> None:
    """Labels are shown with the job; a filter names one, or one with its value, and several must all match."""
    space, ids = workspace(target)
    is_equal("labels", job(target, ids[1])["labels"], {"number": "1", "team": "data"})
    is_equal("of the value", listed(target, workspace=space, label="number=1"), [ids[1]])
    is_equal("of the name", set(listed(target, workspace=space, label="number")), set(ids))
    is_equal("of both", listed(target, workspace=space, label=["team=data", "number=2"]), [ids[2]])
    is_equal("of none", listed(target, workspace=space, label="number=9"), [])


@DOCUMENT.check
def what_is_no_label_is_refused(target: Target) -> None:
    """Names are 1 to 63 of A-Z a-z 0-9 . _ / -, values at most 255 characters, and there are at most 20."""
    for labels in each(
        {"": "x"}, {"a b": "x"}, {"a" * 64: "x"}, {"a": "x" * 256}, {"a": 1}, {f"n{n}": "" for n in range(21)}
    ):
        target.callers.main.post(JOBS, {"kind": "probe", "labels": labels}).refuses(400, 422)


@DOCUMENT.check
def jobs_are_found_by_user_text_and_time(target: Target) -> None:
    """Filters by user, text, status, kind and time of creation; those that are given together must all match."""
    space, ids = workspace(target)
    whole = [job(target, job_id) for job_id in ids]
    is_equal("of the user", set(listed(target, workspace=space, user=whole[0]["user"])), set(ids))
    is_equal("of somebody else", listed(target, workspace=space, user=target.name("nobody")), [])
    is_equal("with the text of an id", listed(target, workspace=space, text=ids[0].partition(":")[2]), [ids[0]])
    is_equal("completed", set(listed(target, workspace=space, status="completed", kind="probe")), set(ids))
    is_equal("failed", listed(target, workspace=space, status="failed"), [])
    is_equal("before all", listed(target, workspace=space, to="2020-01-01T00:00:00Z"), [])
    is_equal("since then", len(listed(target, workspace=space, **{"from": "2020-01-01T00:00:00Z"})), 3)
    for wrong in each({"from": "yesterday"}, {"status": "asleep"}, {"colour": "red"}, {"limit": 0}):
        target.callers.main.get(JOBS, **wrong).refuses(400, 422)


@DOCUMENT.check
def lists_are_sorted_and_paged(target: Target) -> None:
    """Newest first or oldest first; a cursor is good for its list alone, and loses and repeats nothing."""
    (space, ids), client = workspace(target), target.callers.main
    for sort in ("newest", "oldest"):
        is_equal(f"{sort} first, by the page", sorted(listed(target, workspace=space, sort=sort, limit=1)), sorted(ids))
        made = [one["created_at"] for one in client.get(JOBS, workspace=space, sort=sort).body()["jobs"]]
        is_true(descend(made if sort == "newest" else made[::-1]), f"they are not {sort} first: {made}")
    cursor = client.get(JOBS, workspace=space, limit=1).body()["next_cursor"]
    for other in each({"workspace": "default"}, {"workspace": space, "sort": "oldest"}):
        client.get(JOBS, cursor=cursor, **other).refuses(400, 422)
    client.get(JOBS, workspace=space, cursor=cursor[:-3]).refuses(400, 422)


@DOCUMENT.check
def jobs_are_counted_by_status(target: Target) -> None:
    """Counts per status, and their sum, for a workspace, a family or a span of time."""
    space, ids = workspace(target)
    client = target.callers.main
    counted = target.until(
        lambda: client.get(f"{JOBS}/counts", workspace=space).body(),
        lambda seen: seen["total"] == len(ids),
        "three jobs",
    )
    is_equal("completed", counted["counts"]["completed"], 3)
    is_equal("the sum", sum(counted["counts"].values()), counted["total"])
    is_equal("of another family", client.get(f"{JOBS}/counts", workspace=space, family="batch").body()["total"], 0)
    client.get(f"{JOBS}/counts", label="team").refuses(400, 422)


@DOCUMENT.check
def a_job_starts_after_others(target: Target) -> None:
    """A job waits for those in `after`: a hold and `why` name them, and it runs when they have completed."""
    space = target.name("space")
    first = waiting(target, space)
    target.callers.main.post(f"{JOBS}/{first}/pause").body()
    second = started(target, space, after=[first])
    is_equal("what holds it", [hold["scope"] for hold in job(target, second)["holds"]], [f"after:{first}"])
    why = target.callers.main.get(f"{JOBS}/{second}/why").body()
    is_true(first in why["sentence"], f"why does not name it: {why['sentence']}")
    for policy in ("start", "cancel"):
        other = started(target, space, after=[first], on_failure=policy)
        is_equal("a job that waits", job(target, other)["counts"]["succeeded"], 0)
    target.callers.main.post(f"{JOBS}/{first}/cancel").body()
    ends = {
        name: over(target, name)["status"] for name in listed(target, workspace=space) if name not in (first, second)
    }
    is_equal("how those ended that start, and are cancelled", sorted(ends.values()), ["cancelled", "completed"])
    is_true(job(target, second)["holds"], "a job with the policy hold is held no more")
    target.callers.main.post(f"{JOBS}/{second}/cancel").body()
    third = started(target, space, after=[started(target, space)])
    is_equal("a job after one that completes", over(target, third)["status"], "completed")


@DOCUMENT.check
def a_job_waits_for_jobs_of_its_tenant_alone(target: Target) -> None:
    """What is named in `after` is there, and the tenant's own; else the job is not created."""
    theirs = target.callers.other.post(JOBS, {"kind": "probe", "params": {"units": 1}}).body(201)["id"]
    for missing in (theirs, "jobs:none"):
        target.callers.main.post(JOBS, {"kind": "probe", "after": [missing]}).refuses(404, 422)
    target.callers.main.post(JOBS, {"kind": "probe", "on_failure": "hope"}).refuses(400, 422)


@DOCUMENT.check
def many_jobs_are_paused_resumed_and_cancelled_by_filter(target: Target) -> None:
    """A filter, a dry run that does nothing, an outcome for each job; one call leaves one audit record."""
    space = target.name("space")
    ids = {waiting(target, space, labels={"sort": "many"}) for _ in range(3)}
    wanted: dict[str, Any] = {"filter": {"workspace": space, "label": ["sort=many"]}}
    tried = many(target, "pause", **wanted, dry_run=True)
    for one in tried["outcomes"]:
        has_keys("an outcome", one, OUTCOME)
    is_equal("a dry run", (outcomes(tried), tried["count"]), (dict.fromkeys(ids, "would be done"), 3))
    is_true(not any(job(target, job_id)["holds"] for job_id in ids), "a dry run paused something")
    for verb, status in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        is_equal(f"outcomes of {verb}", outcomes(many(target, verb, **wanted)), dict.fromkeys(ids, "done"))
        for job_id in ids:
            is_now(target, job_id, status)
    is_equal("what there is left to cancel", many(target, "cancel", **wanted)["count"], 0)


@DOCUMENT.check
def many_jobs_are_named_by_their_ids(target: Target) -> None:
    """Ids instead of a filter: in their order, each once; what is not there, or another tenant's, is refused by itself."""
    space = target.name("space")
    ids = [waiting(target, space) for _ in range(2)]
    theirs = target.callers.other.post(JOBS, {"kind": "probe", "params": {"units": 1}}).body(201)["id"]
    done = many(target, "cancel", ids=[ids[1], "jobs:none", theirs, ids[0], ids[1]])
    is_equal("the order", [one["job_id"] for one in done["outcomes"]], [ids[1], "jobs:none", theirs, ids[0]])
    is_equal("outcomes", [one["outcome"] for one in done["outcomes"]], ["done", "refused", "refused", "done"])
    for wrong in each(
        {},
        {"ids": []},
        {"ids": ids, "filter": {}},
        {"ids": ["."]},
        {"filter": {"colour": "red"}},
        {"filter": {}, "limit": 0},
    ):
        target.callers.main.post(f"{JOBS}/cancel", wrong).refuses(400, 422)


@DOCUMENT.check
def many_jobs_are_taken_on_by_the_page(target: Target) -> None:
    """`limit` bounds a call, and `next_cursor` goes on with the jobs after these."""
    space = target.name("space")
    ids = {waiting(target, space) for _ in range(3)}
    first = many(target, "cancel", filter={"workspace": space}, limit=2)
    rest = many(target, "cancel", filter={"workspace": space}, limit=2, cursor=first["next_cursor"])
    is_equal("what was cancelled", set(outcomes(first)) | set(outcomes(rest)), ids)
    is_equal("how many at a time", len(first["outcomes"]), 2)


@DOCUMENT.check
def many_jobs_are_retried(target: Target) -> None:
    """Failed jobs by filter, completed ones with failed units by their ids; a reader may do none of this."""
    space = target.name("space")
    failed = started(target, space, params={"units": 1, "fail_every": 1})
    is_equal("how it ended", over(target, failed)["status"], "failed")
    is_equal(
        "a dry run",
        outcomes(many(target, "retry", filter={"workspace": space}, dry_run=True)),
        {failed: "would be done"},
    )
    for asked in ({"filter": {"workspace": space}}, {"ids": [failed]}):
        target.callers.reader.post(f"{JOBS}/retry", asked).refuses(403)
        is_equal("a retry", many(target, "retry", **asked)["count"], 1)
        is_equal("how it ended again", over(target, failed)["status"], "failed")


@DOCUMENT.check
def one_call_for_many_leaves_one_record(target: Target) -> None:
    """The whole call leaves one audit record, a dry run none."""
    space, name = target.name("space"), target.name("ann")
    ann = target.callers.user(name)
    ann.post(JOBS, {"kind": "probe", "params": {"units": 1000, "seconds": 0.3}, "workspace": space}).body(201)
    ann.post(f"{JOBS}/cancel", {"filter": {"workspace": space}, "dry_run": True}).body()
    ann.post(f"{JOBS}/cancel", {"filter": {"workspace": space}}).body()
    seen = [one["outcome"] for one in work.audit(target, user=name, action="jobs.cancel_many")]
    is_equal("records", seen, ["done"])


@DOCUMENT.check
def a_request_that_comes_twice_starts_one_thing(target: Target) -> None:
    """An Idempotency-Key is honoured by every route that creates: the same answer, with Idempotent-Replay: true; else 409."""
    client = target.callers.main
    document = {"title": "one", "file_path": "https://x.example/one.txt", "file_source_type": "url"}
    for path, asked, other, status, place in (
        (JOBS, {"kind": "probe", "params": {"units": 1}}, {"workspace": "other"}, 201, "id"),
        (f"{BATCH}/start", {"documents": [document], "config": {}}, {"config": {"num_tags": 3}}, 200, "job_id"),
        (
            TASKS,
            {"task_type": "crawl", "params": {"url": "http://127.0.0.1:9/", "delay": 0}},
            {"project_id": 7},
            201,
            "data",
        ),
        (PROCESSES, {"type": "csv_import", "input": {"text": work.CSV}}, {"workspace_id": "other"}, 201, "id"),
        (SOURCES, {"title": "one", "text": "A word."}, {"title": "two"}, 201, "source_id"),
    ):
        headers = {"Idempotency-Key": target.name("key")}
        first, again = (client.post(path, asked, headers=headers) for _ in range(2))
        ids = [one.body(status)[place]["id"] if place == "data" else one.body(status)[place] for one in (first, again)]
        is_equal(f"the second id of {path}", ids[1], ids[0])
        seen = [one.headers.get("Idempotent-Replay") for one in (first, again)]
        is_equal(f"Idempotent-Replay of {path}", seen, [None, "true"])
        client.post(path, asked | other, headers=headers).refuses(409, shape=ENVELOPE if path == TASKS else "detail")
    for key in ("", "k" * 129, "a key"):
        client.post(JOBS, {"kind": "probe"}, headers={"Idempotency-Key": key}).refuses(400, 422)
