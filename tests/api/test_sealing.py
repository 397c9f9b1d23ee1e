"""Every route of the app, found in the app itself, against callers who may not see or do what it is about."""

from __future__ import annotations

import copy
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fermata.api.app import Options
from fermata.api.routing import RULE
from fermata.api.streaming import Window, Windows
from fermata.content.model import IndexedSection, Record, WorkspaceRef
from fermata.control import starting
from fermata.domain.access import ApiKey, digest
from fermata.domain.events import Actor, Mutation
from fermata.domain.kind import Kind, Planned, Policy, Stage

MARK = "marker"
IDS = {
    "batch": f"{MARK}-batch",
    "tasks": "1",
    "processes": "1",
    "jobs": MARK,
    "sources": f"src_{MARK}",
    "records": "ferns",
    "keys": f"key_{MARK}",
}
BODIES = {
    "/review": {"decision": "approve"},
    "/start": {
        "documents": [{"title": "x", "file_path": "https://x.example", "file_source_type": "url"}],
        "config": {},
    },
    "/api/v1/sources": {"title": "x", "text": "y"},
    "/api/v1/sources/pause": {"source_ids": [IDS["sources"]]},
    "/api/v1/sources/resume": {"source_ids": [IDS["sources"]]},
    "/api/v1/jobs": {"kind": "plain"},
    "/api/v1/jobs/pause": {"filter": {}},
    "/api/v1/jobs/resume": {"filter": {}},
    "/api/v1/jobs/cancel": {"filter": {}},
    "/api/v1/jobs/retry": {"filter": {}},
    "/api/v1/keys": {},
    "/api/v1/schedules": {"name": MARK, "expression": "rate(1 day)", "job": {"kind": "plain"}},
    "/{schedule_id}": {"name": "other"},
    "/api/v1/webhooks": {"name": MARK, "url": "https://hooks.example"},
    "/{webhook_id}": {"name": "other"},
    "/backfill": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"},
}
QUERIES = {"/api/v1/search": {"q": "fronds"}}


def every_route(app: FastAPI) -> list[tuple[str, str, Any]]:
    """Method, path and rule of each route of a family."""
    found = [(route, getattr(getattr(route, "endpoint", None), RULE, None)) for route in app.router.routes]
    return [(min(route.methods), route.path, rule) for route, rule in found if rule is not None]  # type: ignore[attr-defined]


def routes(app: FastAPI) -> list[tuple[str, str, Any]]:
    """Those that are about a tenant's things."""
    return [(method, path, rule) for method, path, rule in every_route(app) if (method, path) not in PUBLIC | OWN]


AT_ONCE = Windows(Window(length=0.0), Window(length=0.0))
"""Streams tell what there is, and close."""

PUBLIC = {
    ("GET", "/api/v1/session/methods"),
    ("POST", "/api/v1/session"),
    ("GET", "/api/v1/session/oidc/start"),
    ("GET", "/api/v1/session/oidc/callback"),
}
"""Routes for callers that nobody knows yet."""

OWN = {("GET", "/api/v1/session"), ("DELETE", "/api/v1/session")}
"""Routes about the caller alone, which need no scope."""


def plain(name: str) -> Kind:
    """A kind of a few units that needs nothing."""
    stage = Stage("do", lambda planning: iter([Planned(1, 1), Planned(2, 2)]), lambda unit: MARK, Policy(timeout=None))
    return Kind(name, name, (stage,), dict, dict, families=frozenset({"processes", "tasks"}))


@pytest.fixture
def service(make_service: Any) -> Any:
    """One job of each family, a source, holds and passages, all of the tenant ``default`` and all marked."""
    known = {name: plain(name) for name in ("plain", "tag_documents", "source.process")}
    service = make_service(kinds=known, options=Options(windows=AT_ONCE))
    started(service)
    given(service)
    service.keys.add(ApiKey(IDS["keys"], "default", MARK, frozenset({"read"}), digest(MARK), 0.0))
    service.driver.run()
    admin = service.key()
    made = admin.post("/api/v1/schedules", json=BODIES["/api/v1/schedules"], headers={"Idempotency-Key": MARK})
    IDS["schedules"] = made.json()["id"]  # made of the caller and the key, so it is always the same
    hook = admin.post("/api/v1/webhooks", json=BODIES["/api/v1/webhooks"], headers={"Idempotency-Key": MARK})
    IDS["webhooks"] = hook.json()["id"]
    IDS["deliveries"] = admin.post(f"/api/v1/webhooks/{IDS['webhooks']}/test").json()["id"]
    admin.post("/api/v1/system/processing/pause", json={"reason": MARK})
    service.content.index.add(
        WorkspaceRef("default", "default"), [IndexedSection(IDS["sources"], 0, MARK, (f"{MARK} fronds",))]
    )
    service.content.records.add(WorkspaceRef("default", "default"), "ferns", [Record("1", "one", {"name": MARK})])
    return service


@pytest.fixture
def under_way(make_service: Any) -> Any:
    """One job of each family and a source, of the tenant ``default`` and all of the user ``marker``; nothing has run."""
    service = make_service(
        anonymous=True, kinds={name: plain(name) for name in ("plain", "tag_documents", "source.process")}
    )
    started(service)
    given(service)
    made = service.user(MARK).post("/api/v1/schedules", json=BODIES["/api/v1/schedules"])
    IDS["schedules"] = made.json()["id"]
    return service


def started(service: Any) -> None:
    for family in ("batch", "tasks", "processes", "jobs"):
        act = Mutation(Actor("default", MARK), f"{family}.create", MARK, service.engine.clock.now())
        number = 1 if family in ("tasks", "processes") else None
        new = starting.NewJob(family=family, id=IDS[family], kind="plain", number=number, params={MARK: MARK})
        starting.start(service.engine, act, new)


def given(service: Any) -> None:
    from fermata.content import sources

    act = Mutation(Actor("default", MARK), "sources.create", IDS["sources"], service.engine.clock.now())
    sources.create(service.engine, service.content, act, sources.NewSource(title=MARK, text=MARK))


def call(client: httpx.Client, method: str, path: str, family: str) -> httpx.Response:
    """Call a route about what is marked."""
    id_ = f"jobs:{MARK}" if family == "jobs" else IDS.get(family, MARK)
    parts = path.replace("{number}", "0").replace("{delivery_id}", IDS.get("deliveries", MARK)).split("/")
    filled = "/".join(id_ if part.startswith("{") else part for part in parts)
    body = next((BODIES[end] for end in sorted(BODIES, key=len, reverse=True) if path.endswith(end)), None)
    return client.request(method, filled, json=body if method in ("POST", "PATCH") else None, params=QUERIES.get(path))


def belonging(world: Any, tenant: str) -> dict[str, Any]:
    """Everything that is stored of a tenant."""
    found = {
        "jobs": {ref: job for ref, job in world.jobs.items() if ref.tenant == tenant},
        "events": {ref: list(events) for ref, events in world.events.items() if ref.tenant == tenant},
        "scopes": {place: scope for place, scope in world.scopes.items() if place[0] == tenant},
        "webhooks": {place: each for place, each in world.webhooks.items() if place[0] == tenant},
        "deliveries": {place: each for place, each in world.deliveries.items() if place[0] == tenant},
        "schedules": {place: each for place, each in world.schedules.items() if place[0] == tenant},
        "sources": {place: source for place, source in world.sources.items() if place[0] == tenant},
        "blocks": {place: found for place, found in world.blocks.items() if place[0].tenant == tenant},
        "records": {place: rows for place, rows in world.records.items() if place[0].tenant == tenant},
        "system_events": world.system_events.get(tenant, []),
        "audit": world.audit.get(tenant, []),
    }
    return copy.deepcopy(found)


def about_one(path: str) -> bool:
    """Whether it names one thing of a tenant; kinds are everybody's, and a table is a list."""
    return "{" in path and not path.startswith(("/api/v1/kinds", "/api/v1/records"))


def lists(service: Any) -> list[tuple[str, str]]:
    """Path and family of each route that shows many things."""
    shown = [
        (path, rule.family) for method, path, rule in routes(service.app) if method == "GET" and not about_one(path)
    ]
    return [(path, family) for path, family in shown if path != "/api/v1/kinds/{name}"]


def test_there_are_routes_to_try(service: Any) -> None:
    assert len(routes(service.app)) > 40


def test_its_own_tenant_is_shown_what_is_marked(service: Any) -> None:
    """Else the tests below could not fail."""
    client = service.key()
    asked = [(path, rule.family) for method, path, rule in routes(service.app) if method == "GET" and about_one(path)]
    answers = {path: call(client, "GET", path, family).status_code for path, family in asked}
    assert set(answers.values()) == {200}


def test_what_belongs_to_another_tenant_is_not_there_on_any_route(service: Any) -> None:
    client = service.key("sk_test_other")
    tried = [(method, path, rule.family) for method, path, rule in routes(service.app) if about_one(path)]
    answers = {(method, path): call(client, method, path, family).status_code for method, path, family in tried}
    assert {tried: status for tried, status in answers.items() if status != 404} == {}


def test_lists_search_and_logs_show_their_own_tenant_what_is_marked(service: Any) -> None:
    """Else the test below could not fail."""
    unmarked = {path for path, family in lists(service) if MARK not in call(service.key(), "GET", path, family).text}
    assert unmarked == {
        "/api/batch/active",
        "/api/v1/kinds",
        "/api/v1/tasks",
        "/api/v1/audit/verification",
        "/api/v1/system",
        "/api/v1/jobs/counts",
        "/api/v1/stream",
        "/api/v1/stream/sse",
        "/processes",
    }


def test_no_list_search_or_log_shows_another_tenants_things(service: Any) -> None:
    client = service.key("sk_test_other")
    for path, family in lists(service):
        answer = call(client, "GET", path, family)
        assert answer.status_code == 200, path
        assert MARK not in answer.text, path


def test_no_route_changes_anything_of_another_tenant(service: Any) -> None:
    client = service.key("sk_test_other")
    before = belonging(service.world, "default")
    for method, path, rule in routes(service.app):
        call(client, method, path, rule.family)
    service.driver.run()
    assert belonging(service.world, "default") == before


def test_a_read_only_key_is_refused_every_mutation_and_each_refusal_is_recorded(service: Any) -> None:
    client = service.key("sk_test_readonly")
    for method, path, rule in routes(service.app):
        if rule.action is not None:
            with service.leaves_one_record():
                answer = call(client, method, path, rule.family)
            assert answer.status_code == 403, path
            assert service.audit()[-1][0::2] == (rule.action, f"refused: this needs the scope {rule.scope}")


def test_every_route_needs_its_scope_and_no_other_makes_up_for_it(service: Any) -> None:
    for method, path, rule in routes(service.app):
        others = " ".join(sorted({"read", "control", "admin"} - {rule.scope}))
        assert call(service.user(scope=others), method, path, rule.family).status_code == 403, path


def of_marker(world: Any) -> list[Any]:
    """What is stored of that user's jobs, sources and schedules."""
    everything = (*world.jobs.values(), *world.sources.values(), *world.schedules.values())
    return copy.deepcopy([one for one in everything if one.user == MARK])


SHARED = {"sources.pause", "sources.resume", "sources.pause_many", "sources.resume_many"}
"""What each user of the tenant may do, whosever it is."""


def test_no_route_lets_a_user_act_on_what_another_started(under_way: Any) -> None:
    before, ben = of_marker(under_way.world), under_way.user("ben")
    assert len(before) == 7
    for method, path, rule in routes(under_way.app):
        if rule.action is None or rule.scope == "admin" or rule.action in SHARED:
            continue
        with under_way.leaves_one_record():
            answer = call(ben, method, path, rule.family)
        assert (answer.status_code == 403) is ("{" in path), path
        assert of_marker(under_way.world) == before, path


def test_an_administrator_acts_on_anybodys(under_way: Any) -> None:
    admin = under_way.user("ben", scope="read control admin")
    asked = [(method, path, rule.family) for method, path, rule in routes(under_way.app) if rule.owner_of is not None]
    answers = {each: call(admin, *each).status_code for each in sorted(asked, reverse=True)}  # what deletes comes last
    assert {tried for tried, status in answers.items() if status in (401, 403, 404)} == set()


def test_without_credentials_nobody_acts_on_what_a_user_started(under_way: Any) -> None:
    before, nobody = of_marker(under_way.world), under_way.client()
    for method, path, rule in routes(under_way.app):
        if rule.action is not None and not path.startswith(("/api/v1/sources", "/api/v1/system")):
            call(nobody, method, path, rule.family)
            assert of_marker(under_way.world) == before, path


def test_every_mutation_needs_more_than_read_and_every_read_no_more_than_it_says(service: Any) -> None:
    scopes = {(rule.action is not None, rule.scope) for _, _, rule in routes(service.app)}
    assert scopes == {(True, "control"), (True, "admin"), (False, "read"), (False, "admin"), (False, "control")}
    asking = {path for _, path, rule in routes(service.app) if rule.action is None and rule.scope == "control"}
    assert asking == {"/api/batch/validate-paths"}  # it changes nothing, and makes the stack ask others


def test_only_routes_for_signing_in_need_no_scope_or_no_credentials(service: Any) -> None:
    found = every_route(service.app)
    assert {(method, path) for method, path, rule in found if rule.public} == PUBLIC
    assert {(method, path) for method, path, rule in found if rule.scope is None} == PUBLIC | OWN


def test_nobody_is_let_in_without_credentials(service: Any) -> None:
    for method, path, rule in every_route(service.app):
        if rule.public:
            continue
        assert call(service.client(), method, path, rule.family).status_code == 401, path


def test_a_tenant_past_its_requests_is_told_so_on_every_route(make_service: Any) -> None:
    service = make_service(kinds={"plain": plain("plain")}, options=Options(requests_per_minute=1))
    client = service.key()
    for method, path, rule in [("GET", "/api/v1/jobs", None), *routes(service.app)]:
        answer = call(client, method, path, rule.family if rule else "")
        if rule is not None:
            assert answer.status_code == 429, path
            assert 0 < int(answer.headers["retry-after"]) <= 60
    assert service.key("sk_test_other").get("/api/v1/jobs").status_code == 200
