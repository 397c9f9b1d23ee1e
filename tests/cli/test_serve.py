import asyncio
import logging
from dataclasses import replace

import httpx
import pytest
from fermata.cli import serve
from fermata.local import api
from fermata.local.stack import Stack

VARIABLES = {
    "FERMATA_TABLE": "t",
    "FERMATA_QUEUE_URL": "q",
    "FERMATA_OCR_QUEUE_URL": "q",
    "FERMATA_BUCKET": "b",
    "FERMATA_KEY_ID": "k",
    "FERMATA_MAC_KEY_ID": "m",
    "FERMATA_AUDIT_BUCKET": "a",
    "FERMATA_STATE_MACHINE_ARN": "a",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}


@pytest.fixture
def stack(monkeypatch, tmp_path):
    """The local stack that runs, as its record says; a function that records another."""
    monkeypatch.setattr("fermata.adapters.aws.deployed.variables", lambda function, client=None: VARIABLES)
    found = {
        "now": Stack("http://localhost:1", "http://127.0.0.1:2", {"ApiFunctionName": "api"}, 7, str(tmp_path), "log")
    }
    monkeypatch.setattr("fermata.local.stack.recorded", lambda state_dir=None: found["now"])
    return found


def current(app):
    return asyncio.run(app.current())


def statuses(app, *hosts):
    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8080") as here:
            return [await here.get("/health", headers={"Host": host}) for host in hosts or ("localhost",)]

    return asyncio.run(asked())


def test_only_fermatas_own_settings_are_taken_over(monkeypatch):
    monkeypatch.setattr("fermata.adapters.aws.deployed.variables", lambda function, client=None: VARIABLES)
    assert set(api.settings("api")) == {name for name in VARIABLES if name.startswith("FERMATA_")}


def test_the_app_is_the_deployed_one(stack):
    assert "/api/batch/start" in current(serve.app()).openapi()["paths"]


def test_the_app_is_called_by_loopbacks_names_alone(stack):
    answers = statuses(serve.app(), "localhost:8080", "127.0.0.1:8080", "evil.example:8080")
    assert [answer.status_code for answer in answers] == [200, 200, 400]


def test_a_stack_that_was_started_anew_is_found(stack):
    app = api.LocalApi(None)
    first = current(app)
    assert current(app) is first
    stack["now"] = replace(stack["now"], pid=8, endpoint="http://127.0.0.1:3")
    assert current(app) is not first
    assert current(app).state.services.engine.queue._clients.sqs.meta.endpoint_url == "http://127.0.0.1:3"


def test_a_stack_that_was_deployed_anew_has_new_settings(stack):
    app = api.LocalApi(None)
    first = current(app)
    stack["now"] = replace(stack["now"], deployed_at=1.0)
    assert current(app) is not first


def test_who_comes_while_the_stack_is_deployed_waits(stack):
    deployed, stack["now"] = stack["now"], replace(stack["now"], outputs={})
    app = api.LocalApi(None)

    async def asked():
        waiting = asyncio.create_task(app.current())
        await asyncio.sleep(0)
        stack["now"] = deployed
        return await waiting

    assert asyncio.run(asked()) is not None


def test_only_a_few_streams_are_opened_at_a_time_however_many_are_open():
    opening, most, opened = 0, 0, 0

    async def asked():
        go = asyncio.Event()

        async def opens(scope, receive, send):
            nonlocal opening, most, opened
            opening += 1
            most = max(most, opening)
            await asyncio.sleep(0)
            opening, opened = opening - 1, opened + 1
            await send({"type": "http.response.start"})
            await go.wait()

        async def quiet(message=None):
            return None

        app = api.LocalApi(None)
        app._answer = opens
        scope = {"type": "http", "method": "GET", "path": "/api/v1/stream"}
        tasks = [asyncio.create_task(app(scope, quiet, quiet)) for _ in range(30)]
        for _ in range(200):
            await asyncio.sleep(0)
        at_once = opened
        go.set()
        await asyncio.gather(*tasks)
        return at_once

    assert asyncio.run(asked()) == 30
    assert most == api.OPENING


def test_a_page_of_an_origin_that_is_allowed_may_ask_with_a_key(stack, monkeypatch):
    told = {**VARIABLES, "FERMATA_ORIGINS": "http://localhost:5173"}
    monkeypatch.setattr("fermata.adapters.aws.deployed.variables", lambda function, client=None: told)

    async def asked(origin):
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "x-api-key",
        }
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(serve.app()), base_url="http://localhost:8080"
        ) as here:
            return await here.options("/api/v1/stream", headers=headers)

    assert asyncio.run(asked("http://localhost:5173")).headers["access-control-allow-origin"] == "http://localhost:5173"
    assert "access-control-allow-origin" not in asyncio.run(asked("http://evil.example")).headers


@pytest.mark.parametrize("said", ["token=a.b.c", "ticket=a.b", "api_key=sk_test_123456"])
def test_the_web_servers_log_shows_nobodys_credentials(said):
    arguments = ("127.0.0.1:1", "GET", f"/api/v1/stream/sse?workflow_id=1&{said}&types=done", "1.1", 200)
    record = logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', arguments, None)
    assert serve.Discretion().filter(record)
    shown = f"/api/v1/stream/sse?workflow_id=1&{said.partition('=')[0]}=…&types=done"
    assert record.getMessage() == f'127.0.0.1:1 - "GET {shown} HTTP/1.1" 200'
