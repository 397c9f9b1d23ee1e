"""What happens around every route: dialects, limits, records."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from fermata.api.context import Caller
from fermata.api.dialects import ENVELOPE, ERROR
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, NotFound, Stale, WrongStatus
from pydantic import BaseModel

START = "/api/batch/start"


class Body(BaseModel):
    count: int


def family() -> Family:
    """Routes that fail in every way, in two dialects under one prefix."""
    made = Family("made", "/made", dialect=ENVELOPE, statuses={WrongStatus: 400})

    def words(error: FermataError) -> str | None:
        return "Task not found" if isinstance(error, NotFound) else None

    @made.command("/{id}/spoken", "made.speak", target="id", dialect=ERROR, wording=words, statuses={WrongStatus: 409})
    def speak(call: Caller, id: str) -> None:
        raise NotFound("task", id) if id == "missing" else WrongStatus("speak", "failed")

    @made.command("/{id}/wrapped", "made.wrap", target="id")
    def wrap(call: Caller, id: str, body: Body) -> None:
        raise {"stale": Stale("x"), "broken": RuntimeError("secret detail")}.get(id, WrongStatus("wrap", "failed"))

    @made.query("/open")
    def look(call: Caller, limit: int = 5) -> dict[str, Any]:
        return {"trace": call.trace, "limit": limit}

    return made


@pytest.fixture
def caller(service: Any) -> httpx.Client:
    app: FastAPI = service.app
    made = family()
    app.state.families.append(made)
    made.mount(app.router)
    return service.user("ann")


def test_an_error_is_told_in_the_shape_of_its_route(caller: httpx.Client) -> None:
    assert caller.post("/made/missing/spoken").json() == {"error": "Task not found"}
    assert caller.post("/made/1/spoken").status_code == 409
    answer = caller.post("/made/1/wrapped", json={"count": 1})
    assert (answer.status_code, answer.json()) == (
        400,
        {"code": 400, "message": "cannot wrap a job that is failed", "data": None},
    )


@pytest.mark.parametrize(
    ("body", "status"), [({"json": {}}, 422), ({"content": b"{"}, 422), ({"data": {"a": "b"}}, 415)], ids=str
)
def test_a_bad_body_is_told_in_the_shape_of_its_route(caller: httpx.Client, body: dict[str, Any], status: int) -> None:
    answer = caller.post("/made/1/wrapped", **body)
    assert answer.status_code == answer.json()["code"] == status
    assert set(answer.json()) == {"code", "message", "data"}


def test_missing_credentials_are_told_in_the_shape_of_the_route_before_the_body_is_read(
    service: Any, caller: Any
) -> None:
    assert service.client().post("/made/1/wrapped", content=b"{").json()["code"] == 401
    assert set(service.client().post("/made/1/spoken").json()) == {"error"}


def test_a_method_that_a_path_does_not_have_is_told_in_its_shape(caller: httpx.Client) -> None:
    answer = caller.get("/made/1/spoken")
    assert (answer.status_code, answer.json(), answer.headers["allow"]) == (
        405,
        {"error": "method not allowed"},
        "POST",
    )


def test_an_unknown_path_is_told_in_the_shape_of_the_routes_nearby(caller: httpx.Client) -> None:
    assert caller.get("/made/nothing/here").json() == {"code": 404, "message": "not found", "data": None}
    assert caller.get("/madeup").json() == {"detail": "not found"}


def test_busy_services_are_a_503_and_nothing_was_refused(service: Any, caller: httpx.Client) -> None:
    answer = caller.post("/made/stale/wrapped", json={"count": 1})
    assert (answer.status_code, answer.json()["message"]) == (503, "the service is busy; try again")
    assert service.audit() == []


def test_an_unexpected_error_tells_the_caller_nothing(caller: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = caller.post("/made/broken/wrapped", json={"count": 1})
    assert (answer.status_code, answer.json()["message"]) == (500, "internal error")
    assert "secret detail" in caplog.text


@pytest.mark.parametrize("body", [{"json": {"count": "many"}}, {"content": b"{"}, {"json": {"count": 1}}], ids=str)
def test_a_refused_mutation_leaves_one_record(service: Any, caller: httpx.Client, body: dict[str, Any]) -> None:
    with service.leaves_one_record():
        caller.post("/made/7/wrapped", **body)
    action, target, outcome = service.audit()[-1]
    assert (action, target) == ("made.wrap", "7")
    assert outcome.startswith("refused: ")


def test_a_refused_query_leaves_no_record(service: Any, caller: httpx.Client) -> None:
    assert caller.get("/made/open?limit=x").status_code == 422
    assert service.audit() == []


def test_an_unknown_query_parameter_is_refused(caller: httpx.Client) -> None:
    assert caller.get("/made/open?limit=3").status_code == 200
    answer = caller.get("/made/open?limti=3")
    assert (answer.status_code, answer.json()["message"]) == (422, "limti: is not a parameter of this route")


def test_the_callers_trace_is_honoured(caller: httpx.Client) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert caller.get("/made/open", headers={"traceparent": trace}).json()["trace"] == trace
    answer = caller.get("/made/open", headers={"traceparent": "nonsense", "x-request-id": "req-1"})
    assert (answer.json()["trace"], answer.headers["x-request-id"]) == ("req-1", "req-1")


def test_a_request_id_that_is_none_is_replaced(caller: httpx.Client) -> None:
    answer = caller.get("/made/open", headers={"x-request-id": "a b"})
    assert answer.headers["x-request-id"] == answer.json()["trace"] != "a b"


def test_every_answer_carries_its_headers(service: Any) -> None:
    for answer in (service.client().get("/health"), service.client().get("/nowhere"), service.client().get("/made")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-request-id"]


def test_a_body_over_the_limit_is_refused(make_service: Any) -> None:
    from fermata.api.app import Options

    service = make_service(options=Options(max_body=1000))
    with service.leaves_one_record():
        answer = service.user().post(START, content=b" " * 1001, headers={"content-type": "application/json"})
    assert (answer.status_code, "1000 bytes" in answer.json()["detail"]) == (413, True)
    assert service.user().post(START, content=b" " * 1000).status_code == 400


def test_a_body_that_hides_its_length_is_refused_as_well(make_service: Any) -> None:
    from fermata.api.app import Options

    service = make_service(options=Options(max_body=1000))
    headers = [(b"x-api-key", b"sk_test_123456"), (b"transfer-encoding", b"chunked")]
    assert asyncio.run(streamed(service.app, headers, [b" " * 600, b" " * 600])) == 413


async def streamed(app: Any, headers: list[tuple[bytes, bytes]], pieces: list[bytes]) -> int:
    """The status of a request whose body comes in pieces."""
    messages = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    messages.append({"type": "http.request", "body": b"", "more_body": False})
    statuses: list[int] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "POST", "path": START, "query_string": b"", "headers": headers, "root_path": ""}
    await app(
        scope | {"http_version": "1.1", "scheme": "http", "server": ("api", 80), "client": ("c", 1)}, receive, send
    )
    return statuses[0]


@pytest.mark.parametrize(
    "value", ["NaN", "-Infinity", '"\\ud800"', "[" * 100_000, "9" * 5000], ids=lambda value: value[:10]
)
def test_what_only_python_takes_for_json_is_refused(service: Any, value: str) -> None:
    answer = service.user().post(START, content=value.encode(), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["detail"][:23]) == (400, "body: is not valid JSON")


def test_a_body_that_may_be_left_out_may_not_be_null(service: Any) -> None:
    answer = service.key().post("/api/v1/system/processing/pause", content=b"null")
    assert (answer.status_code, answer.json()["detail"]) == (422, "body: must be an object, and not null")


@pytest.mark.parametrize("query", ["limit=1&limit=2", "limit=1&limit=1", "sort=newest&kind=probe&kind=crawl"])
def test_a_parameter_that_is_given_twice_is_refused(ann: Any, query: str) -> None:
    answer = ann.get(f"/api/v1/jobs?{query}")
    assert (answer.status_code, "is given more than once" in answer.json()["detail"]) == (422, True)


def test_a_parameter_that_takes_several_values_takes_them(ann: Any) -> None:
    assert ann.get("/api/v1/jobs?status=running&status=paused").status_code == 200
