"""Each parameter of each list has its effect beside each other one, or is refused there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fermata.api.parameters import not_beside, only_beside
from fermata.cli.pages import description
from fermata.content.model import IndexedSection, Record, Source, WorkspaceRef
from fermata.content.ports import SaveSource
from fermata.control.holds import own_hold
from fermata.domain.chunks import Counts
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Actor, Mutation, SystemEvent, SystemEventType
from fermata.domain.jobs import Job, Ref, StagePlan
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.domain.ranges import Ranges
from fermata.domain.schedules import Firing, Outcome
from fermata.domain.transitions import Status
from fermata.domain.webhooks import Delivery, State
from fermata.ports import AddAudit, AddFiring, AddSystemEvent, SaveDelivery

JULY, JUNE = 1_782_900_000.0, 1_780_300_000.0
MIDDLE = "2026-06-15T00:00:00Z"
W, OTHER = WorkspaceRef("default", "7"), WorkspaceRef("default", "default")

VALUES: dict[str, str] = {
    "workspace": "7",
    "workspace_id": "7",
    "project_id": "7",
    "from": MIDDLE,
    "to": "2026-07-15T00:00:00Z",
    "limit": "1",
    "page": "2",
    "page_size": "1",
    "format": "csv",
    "raw": "true",
    "about": "true",
    "user": "ann",
    "kind": "work",
    "family": "jobs",
    "held": "false",
    "label": "team=a",
    "text": "needle",
    "failed_units": "true",
    "sort": "oldest",
    "stage": "second",
    "chunk": "1",
    "failed": "true",
    "action": "jobs.pause",
    "target": "x",
    "outcome": "done",
    "event_type": "pause",
    "state": "dead",
    "last": "1",
    "hash": "0" * 64,
    "chain": "refused",
}
"""What each is tried with; never its default."""

OF_ROUTE: dict[tuple[str, str], str] = {
    ("/api/v1/jobs", "status"): "pending",
    ("/api/v1/tasks", "status"): "pending",
    ("/processes", "status"): "pending",
    ("/api/v1/jobs/{job_id}/units", "status"): "failed",
    ("/api/v1/jobs/{job_id}/chunks", "status"): "done",
    ("/api/v1/audit", "format"): "jsonl",
}
NEEDED = {"/api/v1/search": {"q": "bees"}}
LISTS = {
    path: [one["name"] for one in methods["get"]["parameters"] if one["in"] == "query"]
    for path, methods in description()["paths"].items()
    if "parameters" in methods.get("get", {}) and "text/event-stream" not in str(methods["get"]["responses"]["200"])
}


def stages() -> Iterator[Stage]:
    def plan(planning: Planning) -> Any:
        return (Planned(number, number + 1) for number in range(planning.cursor or 0, 6))

    def run(unit: Unit) -> Any:
        if unit.value in (1, 3):
            raise UnitError("=1+1 is bad")
        return {"title": "=1+1"}

    return (Stage(name, plan, run, Policy(chunk_size=2, timeout=None)) for name in ("first", "second"))


@pytest.fixture(scope="module")
def service(make_service: Any) -> Any:
    names, families = ("work", "tag_documents", "other"), frozenset({"tasks", "processes", "batch"})
    found = make_service(
        kinds={name: Kind(name, name, tuple(stages()), dict, dict, families=families) for name in names}
    )
    fill_jobs(found)
    fill_others(found)
    return found


def fill_jobs(service: Any) -> None:
    """Jobs that match every filter, and for each filter one that matches all but that."""
    plain = Job(
        tenant="default",
        id="jobs:0",
        family="jobs",
        kind="work",
        workspace="7",
        user="ann",
        created_at=JULY,
        number=1,
        labels={"team": "a"},
        params={"about": "needle"},
        counts=Counts(2, 1, 1),
        stages=(StagePlan(name="first", complete=True),),
    )
    held = own_hold(service.engine, "ann", "lunch")
    others: list[dict[str, Any]] = [
        {"kind": "other"},
        {"family": "batch"},
        {"status": Status.RUNNING},
        {"workspace": "default"},
        {"workspace": "default"},
        {"holds": (held,)},
        {"created_at": JUNE},
        {"created_at": JULY * 2},
        {"user": "ben"},
        {"labels": {}},
        {"params": {}},
        {"counts": Counts(2, 0, 0)},
    ]
    for number, changed in enumerate([{}, {}, *others]):
        job = replace(plain, **{"created_at": JULY, **changed})
        for family in ("jobs", "tasks", "processes"):
            place = changed.get("family", family)
            one = replace(job, family=place, id=f"{place}:9{number}", number=int(f"9{number}"))
            service.world.jobs[one.ref] = one


def fill_others(service: Any) -> None:
    engine, ann = service.engine, Actor("default", "ann", frozenset({"read", "control"}))
    acts = [Mutation(ann, "jobs.pause", "x", JULY + number) for number in range(3)]
    base = acts[0]
    acts += [
        replace(base, action="jobs.resume"),
        replace(base, target="y"),
        replace(base, actor=replace(ann, user="ben")),
        replace(base, at=JUNE),
        replace(base, at=JULY * 2),
        base.refused("no"),
    ]
    engine.store.write(*(AddAudit(act) for act in acts))
    for number, (type_, at) in enumerate((kind, JULY) for kind in (*[SystemEventType.PAUSE] * 3, *SystemEventType)):
        engine.store.write(
            AddSystemEvent("default", SystemEvent(f"{number:04}", type_, at + number, "why", "default", "jobs:1"))
        )
    for number in range(6):
        place = W if number < 3 else OTHER
        source = Source(
            tenant="default",
            id=f"src_{number}",
            workspace=place.workspace,
            title="t",
            uri=None,
            user="ann",
            created_at=JULY + number,
            rev=1,
        )
        engine.store.write(SaveSource(source))
        service.content.records.add(place, "people", [Record(f"id={number}", "unit", {"id": "=1+1"})])
        service.content.index.add(place, [IndexedSection(f"s{number}", 0, "Guide", ("The bees.",))])


@pytest.fixture(scope="module")
def admin(service: Any) -> httpx.Client:
    return service.user("ann", scope="read control admin")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def ids(service: Any, admin: httpx.Client) -> dict[str, str]:
    """Of one of each thing, by the parameter of the path and, for jobs, the family."""
    job = admin.post("/api/v1/jobs", json={"kind": "work"}).json()["id"]
    documents = [{"title": "a", "file_path": "https://a.example", "file_source_type": "url"}]
    batch = admin.post("/api/batch/start", json={"documents": documents, "config": {}}).json()["job_id"]
    service.driver.run()
    chunks = service.world.chunks[Ref("default", job)]
    chunks[1, 2] = chunks[1, 2].reopen(Ranges.span(chunks[1, 2].first, chunks[1, 2].first + 1))
    made = {"job_id": job, "batch": batch, "id": "1", "number": "1", "table": "people"}
    schedule = {"name": "nightly", "expression": "rate(1 day)", "job": {"kind": "work"}}
    receiver = {"name": "pager", "url": "https://hooks.example.com/a"}
    made |= {
        "schedule_id": admin.post("/api/v1/schedules", json=schedule).json()["id"],
        "webhook_id": admin.post("/api/v1/webhooks", json=receiver).json()["id"],
    }
    for number in range(4):
        service.engine.store.write(
            AddFiring("default", made["schedule_id"], Firing(JULY + number, JULY, Outcome.STARTED)),
            SaveDelivery(
                Delivery(
                    tenant="default",
                    webhook=made["webhook_id"],
                    id=f"msg_{number:032x}",
                    type="job.failed",
                    group="g",
                    at=JULY,
                    detail={},
                    since=JULY,
                    state=State.DEAD if number < 3 else State.PENDING,
                    rev=1,
                )
            ),
        )
    return made


def answer(client: httpx.Client, path: str, ids: dict[str, str], **query: str) -> httpx.Response:
    at = path.format_map({**ids, "job_id": ids["batch"] if path.startswith("/api/batch") else ids["job_id"]})
    return client.get(at, params={**NEEDED.get(path, {}), **query}, follow_redirects=False)


def told(response: httpx.Response) -> Any:
    """What it says, without what a cursor alone changes."""
    assert response.status_code == 200, response.text
    if response.headers["content-type"] != "application/json":
        return response.text
    body = response.json()
    return {**body, "next_cursor": None} if isinstance(body, dict) else body


def following(response: httpx.Response) -> str:
    """The cursor of the next page."""
    link = response.headers.get("link", "")
    return str(httpx.URL(link[1 : link.index(">")]).params["cursor"] if link else response.json()["next_cursor"])


def value(path: str, name: str) -> str:
    assert (path, name) in OF_ROUTE or name in VALUES, f"name a value that {name} of {path} can be tried with"
    return OF_ROUTE.get((path, name), VALUES.get(name, ""))


def without_effect(client: httpx.Client, path: str, ids: dict[str, str], one: str, others: list[str]) -> list[str]:
    """Those that neither change what ``one`` alone answers nor are refused by name."""
    first = {one: value(path, one)}
    alone = answer(client, path, ids, **first)
    if alone.status_code >= 400:
        return []  # it needs some other one beside it
    passed_over = []
    for other in others:
        page = {"limit": "1", **first}
        added = following(answer(client, path, ids, **page)) if other == "cursor" else value(path, other)
        both = answer(client, path, ids, **first, **{other: added})
        refused = both.status_code >= 400 and (one in both.text or other in both.text)
        if not refused and told(both) == told(alone):
            passed_over.append(other)
    return passed_over


@pytest.mark.parametrize("path", LISTS)
def test_each_parameter_has_its_effect_beside_each_other_or_is_refused(
    admin: httpx.Client, ids: dict[str, str], path: str
) -> None:
    names = [name for name in LISTS[path] if name not in NEEDED.get(path, ())]
    found = {
        one: without_effect(admin, path, ids, one, [name for name in names if name != one])
        for one in names
        if one not in ("cursor", "limit")  # a cursor belongs to its filters, and one row shows little of a filter
    }
    assert {one: others for one, others in found.items() if others} == {}


def test_what_is_refused_names_both_and_is_told_in_the_shape_of_the_route(admin: httpx.Client) -> None:
    refused = admin.get("/api/v1/tasks?page=1&limit=2")
    assert (refused.status_code, refused.json()) == (
        422,
        {"code": 422, "message": "limit: has no effect beside page; leave one of them out", "data": None},
    )
    assert admin.get("/api/v1/tasks?page_size=5&limit=50").status_code == 422


def test_what_is_given_as_it_would_be_by_default_is_as_good_as_left_out(admin: httpx.Client, ids: Any) -> None:
    assert answer(admin, "/api/v1/jobs/{job_id}/results", ids, raw="false", format="json").status_code == 200


@pytest.mark.parametrize("beside", ["kind=work", "family=jobs", "status=failed", "job=jobs:1", "failed_units=true"])
def test_a_stream_of_jobs_alone_is_asked_for_no_events_of_the_system(admin: httpx.Client, beside: str) -> None:
    refused = admin.get(f"/api/v1/stream?types=system&{beside}")
    assert (refused.status_code, refused.json()["detail"][:27]) == (422, "types: system has no effect")


@pytest.mark.parametrize("sent", [{"limit": 3}, {"cursor": "x"}])
def test_bulk_by_ids_takes_nothing_that_belongs_to_a_filter(admin: httpx.Client, sent: dict[str, Any]) -> None:
    refused = admin.post("/api/v1/jobs/pause", json={"ids": ["jobs:90"], "dry_run": True, **sent})
    assert (refused.status_code, "no effect beside ids" in refused.text) == (422, True)


def test_a_check_lets_through_what_is_not_given_together() -> None:
    not_beside("limit", "page")({"limit": 3})
    only_beside("raw", "format", "csv")({"raw": True, "format": "csv"})
    with pytest.raises(InvalidInput, match="raw: has no effect without format=csv"):
        only_beside("raw", "format", "csv")({"raw": True, "format": "jsonl"})
