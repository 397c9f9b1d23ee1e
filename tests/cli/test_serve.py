import asyncio
import json
import socket
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


def statuses(app, *hosts):
    async def asked():
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8080") as here:
            return [await here.get("/health", headers={"Host": host}) for host in hosts or ("localhost",)]

    return asyncio.run(asked())


def test_only_fermatas_own_settings_are_taken_over(monkeypatch):
    monkeypatch.setattr("fermata.adapters.aws.deployed.variables", lambda function, client=None: VARIABLES)
    assert set(api.settings("api")) == {name for name in VARIABLES if name.startswith("FERMATA_")}


def test_the_app_is_the_deployed_one(stack):
    assert "/api/batch/start" in serve.app().current().openapi()["paths"]


def test_the_app_is_called_by_loopbacks_names_alone(stack):
    answers = statuses(serve.app(), "localhost:8080", "127.0.0.1:8080", "evil.example:8080")
    assert [answer.status_code for answer in answers] == [200, 200, 400]


def test_a_stack_that_was_started_anew_is_found(stack):
    app = api.LocalApi(None)
    first = app.current()
    assert app.current() is first
    stack["now"] = replace(stack["now"], pid=8, endpoint="http://127.0.0.1:3")
    assert app.current() is not first
    assert app.current().state.services.engine.queue._clients.sqs.meta.endpoint_url == "http://127.0.0.1:3"


def test_while_the_stack_is_down_it_is_said(stack):
    running, stack["now"] = stack["now"], None
    app = api.LocalApi(None)
    (answer,) = statuses(app)
    assert (answer.status_code, "fermata up" in json.loads(answer.content)["detail"]) == (503, True)
    stack["now"] = running
    assert statuses(app)[0].status_code == 200


def test_without_a_stack_it_is_said_how_to_start_one(fermata, monkeypatch):
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: None)
    assert fermata("serve").code == 3


def test_a_port_that_is_taken_is_told(fermata, stack, monkeypatch):
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: stack["now"])
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        said = fermata("serve", "--port", port)
    assert (said.code, said.err) == (1, f"fermata: Port {port} is taken by another program; choose another --port\n")
