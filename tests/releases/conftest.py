"""The whole template in moto (see ``tests/stack``), holding what an earlier release has left behind."""

from __future__ import annotations

import importlib.util
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl

import pytest
from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.domain.access import SCOPES, ApiKey, digest

TESTS = Path(__file__).parents[1]
RELEASES = sorted(folder.name for folder in (TESTS / "fixtures").iterdir() if (folder / "scenario.json").exists())
LATER = 3600.0
"""Seconds between the record and the update: leases have lapsed, and messages are late."""


def loaded(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_stack = loaded(TESTS / "stack" / "conftest.py", "fermata_test_stack")
recorder = loaded(Path(__file__).parent / "recorder.py", "fermata_test_recorder")
moto_template, functions_root = _stack.moto_template, _stack.functions_root


@dataclass
class Updated:
    """A stack of the code as it is now over the records of a release."""

    stack: Any
    folder: Path
    clock: Any

    def recorded(self, name: str) -> Any:
        return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))

    @cached_property
    def ids(self) -> dict[str, str]:
        return dict(self.recorded("scenario")["ids"])

    def get(self, path: str) -> Any:
        return self._json("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        return self._json("POST", path, body)

    def job(self, name: str) -> Any:
        """The native view of one of the scenario's jobs."""
        return self.get(f"/api/v1/jobs/{self.ids.get(name, name)}")

    def recover(self) -> None:
        """What the next minutes bring: recovery, and whatever it sets going. Enough of them that every patience has ended."""
        for _ in range(3):
            self.stack.invoke("recovery", {})
            self.stack.pump()
            self.clock.later += LATER

    def results(self, job: str) -> list[int]:
        """Numbers of the units that have a result."""
        rows = self.get(f"/api/v1/jobs/{job}/results?limit=500")["results"]
        return sorted({row["unit"] for row in rows})

    def restore(self) -> None:
        """Puts the recorded table, bucket and queue into the account."""
        outputs, client = self.stack.outputs, self.stack.client
        for item in self.recorded("table"):
            client("dynamodb").put_item(TableName=outputs["TableName"], Item=recorder.as_stored(item))
        for key, body in self.recorded("bucket").items():
            client("s3").put_object(Bucket=outputs["BucketName"], Key=key, Body=recorder.b64decode(body))
        for body in self.recorded("queue"):
            client("sqs").send_message(QueueUrl=outputs["QueueUrl"], MessageBody=body)
        key, told = self.recorded("key"), self.stack.env
        recorder.restore_key(key, outputs["KeyId"])
        self.stack.env = lambda name: told(name) | {"FERMATA_KEY_ID": key["id"]}

    def _json(self, method: str, path: str, body: Any) -> Any:
        path, _, query = path.partition("?")
        headers = {"x-api-key": recorder.KEY}
        answer = self.stack.http(method, path, body=body, headers=headers, query=dict(parse_qsl(query)))
        assert answer.status in (200, 201, 202), (path, answer.body)
        return answer.json()


@dataclass
class Clock:
    """Time since the record, whenever the test runs."""

    recorded_at: float
    later: float = LATER

    def now(self) -> float:
        return self.recorded_at + self.later


@pytest.fixture(scope="module")
def monkeymodule() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module", params=RELEASES)
def updated(
    request: pytest.FixtureRequest, moto_template: str, functions_root: Path, monkeymodule: pytest.MonkeyPatch
) -> Iterator[Updated]:
    """One for all tests of a module; each test has jobs of its own in it."""
    folder = TESTS / "fixtures" / request.param
    clock = Clock(json.loads((folder / "scenario.json").read_text())["recorded_at"])
    with _stack.opened(moto_template, functions_root, monkeymodule) as stack:
        recorder.keep_documents(stack.client("s3"))
        made = Updated(stack, folder, clock)
        made.restore()
        monkeymodule.setattr(SystemClock, "now", lambda self: clock.now())
        yield made


@pytest.fixture
def stack(moto_template: str, functions_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A fresh one."""
    with _stack.opened(moto_template, functions_root, monkeypatch) as stack:
        yield stack


@pytest.fixture
def play() -> Any:
    """Plays the scenario on a stack, and writes the records into a folder."""

    def play_(stack: Any, folder: Path) -> None:
        key = ApiKey("one", "default", "ann", SCOPES, digest(recorder.KEY), time.time())
        DynamoKeys(stack.outputs["TableName"], Clients()).add(key)
        recorder.Recorder(stack).record(folder)

    return play_
