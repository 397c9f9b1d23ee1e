"""The streaming function as the Lambda Web Adapter starts it: ``run.sh``, with the layers where Lambda unpacks them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_account
import httpx
import pytest
from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.bootstrap import engine_from
from fermata.control.engine import Engine
from fermata.control.starting import NewJob, start
from fermata.control.termination import cancel
from fermata.domain.access import SCOPES, ApiKey, digest
from fermata.domain.events import Actor, Mutation
from fermata.domain.jobs import Ref
from fermata.environment import Environment
from fermata.local.process import free_port
from fermata.local.template import project_root
from moto.server import ThreadedMotoServer

KEY = "sk_test_123456"
FOLDER = project_root() / "functions" / "stream"
PATIENCE = 60.0


@contextmanager
def account() -> Iterator[tuple[Any, str]]:
    """An account in moto, and the address where other processes reach it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with aws_account.opened() as opened:
        server.start()
        try:
            yield opened, "http://{}:{}".format(*server.get_host_and_port())
        finally:
            server.stop()


@dataclass(frozen=True)
class Started:
    """The function, and the engine that works beside it."""

    url: str
    engine: Engine

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, headers={"x-api-key": KEY})


@pytest.fixture(scope="module")
def started(opt: Path, bare_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    log = tmp_path_factory.mktemp("log") / "stream.log"
    with account() as (opened, endpoint), log.open("w") as written:
        DynamoKeys(opened.table, opened.clients).add(ApiKey("one", "default", "ann", SCOPES, digest(KEY), 0.0))
        port = free_port()
        told = {
            "FERMATA_TABLE": opened.table,
            "FERMATA_QUEUE_URL": opened.queue,
            "FERMATA_OCR_QUEUE_URL": opened.queue,
            "FERMATA_BUCKET": opened.bucket,
            "FERMATA_STATE_MACHINE_ARN": opened.state_machine,
            "FERMATA_KEY_ID": opened.key,
            "FERMATA_MAC_KEY_ID": opened.mac_key,
            "FERMATA_AUDIT_BUCKET": opened.audit_bucket,
        }
        environment = told | {
            "PATH": f"{bare_python}:/usr/bin:/bin",
            "FERMATA_LAYERS": str(opt),
            "LAMBDA_TASK_ROOT": str(FOLDER),
            "AWS_LWA_PORT": str(port),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        process = subprocess.Popen([FOLDER / "run.sh"], cwd=FOLDER, env=environment, stdout=written, stderr=written)
        try:
            await_answer(process, f"http://127.0.0.1:{port}/health", log)
            yield Started(f"http://127.0.0.1:{port}", engine_from(Environment.read(told), opened.clients))
        finally:
            process.terminate()
            process.wait()


def await_answer(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.05)
    pytest.fail(f"the function did not start: {log.read_text()}")


def act(engine: Engine, action: str) -> Mutation:
    return Mutation(Actor("default", "ann", SCOPES), f"jobs.{action}", "jobs:one", engine.clock.now())


def test_the_function_is_healthy(started: Started) -> None:
    assert started.get("/health").status_code == 200


def test_a_stream_comes_frame_by_frame(started: Started) -> None:
    engine = started.engine
    new = NewJob(family="jobs", id="one", kind="probe", params={"units": 1})
    start(engine, act(engine, "create"), new)
    url = f"{started.url}/api/v1/jobs/jobs:one/stream"
    with httpx.stream("GET", url, headers={"x-api-key": KEY}, timeout=30) as response:
        lines = response.iter_lines()
        assert '"pending"' in next(line for line in lines if line.startswith("data:"))
        cancel(engine, act(engine, "cancel"), Ref("default", "jobs:one"), None)
        assert any('"cancelled"' in line for line in lines)


def test_what_would_change_something_is_refused(started: Started) -> None:
    answer = httpx.post(f"{started.url}/api/v1/jobs", json={"kind": "probe"}, headers={"x-api-key": KEY})
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
