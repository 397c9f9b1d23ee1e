"""Where clients come from: an address, the environment, the local stack, an engine in memory; and both worlds."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import jwt
import pytest
from fermata_client import AsyncClient, Client, NotInstalled, NotRunning, Unsuccessful, local

ROOT = Path(__file__).parents[2] / "clients" / "python"
SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture
def stack(tmp_path):
    """What a running local stack leaves in its state folder."""
    folder = tmp_path / ".fermata"
    folder.mkdir()
    (folder / "stack.json").write_text(json.dumps({"api_url": "http://localhost:8123", "outputs": {"TableName": "t"}}))
    (folder / "jwt-secret").write_text(SECRET)
    return folder


def claims(client):
    header = client.transport._credentials()["Authorization"].removeprefix("Bearer ")
    return jwt.decode(header, SECRET, ["HS256"], audience="fermata")


def test_the_local_stack_is_found_from_any_folder_of_the_project(stack, tmp_path, monkeypatch):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    monkeypatch.delenv("FERMATA_STATE_DIR", raising=False)
    with Client.local(user="ann", tenant="acme", scopes=["read"]) as client:
        said = claims(client)
    assert client.url == "http://localhost:8123"
    assert (said["sub"], said["tenant"], said["scope"]) == ("ann", "acme", "read")


def test_the_local_stack_is_found_by_the_environment(stack, monkeypatch):
    monkeypatch.setenv("FERMATA_STATE_DIR", str(stack))
    with Client.local() as client:
        assert claims(client)["scope"] == "read control admin"


@pytest.mark.parametrize("missing", ["stack.json", "jwt-secret"])
def test_a_local_stack_that_does_not_run_is_told(stack, missing):
    (stack / missing).unlink()
    with pytest.raises(NotRunning, match="fermata up"):
        Client.local(stack)


def test_a_local_stack_that_is_being_deployed_is_told(stack):
    (stack / "stack.json").write_text(json.dumps({"api_url": "http://localhost:8123", "outputs": {}}))
    with pytest.raises(NotRunning, match="being deployed"):
        Client.local(stack)


def test_the_secret_is_shown_nowhere(stack):
    assert SECRET not in repr(local.find(stack))


def test_the_environment_names_server_and_caller(monkeypatch):
    monkeypatch.setenv("FERMATA_URL", "https://example.com/")
    monkeypatch.setenv("FERMATA_API_KEY", "sk_1")
    monkeypatch.delenv("FERMATA_TOKEN", raising=False)
    with Client.from_environment() as client:
        assert (client.url, client.transport._credentials()) == ("https://example.com", {"X-API-Key": "sk_1"})


def test_an_embedded_engine_runs_kinds_of_ones_own():
    from fermata.domain.kind import Kind, Planned, Stage
    from fermata.toolkit.parameters import Parameters, parser, schema

    double = Kind(
        "double", "Double", (Stage("double", lambda job: iter([Planned(21, 1)]), lambda unit: unit.value * 2),),
        parser(Parameters), schema(Parameters),
    )  # fmt: skip
    with Client.embedded({"double": double}) as client:
        job = client.jobs.create("double").wait()
        assert [result.value for result in job.results()] == [42]


def test_an_embedded_engine_ends_with_its_client():
    import threading

    before = set(threading.enumerate())
    with Client.embedded() as client:
        client.jobs.create("probe", {"units": 1_000, "seconds": 0.01})
        own = set(threading.enumerate()) - before
        assert own
    for thread in own:
        thread.join(20)
    assert not any(thread.is_alive() for thread in own)


def test_without_the_engine_installed_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "fermata", None)
    with pytest.raises(NotInstalled, match=r"fermata\[local\]"):
        Client.embedded()


def test_the_client_needs_nothing_but_httpx_and_pydantic():
    code = "import fermata_client, sys; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"fermata", "uvicorn", "fastapi", "boto3"} & set(loaded)


def test_asyncio_has_the_same(server):
    async def whole():
        async with AsyncClient(server.url, api_key=server.api_key) as client:
            job = await client.jobs.create("probe", {"units": 3, "fail_every": 2})
            types = [update.type async for update in job.follow(0)]
            await job.wait()
            units = [result.unit async for result in job.results()]
            listed = [one.id async for one in client.jobs.list(kind="probe")]
            parts = [part async for part in job.download("jsonl")]
            assert job.id in listed
            return types[-1], sorted(units), b"".join(parts).count(b"\n")

    assert asyncio.run(whole()) == ("done", [0, 1, 2], 3)


def test_asyncio_is_not_held_up_by_waiting(server):
    async def both():
        async with AsyncClient(server.url, api_key=server.api_key) as client:
            jobs = [await client.jobs.create("probe", {"units": 1, "fail_every": 1}) for _ in range(2)]
            return await asyncio.gather(*(job.wait() for job in jobs), return_exceptions=True)

    assert [type(found) for found in asyncio.run(both())] == [Unsuccessful, Unsuccessful]


def test_the_client_for_programs_that_wait_is_generated_from_the_other(tmp_path):
    written = tmp_path / "_sync"
    subprocess.run([sys.executable, ROOT / "generate.py", written], check=True)
    ours = ROOT / "src" / "fermata_client" / "_sync"
    names = {file.name for file in ours.glob("*.py")}
    assert {file.name for file in written.glob("*.py")} == names
    for name in names:
        assert (written / name).read_text() == (ours / name).read_text(), "run: make client"
