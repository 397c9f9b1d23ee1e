import asyncio

import httpx
import pytest
from fermata.cli import serve

VARIABLES = {
    "FERMATA_TABLE": "t",
    "FERMATA_QUEUE_URL": "q",
    "FERMATA_BUCKET": "b",
    "FERMATA_KEY_ID": "k",
    "FERMATA_STATE_MACHINE_ARN": "a",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}


def test_only_fermatas_own_settings_are_taken_over(monkeypatch):
    monkeypatch.setattr("fermata.adapters.aws.deployed.variables", lambda function: VARIABLES)
    assert set(serve.settings("api")) == {name for name in VARIABLES if name.startswith("FERMATA_")}


def test_the_app_is_the_deployed_one(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    assert "/api/batch/start" in serve.app().openapi()["paths"]


def test_without_a_stack_it_is_said_how_to_start_one(fermata, monkeypatch):
    monkeypatch.setattr("fermata.local.stack.status", lambda state_dir=None: None)
    assert fermata("serve").code == 3


@pytest.mark.parametrize("command", [(), ("batch",), ("nonsense",), ("batch", "status", "--nonsense")])
def test_wrong_use_is_told_by_the_exit_code(fermata, command):
    assert fermata(*command).code == 2


@pytest.mark.parametrize("command", ["up", "down", "demo", "token", "batch", "keys", "serve"])
def test_each_command_explains_itself(fermata, command):
    said = fermata(command, "--help")
    assert (said.code, said.out.startswith(f"usage: fermata {command}")) == (0, True)


def test_the_app_is_called_by_loopbacks_names_alone(monkeypatch):
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)

    async def statuses():
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(serve.app()), base_url="http://localhost:8080"
        ) as here:
            hosts = ("localhost:8080", "127.0.0.1:8080", "evil.example:8080")
            return [(await here.get("/health", headers={"Host": host})).status_code for host in hosts]

    assert asyncio.run(statuses()) == [200, 200, 400]
