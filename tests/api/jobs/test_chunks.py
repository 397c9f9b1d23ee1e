"""A job's chunks: who has each, how far it is, and what it waits for."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fermata.domain.chunks import LEASE
from fermata.domain.kind import UnitRetry

JOBS = "/api/v1/jobs"


def chunks(client: httpx.Client, job: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of them."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = client.get(f"{JOBS}/{job}/chunks", params=query | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        found += answer.json()["chunks"]
        cursor = answer.json()["next_cursor"]
    return found


def test_a_chunk_with_a_worker_is_running_and_the_next_one_pending(
    service: Any, ann: httpx.Client, create: Any, workshop: Any
) -> None:
    seen: list[dict[str, Any]] = []
    job = create(params={"units": 5}, limit=1)
    workshop.during("do", 1, lambda: seen.extend(chunks(ann, job)))
    service.driver.run()
    first, second, third = seen
    assert (first["status"], first["first"], first["last"], first["attempts"]) == ("running", 0, 1, 1)
    assert first["started_at"] < first["leased_until"]
    assert (second["status"], second["started_at"], second["leased_until"]) == ("pending", None, None)
    assert (third["first"], third["last"], third["counts"]["total"]) == (4, 4, 1)


def test_a_chunk_whose_units_are_all_settled_is_done(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 2, "bad": [1]})
    service.driver.run()
    (done,) = chunks(ann, job)
    assert (done["status"], done["next_unit"], done["leased_until"], done["strikes"]) == ("done", None, None, 0)
    assert done["counts"] == {"succeeded": 1, "failed": 1, "remaining": 0, "total": 2}
    assert done["worker"] == "memory"
    assert done["started_at"] <= done["settled_at"]


def test_a_chunk_whose_worker_is_gone_is_lost_until_another_takes_it(
    service: Any, ann: httpx.Client, create: Any, workshop: Any, skip: Any
) -> None:
    seen: list[str] = []

    def vanish() -> None:
        skip(LEASE + 1)
        seen.extend(chunk["status"] for chunk in chunks(ann, job))

    job = create(params={"units": 2})
    workshop.during("do", 0, vanish)
    service.driver.run()
    assert seen == ["lost"]
    assert [chunk["status"] for chunk in chunks(ann, job)] == ["done"]


def test_a_chunk_whose_units_are_between_two_tries_waits(
    service: Any, ann: httpx.Client, create: Any, workshop: Any
) -> None:
    def refuse() -> None:
        raise UnitRetry("later", after=60)

    job = create(params={"units": 1})
    workshop.during("do", 0, refuse)
    while not service.driver.world.delayed:
        service.driver.step()
    (waiting,) = chunks(ann, job)
    assert (waiting["status"], waiting["next_unit"], waiting["counts"]["remaining"]) == ("waiting", 0, 1)
    assert waiting["not_before"] > waiting["started_at"]


def test_pages_show_each_chunk_once_by_stage_and_status(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(kind="draft", params={"units": 9})
    service.driver.run()
    ann.post(f"{JOBS}/{job}/review", json={"decision": "approve"})
    service.driver.run()
    places = [(stage, number) for stage in ("do", "apply") for number in range(5)]
    assert [(chunk["stage"], chunk["chunk"]) for chunk in chunks(ann, job, limit=3)] == places
    assert {chunk["stage"] for chunk in chunks(ann, job, stage="apply", status=["done", "lost"])} == {"apply"}
    assert chunks(ann, job, status="pending") == []


def test_the_units_of_one_chunk_are_listed(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 5})
    service.driver.run()
    found = ann.get(f"{JOBS}/{job}/units", params={"stage": "do", "chunk": 1}).json()["units"]
    assert [unit["unit"] for unit in found] == [2, 3]


def test_nothing_of_a_chunks_inside_is_shown(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 1})
    service.driver.run()
    assert not {"owner", "file", "segments", "tail"} & chunks(ann, job)[0].keys()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"stage": "none"}, "stage"),
        ({"status": "asleep"}, "status"),
        ({"cursor": "AAAA"}, "cursor"),
        ({"limit": 0}, "limit"),
    ],
)
def test_what_a_list_does_not_have_is_refused(ann: httpx.Client, create: Any, query: Any, field: str) -> None:
    answer = ann.get(f"{JOBS}/{create()}/chunks", params=query)
    assert (answer.status_code, field in answer.text) == (422, True)


def test_a_cursor_is_good_for_its_own_filters(service: Any, ann: httpx.Client, create: Any) -> None:
    job = create(params={"units": 6})
    service.driver.run()
    cursor = ann.get(f"{JOBS}/{job}/chunks", params={"limit": 1}).json()["next_cursor"]
    assert ann.get(f"{JOBS}/{job}/chunks", params={"cursor": cursor, "status": "done"}).status_code == 422


def test_another_tenants_job_is_not_there(service: Any, create: Any) -> None:
    assert service.key("sk_test_other").get(f"{JOBS}/{create()}/chunks").status_code == 404
