"""The stream of a tenant, over HTTP."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fermata.api.app import Options
from fermata.api.streaming import Window, Windows

STREAM = "/api/v1/stream"
JOBS = "/api/v1/jobs"


@pytest.fixture
def service(make_service: Any, workshop: Any) -> Any:
    once = Window(length=0.0)
    return make_service(kinds=workshop.kinds(), options=Options(windows=Windows(once, once)))


def told(client: httpx.Client, last: str | None = None, **query: Any) -> list[tuple[str, dict[str, Any], str | None]]:
    """Event, data and id of each frame of one connection."""
    answer = client.get(STREAM, params=query, headers={"Last-Event-ID": last} if last else {})
    assert answer.status_code == 200, answer.text
    frames = []
    for block in answer.text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if "data" in fields:
            frames.append((fields["event"], json.loads(fields["data"]), fields.get("id")))
    return frames


@pytest.fixture
def since(ann: httpx.Client) -> str:
    ((event, _, position),) = told(ann)
    assert event == "ready"
    return str(position)


def test_everything_that_happens_in_the_tenant_is_told(
    service: Any, ann: httpx.Client, since: str, create: Any, read: Any
) -> None:
    job = create(params={"units": 2})
    service.key().post("/api/v1/system/processing/pause", json={"reason": "lunch"})
    frames = told(ann, since)
    assert [event for event, _, _ in frames] == ["created", "system", "job"]
    created = frames[0][1]
    assert (created["job_id"], created["kind"], created["workspace"], created["user"]) == (
        job,
        "work",
        "default",
        "ann",
    )
    assert (frames[1][1]["event_type"], frames[1][1]["reason"]) == ("pause", "lunch")
    assert frames[2][1]["counts"] == read(job)["counts"]


def test_who_comes_back_misses_nothing_and_is_told_nothing_twice(
    service: Any, ann: httpx.Client, since: str, create: Any
) -> None:
    job = create(params={"units": 2})
    seen, last = [], since
    for _ in range(20):
        for event, data, position in told(ann, last):
            seen += [(event, data["number"])] if position else []
            last = position or last
        service.driver.step()
    numbers = [line.number for line in service.engine.log.events(next(iter(service.world.jobs)))]
    assert [number for _, number in seen] == numbers
    assert seen[-1][0] == "completed"
    assert job


def test_a_stream_can_tell_of_jobs_with_failed_units_alone(
    service: Any, ann: httpx.Client, since: str, create: Any
) -> None:
    create(), create(params={"bad": [0]})
    service.key().post("/api/v1/system/processing/pause")
    service.key().post("/api/v1/system/processing/resume")
    service.driver.run()
    shown = {
        wanted: {data["job_id"] for event, data, _ in told(ann, since, failed_units=wanted) if event != "job"}
        for wanted in ("true", "false")
    }
    clean, failed = sorted(job.id for job in service.world.jobs.values())
    assert shown == {"true": {failed}, "false": {clean}}


def test_filters_in_the_address_let_through_what_they_name(ann: httpx.Client, since: str, create: Any) -> None:
    create(), create(kind="draft", workspace="other")
    assert [data["kind"] for event, data, _ in told(ann, since, kind="draft") if event == "created"] == ["draft"]
    assert [data["kind"] for event, data, _ in told(ann, since, workspace="default") if event == "created"] == ["work"]
    assert told(ann, since, types="paused", progress="false") == []


@pytest.mark.parametrize(
    "query", [{"status": "gone"}, {"family": "x"}, {"last_event_id": "5"}, {"kinds": "x"}, {"types": "pausde"}], ids=str
)
def test_a_wrong_filter_is_refused(ann: httpx.Client, query: dict[str, str]) -> None:
    assert ann.get(STREAM, params=query).status_code == 422


def test_another_tenant_sees_none_of_it(service: Any, since: str, create: Any) -> None:
    create()
    assert told(service.key("sk_test_other"), since) == []
