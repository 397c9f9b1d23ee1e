"""What became of each unit of a job and of the chunks that they are in, and what those that failed say."""

from __future__ import annotations

from typing import Any

from fermata_conformance.check import Document, has_keys, is_equal, is_true
from fermata_conformance.jobs import over, started
from fermata_conformance.target import Target, shared
from fermata_conformance.work import JOBS

DOCUMENT = Document("units", "Units, their errors, and running some again")

UNIT = (
    "stage", "unit", "status", "attempts", "started_at", "ended_at", "seconds", "worker", "error", "log", "next_attempt_at",
    "input",
)  # fmt: skip
CHUNK = (
    "stage", "chunk", "status", "first", "last", "next_unit", "counts", "attempts", "strikes", "leased_until", "not_before",
    "throttled_since", "worker", "started_at", "settled_at", "worker_seconds",
)  # fmt: skip
GROUP = ("id", "stage", "message", "count", "example")


@shared
def mixed(target: Target) -> str:
    """A completed job of seven units, of which each third has failed."""
    job_id = started(target, params={"units": 7, "fail_every": 3})
    is_equal("how it ended", over(target, job_id)["status"], "completed")
    return job_id


def units(target: Target, job_id: str, **query: Any) -> list[dict[str, Any]]:
    """Of all pages."""
    found: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = target.callers.main.get(f"{JOBS}/{job_id}/units", **query, **cursor).body()
        found += page["units"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


@DOCUMENT.check
def units_are_listed_one_by_one(target: Target) -> None:
    """Each unit by its number, with status, attempts, times, worker, error and input; the counts are the job's."""
    job_id = mixed(target)
    seen = units(target, job_id)
    for one in seen:
        has_keys("a unit", one, UNIT)
    is_equal("numbers", [one["unit"] for one in seen], list(range(7)))
    failed = [one["unit"] for one in seen if one["status"] == "failed"]
    is_equal("failed units", len(failed), target.callers.main.get(f"{JOBS}/{job_id}").body()["counts"]["failed"])
    is_true(
        all(one["error"] and one["attempts"] >= 1 for one in seen if one["unit"] in failed),
        "a failed unit says nothing",
    )
    is_true(all(one["error"] is None for one in seen if one["unit"] not in failed), "a good unit has an error")


@DOCUMENT.check
def units_are_chosen_and_paged(target: Target) -> None:
    """By status and stage, in pages; a stage that the job has not, and a cursor of other filters, are refused."""
    job_id, client = mixed(target), target.callers.main
    whole = units(target, job_id)
    is_equal("page by page", units(target, job_id, limit=2), whole)
    is_equal("failed ones", units(target, job_id, status="failed"), [one for one in whole if one["status"] == "failed"])
    is_equal("of its stage", units(target, job_id, stage=whole[0]["stage"]), whole)
    cursor = client.get(f"{JOBS}/{job_id}/units", limit=2).body()["next_cursor"]
    for wrong in ({"stage": "none"}, {"status": "asleep"}, {"cursor": "AAAA"}, {"cursor": cursor, "status": "failed"}):
        client.get(f"{JOBS}/{job_id}/units", **wrong).refuses(400, 422)


@DOCUMENT.check
def one_unit_shows_all_of_itself(target: Target) -> None:
    """A unit by its number, with its whole input and value; one that there is not is a 404, and so is another tenant's."""
    job_id, client = mixed(target), target.callers.main
    good = next(one for one in units(target, job_id) if one["status"] == "succeeded")
    seen = client.get(f"{JOBS}/{job_id}/units/{good['unit']}").body()
    has_keys("the unit", seen, (*UNIT, "job_id", "value"))
    is_equal(
        "job, number and status", (seen["job_id"], seen["unit"], seen["status"]), (job_id, good["unit"], "succeeded")
    )
    is_true(seen["value"] is not None, "it has no value")
    client.get(f"{JOBS}/{job_id}/units/99").refuses(404)
    for path in ("units", "units/0", "chunks", "errors"):
        target.callers.other.get(f"{JOBS}/{job_id}/{path}").refuses(404)
        client.get(f"{JOBS}/jobs:none/{path}").refuses(404)


@DOCUMENT.check
def chunks_are_listed_and_hold_all_units(target: Target) -> None:
    """Each chunk with its range, counts, status and times, in pages; together they hold each unit once, and the job's counts."""
    job_id, client = mixed(target), target.callers.main
    seen = client.get(f"{JOBS}/{job_id}/chunks").body()
    has_keys("the chunks", seen, ("job_id", "status", "chunks", "next_cursor"))
    held: list[int] = []
    for one in seen["chunks"]:
        has_keys("a chunk", one, CHUNK)
        is_equal(
            "a chunk of a job that is over",
            (one["status"], one["next_unit"], one["leased_until"]),
            ("done", None, None),
        )
        numbers = [unit["unit"] for unit in units(target, job_id, stage=one["stage"], chunk=one["chunk"])]
        is_equal("the units of a chunk", numbers, list(range(one["first"], one["last"] + 1)))
        held += numbers
    is_equal("units in chunks", held, list(range(7)))
    failed = sum(one["counts"]["failed"] for one in seen["chunks"])
    is_equal("failed units", failed, client.get(f"{JOBS}/{job_id}").body()["counts"]["failed"])
    is_equal("chunks that wait", client.get(f"{JOBS}/{job_id}/chunks", status="waiting").body()["chunks"], [])
    for wrong in ({"stage": "none"}, {"status": "asleep"}, {"cursor": "AAAA"}, {"limit": 0}):
        client.get(f"{JOBS}/{job_id}/chunks", **wrong).refuses(400, 422)


@DOCUMENT.check
def errors_are_grouped_by_what_they_say(target: Target) -> None:
    """Failed units by stage and message, numbers left out of the comparison, the largest group first, with an example."""
    job_id = mixed(target)
    seen = target.callers.main.get(f"{JOBS}/{job_id}/errors").body()
    has_keys("the errors", seen, ("job_id", "failed", "whole", "groups"))
    for group in seen["groups"]:
        has_keys("a group", group, GROUP)
        has_keys("its example", group["example"], ("unit", "error", "input"))
    is_equal("the sum of the groups", sum(group["count"] for group in seen["groups"]), seen["failed"])
    is_equal("whether that is all", seen["whole"], True)
    is_equal("groups of one fault", len(seen["groups"]), 1)


@DOCUMENT.check
def a_group_or_named_units_are_run_again(target: Target) -> None:
    """A retry runs what failed, a group of errors, or units by number; what is not named keeps its result."""
    job_id, client = started(target, params={"units": 7, "fail_every": 3}), target.callers.main
    over(target, job_id)
    before = {one["unit"]: one["attempts"] for one in units(target, job_id)}
    (group,) = client.get(f"{JOBS}/{job_id}/errors").body()["groups"]
    client.post(f"{JOBS}/{job_id}/retry", {"which": "group", "group": group["id"]}).body()
    over(target, job_id)
    again = {one["unit"]: one for one in units(target, job_id)}
    moved = {number for number in before if again[number]["attempts"] > before[number]}
    is_equal("what ran again", moved, {number for number, one in again.items() if one["status"] == "failed"})
    good = next(number for number, one in again.items() if one["status"] == "succeeded")
    client.post(f"{JOBS}/{job_id}/retry", {"which": "named", "units": [good]}).body()
    over(target, job_id)
    last = {one["unit"]: one["attempts"] for one in units(target, job_id)}
    is_equal("what ran a third time", {number for number in last if last[number] > again[number]["attempts"]}, {good})
    is_equal("counts", client.get(f"{JOBS}/{job_id}").body()["counts"]["total"], 7)


@DOCUMENT.check
def a_retry_names_what_there_is(target: Target) -> None:
    """A group, stage or secret that there is not, and members that don't belong together, are refused; nothing runs."""
    job_id = mixed(target)
    before = units(target, job_id)
    for wrong in (
        {"which": "group", "group": "none"},
        {"which": "group"},
        {"which": "named"},
        {"which": "named", "units": [0], "stage": "none"},
        {"which": "failed", "units": [0]},
        {"which": "all"},
        {"secrets": {"none": "x"}},
    ):
        target.callers.main.post(f"{JOBS}/{job_id}/retry", wrong).refuses(400, 404, 422)
    is_equal("the units afterwards", units(target, job_id), before)
