"""Callers without credentials: a program of the person at the computer, or a page in that person's browser?"""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fermata.api.anonymous import Doorman
from fermata.domain.errors import Unauthenticated

PAUSE = "/api/v1/system/processing/pause"
TASKS = "/api/v1/tasks"


@pytest.fixture
def nobody(make_service: Any) -> httpx.Client:
    client: httpx.Client = make_service(anonymous=True).client()
    return client


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:3000", "http://localhost.evil.example"]
)
@pytest.mark.parametrize("method, path", [("POST", PAUSE), ("GET", TASKS)])
def test_a_page_of_another_origin_gets_nowhere(nobody: httpx.Client, origin: str, method: str, path: str) -> None:
    assert nobody.request(method, path, headers={"Origin": origin}).status_code == 401


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "", "[", "127.0.0.1.evil.example"]
)
def test_a_host_that_was_pointed_here_gets_nowhere(nobody: httpx.Client, host: str) -> None:
    own = {"Host": host, "Origin": f"http://{host}"}
    assert nobody.post(PAUSE, headers=own).status_code == 401
    assert nobody.get(TASKS, headers={"Host": host}).status_code == 401


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_the_pages_of_the_api_itself_are_let_in(nobody: httpx.Client, host: str) -> None:
    assert nobody.post(PAUSE, headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_a_body_that_a_page_can_send_without_asking_is_refused(nobody: httpx.Client, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert nobody.post(PAUSE, content=b'{"reason": "x"}', headers=headers).status_code == 415
    assert nobody.get("/api/v1/system/processing/status").json()["paused"] is False


def test_known_callers_need_not_say_that_it_is_json(service: Any) -> None:
    assert service.key().post(PAUSE, content=b'{"reason": "x"}').status_code == 200


def test_an_origin_that_the_stack_allows_is_let_in_and_any_is_none() -> None:
    doorman = Doorman(frozenset({"api.example", ".lambda-url.eu.on.aws"}), frozenset({"https://app.example", "*"}))
    page = {"host": "api.example", "origin": "https://app.example"}
    doorman.check(page.get)
    doorman.check({"host": "abc.lambda-url.eu.on.aws"}.get)
    doorman.check({"host": "abc.execute-api.aws"}.get, gateway="abc.execute-api.aws")
    for wrong in ({"origin": "https://other.example"}, {"host": "lambda-url.eu.on.aws.evil.example"}):
        with pytest.raises(Unauthenticated):
            doorman.check((page | wrong).get)


def test_on_every_route_they_have_no_more_than_its_document_needs(service: Any) -> None:
    from fermata.api.routing import RULE

    rules = [getattr(route.endpoint, RULE, None) for route in service.app.router.routes if hasattr(route, "endpoint")]
    open_ = {rule.action or rule.family: rule.anonymous for rule in rules if rule and rule.anonymous}
    assert {name for name, scopes in open_.items() if "admin" in scopes} == {
        "system",
        "system.pause",
        "system.resume",
        "system.clear_events",
    }
    assert open_.keys() - {"system", "system.pause", "system.resume", "system.clear_events"} == {
        "sources.pause",
        "sources.resume",
        "sources.pause_many",
        "sources.resume_many",
        "tasks",
        "tasks.create",
        "tasks.cancel",
    }
