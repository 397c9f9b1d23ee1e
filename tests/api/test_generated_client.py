"""A client that a common generator makes of the description, and what it does with the API."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fermata import embedded
from fermata.cli import openapi

TOOLS = Path(sys.prefix, "tools", "client", "bin")
GENERATOR = TOOLS / "openapi-python-client"

SESSION = """
import sys, time
from made import AuthenticatedClient
from made.api.jobs import cancel_job, create_job, get_job, get_job_results, list_jobs, list_units, pause_job, resume_job
from made.api.keys import create_key, list_keys, revoke_key
from made.api.tasks import list_tasks
from made.models import NotFoundError, Holding, NewJob, NewJobParams, NewKey, Status
url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=url, token=key, prefix="", auth_header_name="X-API-Key")
with client:
    job = create_job.sync(client=client, body=NewJob(kind="probe", params=NewJobParams.from_dict({"units": 4})))
    while get_job.sync(job.id, client=client).status is not Status.COMPLETED:
        time.sleep(0.01)
    assert [unit.unit for unit in list_units.sync(job.id, client=client).units] == [0, 1, 2, 3]
    assert len(get_job_results.sync(job.id, client=client).results) == 4
    slow = create_job.sync(client=client, body=NewJob(kind="probe", params=NewJobParams.from_dict({"units": 100, "seconds": 5})))
    held = pause_job.sync(slow.id, client=client, body=Holding(reason="look"))
    assert held.holds[0].reason == "look", held
    assert not resume_job.sync(slow.id, client=client).holds
    assert cancel_job.sync(slow.id, client=client).status is Status.CANCELLED
    assert {each.id for each in list_jobs.sync(client=client).jobs} == {job.id, slow.id}
    assert list_tasks.sync(client=client).data == []
    made = create_key.sync(client=client, body=NewKey(user="ann"))
    assert revoke_key.sync(made.id, client=client).state == "revoked"
    assert made.id in {each.id for each in list_keys.sync(client=client).keys}
    missing = get_job.sync(job_id="jobs:none", client=client)
    assert isinstance(missing, NotFoundError) and (missing.what, missing.name) == ("job", "jobs:none"), missing
print("good")
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The generated package."""
    if not GENERATOR.exists():
        pytest.skip("`make test` installs the generator")
    place = tmp_path_factory.mktemp("generated") / "made"
    arguments = ["generate", "--path", str(openapi.path()), "--output-path", str(place), "--meta", "none"]
    environment = {**os.environ, "PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(
        [GENERATOR, *arguments, "--fail-on-warning"], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return place


def test_every_operation_has_a_method_of_its_name(made: Path) -> None:
    described = json.loads(openapi.path().read_text(encoding="utf-8"))
    names = {operation["operationId"] for path in described["paths"].values() for operation in path.values()}
    assert {path.stem for path in made.glob("api/*/*.py")} - {"__init__"} == names


def test_it_starts_watches_pauses_and_ends_jobs(made: Path) -> None:
    with embedded.start() as server:
        ran = subprocess.run(
            [TOOLS / "python", "-c", SESSION, server.url, server.api_key],
            cwd=made.parent,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.stderr == ""
    assert ran.stdout == "good\n"
