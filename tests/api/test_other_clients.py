"""Clients that others wrote: requests as they sent them (tests/fixtures/clients), and the libraries they follow streams with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import httpx_sse
import pytest
import sseclient
from fermata.api import cross_origin
from fermata.api.anonymous import Doorman
from fermata.api.app import Options
from fermata.api.streaming import Window, Windows
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage
from serving import served

FIXTURES = Path(__file__).parents[1] / "fixtures" / "clients"
QUICK = Windows(streamed=Window(length=5.0, poll=0.01, progress=0.01, heartbeat=0.02, retry=0.01))
AT_ONCE = Windows(streamed=Window(length=0.0))


def one_unit(planning: Planning) -> Iterator[Planned]:
    return iter([Planned("x", 1)] if planning.cursor is None else [])


def kinds() -> dict[str, Kind]:
    """Work of every family that needs nothing of the world."""
    families = {
        "crawl": "tasks",
        "csv_import": "processes",
        "probe": "jobs",
        "source.process": "sources",
        "tag_documents": "batch",
    }
    stage = Stage("one", one_unit, lambda unit: {}, Policy(timeout=None))
    return {
        name: Kind(name, name, (stage,), dict, dict, secrets=frozenset({"api_key"}), families=frozenset({family}))
        for name, family in families.items()
    }


@pytest.fixture
def service(make_service: Any) -> Any:
    service = make_service(kinds=kinds(), anonymous=True, options=Options(windows=AT_ONCE))
    services = service.app.state.services
    security = replace(services.security, doorman=Doorman(origins=frozenset({"http://example.com"})))
    service.app.state.services = replace(services, security=security)
    return service


@pytest.fixture
def known(service: Any, make_token: Any) -> dict[str, str]:
    """What the placeholders of the fixtures stand for."""
    jwt = make_token("ann")
    caller, nobody = service.client(authorization=f"Bearer {jwt}"), service.client()

    def made(client: httpx.Client, path: str, body: Any) -> Any:
        answer = client.post(path, json=body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    documents = [{"file_path": "https://example.com/a"}]
    job = made(service.key(), "/api/v1/jobs", {"kind": "probe", "params": {}})["id"]
    service.driver.run()
    source = made(caller, "/api/v1/sources", {"title": "A", "text": "a"})["source_id"]
    task = service.key()
    return {
        "jwt": jwt,
        "ticket": service.key().post("/api/v1/session/stream-ticket").json()["ticket"],
        "source": source,
        "job": job,
        "batch": made(service.key(), "/api/batch/start", {"documents": documents, "config": {}})["job_id"],
        "task": str(made(task, "/api/v1/tasks", {"task_type": "crawl"})["data"]["id"]),
        "open_task": str(made(nobody, "/api/v1/tasks", {"task_type": "crawl"})["data"]["id"]),
        "process": str(made(caller, "/processes", {"type": "csv_import"})["id"]),
    }


def filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, str):
        for name, text in known.items():
            value = value.replace(f"{{{name}}}", text)
        return value
    if isinstance(value, dict):
        return {name: filled(inner, known) for name, inner in value.items()}
    return [filled(inner, known) for inner in value] if isinstance(value, list) else value


def names(answer: Any) -> set[str]:
    """Members of the answer, or of its first line."""
    return {"0", *answer[0]} if isinstance(answer, list) else set(answer)


def sent(client: httpx.Client, request: Any, known: dict[str, str]) -> httpx.Response:
    content, headers = request.get("body"), filled(request.get("headers", {}), known)
    if isinstance(content, dict):
        content = json.dumps(filled(content, known))
    return client.request(request["method"], filled(request["path"], known), content=content, headers=headers)


def is_asked_of_the_gateway(request: Any) -> bool:
    """What never reaches the API of itself: what pages may ask for, and WebSockets (see tests/api/batch/test_socket.py)."""
    return request["method"] == "OPTIONS" or request["status"] == 101


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_a_clients_requests_are_answered_as_it_expects(service: Any, known: dict[str, str], path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    if "{batch}" in path.read_text(encoding="utf-8"):
        known = known | {"batch": own_batch(service, filled(recorded["headers"], known))}
    client = service.client()
    client.headers.update(filled(recorded["headers"], known))
    for request in recorded["requests"]:
        if is_asked_of_the_gateway(request):
            continue
        answer = sent(client, request, known)
        said = f"{request['method']} {request['path']}: {answer.text[:200]}"
        assert answer.status_code == request["status"], said
        if "has" in request:
            assert names(answer.json()) == set(request["has"]), said
        if "tasks" in request["path"] and request["path"].endswith("/pause"):
            service.driver.run()  # so that the pause is reached


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_a_page_of_another_origin_may_ask_what_the_clients_ask(path: Path) -> None:
    for request in json.loads(path.read_text(encoding="utf-8"))["requests"]:
        headers = request.get("headers", {})
        if request["method"] == "OPTIONS":
            assert headers["access-control-request-method"] in cross_origin.METHODS
            assert set(headers.get("access-control-request-headers", "").split(",")) <= {"", *cross_origin.ASKED}


def own_batch(service: Any, headers: dict[str, str]) -> str:
    """A batch of the very caller's, since nobody controls another's."""
    client = service.client()
    client.headers.update({name: value for name, value in headers.items() if name in ("authorization", "x-api-key")})
    answer = client.post("/api/batch/start", json={"documents": [{"file_path": "https://example.com/b"}], "config": {}})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


@pytest.fixture
def stream(make_service: Any) -> Iterator[tuple[Any, str]]:
    """A service that streams, and the address of a task's stream."""
    service = make_service(kinds=kinds(), options=Options(windows=QUICK))
    made = service.key().post("/api/v1/tasks", json={"task_type": "crawl"}).json()
    service.driver.run()
    with served(service.app) as url:
        yield service, f"{url}/api/v1/tasks/{made['data']['id']}/stream"


def check(events: list[tuple[str, str, str]]) -> None:
    """Event, id and data of each, without an empty one."""
    assert [event for event, _, _ in events][-1] == "done"
    assert all(json.loads(data)["task_id"] for _, _, data in events)
    numbers = [int(id_) for _, id_, _ in events[:-1] if id_.isdigit()]
    assert numbers == sorted(numbers)
    assert events[0][0] == "workflow.created"


KEY = {"x-api-key": "sk_test_123456"}


def test_httpx_sse_reads_a_stream_to_its_end(stream: tuple[Any, str]) -> None:
    _, url = stream
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", url, headers=KEY) as source:
        check([(event.event, event.id, event.data) for event in source.iter_sse()])


def test_sseclient_reads_a_stream_to_its_end(stream: tuple[Any, str]) -> None:
    _, url = stream
    with httpx.stream("GET", url, headers=KEY) as answer:
        events = sseclient.SSEClient(answer.iter_bytes()).events()
        check([(event.event, event.id or "", event.data) for event in events])


def test_whoever_comes_back_after_the_end_is_told_not_to(stream: tuple[Any, str]) -> None:
    _, url = stream
    with httpx.Client() as client, httpx_sse.connect_sse(client, "GET", url, headers=KEY) as source:
        last = [event.id for event in source.iter_sse()][-1]
    assert httpx.get(f"{url}?last_event_id={last}", headers=KEY).status_code == 204
