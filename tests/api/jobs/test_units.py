"""Units one by one, their errors by what they say, and retrying those that say the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fermata.domain.kind import UnitError

JOBS = "/api/v1/jobs"


def units(client: httpx.Client, job: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of them."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = client.get(f"{JOBS}/{job}/units", params=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json()["units"]
        cursor = answer.json()["next_cursor"]
    return found


def fails(message: str) -> Callable[[], Any]:
    def fail() -> None:
        raise UnitError(message)

    return fail


def test_while_a_chunk_is_with_a_worker_its_units_are_running_and_others_pending(
    service: Any, ann: httpx.Client, create: Any, workshop: Any
) -> None:
    seen: list[str] = []
    job = create(params={"units": 4})
    workshop.during("do", 0, lambda: seen.extend(unit["status"] for unit in units(ann, job)))
    service.driver.run()
    assert seen == ["running", "running", "pending", "pending"]


def test_a_settled_unit_says_when_and_where_it_ran(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 2, "bad": [1]})
    service.driver.run()
    good, bad = units(ann, job)
    assert (good["stage"], good["unit"], good["status"], good["attempts"], good["error"]) == (
        "do",
        0,
        "succeeded",
        1,
        None,
    )
    assert (bad["status"], bad["error"], bad["input"], bad["worker"]) == ("failed", "1 is bad", 1, "memory")
    assert good["started_at"] <= good["ended_at"] <= bad["started_at"]


def test_what_a_unit_says_is_kept_without_secrets(make_service: Any) -> None:
    from fermata.domain.kind import Kind, Planned, Policy, Stage

    def run(unit: Any) -> None:
        for number in range(30):
            unit.log(f"{number} with {unit.secrets['api_key']}")

    stage = Stage("do", lambda planning: iter([Planned(1, 1)]), run, Policy(timeout=None))
    service = make_service(kinds={"says": Kind("says", "Says", (stage,), dict, dict, secrets=frozenset({"api_key"}))})
    client = service.key()
    job = client.post(JOBS, json={"kind": "says", "params": {"api_key": "sk-very-secret"}}).json()["id"]
    service.driver.run()
    log = client.get(f"{JOBS}/{job}/units/0").json()["log"]
    assert (len(log), log[0]) == (20, "0 with …")


def test_pages_show_each_unit_once(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 11})
    service.driver.run()
    assert [unit["unit"] for unit in units(ann, job, limit=3)] == list(range(11))


def test_units_are_found_by_status(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 9, "bad": [2, 7]})
    service.driver.run()
    assert [unit["unit"] for unit in units(ann, job, status="failed", limit=1)] == [2, 7]
    assert len(units(ann, job, status=["succeeded", "failed"])) == 9
    assert units(ann, job, status="pending") == []


def test_units_of_all_stages_follow_one_another(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(kind="draft", params={"units": 3})
    service.driver.run()
    ann.post(f"{JOBS}/{job}/review", json={"decision": "approve"})
    service.driver.run()
    assert [(unit["stage"], unit["unit"]) for unit in units(ann, job, limit=2)] == [
        (stage, number) for stage in ("do", "apply") for number in range(3)
    ]
    assert {unit["stage"] for unit in units(ann, job, stage="apply")} == {"apply"}


def test_a_page_that_opened_many_chunks_leads_on(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 60})
    service.driver.run()
    answer = ann.get(f"{JOBS}/{job}/units", params={"limit": 500}).json()
    assert len(answer["units"]) == 40
    assert [unit["unit"] for unit in units(ann, job, limit=500)] == list(range(60))


def test_a_retried_unit_shows_its_last_attempt(service: Any, ann: httpx.Client, create: Any, workshop: Any) -> None:
    job = create(params={"units": 4, "bad": [1]})
    service.driver.run()
    workshop.mended = True
    ann.post(f"{JOBS}/{job}/retry")
    service.driver.run()
    assert [(unit["status"], unit["attempts"]) for unit in units(ann, job)] == [
        ("succeeded", times) for times in (1, 2, 1, 1)
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [({"stage": "none"}, "stage"), ({"cursor": "x"}, "cursor"), ({"limit": 0}, "limit"), ({"state": "x"}, "state")],
    ids=str,
)
def test_a_wrong_question_names_what_is_wrong(
    ann: httpx.Client, create: Any, query: dict[str, Any], field: str
) -> None:
    answer = ann.get(f"{JOBS}/{create()}/units", params=query)
    assert (answer.status_code, answer.json()["detail"].partition(":")[0]) == (422, field)


def test_one_unit_is_shown_whole(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 3})
    service.driver.run()
    unit = ann.get(f"{JOBS}/{job}/units/2", params={"stage": "do"}).json()
    assert (unit["unit"], unit["input"], unit["value"], unit["job_id"]) == (2, 2, 20, job)


def test_a_unit_that_there_is_not_is_a_404(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 3})
    service.driver.run()
    assert ann.get(f"{JOBS}/{job}/units/3").status_code == 404


def test_errors_that_say_the_same_are_one_group(service: Any, ann: httpx.Client, create: Any, workshop: Any) -> None:
    for number in range(3):
        workshop.during("do", number, fails(f"the server answered 404 to https://example.com/{number}"))
    workshop.during("do", 4, fails("timed out after 60 seconds"))
    job = create(params={"units": 6})
    service.driver.run()
    said = ann.get(f"{JOBS}/{job}/errors").json()
    assert (said["failed"], said["whole"]) == (4, True)
    assert [(group["message"], group["count"]) for group in said["groups"]] == [
        ("the server answered 404 to <address>", 3),
        ("timed out after <number> seconds", 1),
    ]
    assert said["groups"][0]["example"] == {
        "unit": 0,
        "error": "the server answered 404 to https://example.com/0",
        "input": 0,
    }


def test_a_job_without_failures_has_no_groups(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create()
    service.driver.run()
    assert ann.get(f"{JOBS}/{job}/errors").json()["groups"] == []


def test_one_group_is_retried_and_the_others_stay(service: Any, ann: httpx.Client, create: Any, workshop: Any) -> None:
    workshop.during("do", 0, fails("no such file"))
    workshop.during("do", 3, fails("no such file"))
    workshop.during("do", 1, fails("refused"))
    job = create(params={"units": 5})
    service.driver.run()
    group = next(
        group for group in ann.get(f"{JOBS}/{job}/errors").json()["groups"] if group["message"] == "no such file"
    )
    workshop.ran.clear()
    assert ann.post(f"{JOBS}/{job}/retry", json={"which": "group", "group": group["id"]}).status_code == 200
    service.driver.run()
    assert workshop.ran == [("do", 0), ("do", 3)]
    assert [group["message"] for group in ann.get(f"{JOBS}/{job}/errors").json()["groups"]] == ["refused"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"which": "group", "group": "nothing"}, 404),
        ({"which": "group"}, 422),
        ({"group": "x"}, 422),
        ({"which": "group", "group": "x", "stage": "do"}, 422),
        ({"which": "group", "group": "x", "units": [1]}, 422),
    ],
    ids=str,
)
def test_a_group_that_there_is_not_is_not_retried(
    service: Any, ann: httpx.Client, create: Any, body: dict[str, Any], status: int
) -> None:
    job = create(params={"units": 2, "bad": [1]})
    service.driver.run()
    assert ann.post(f"{JOBS}/{job}/retry", json=body).status_code == status
