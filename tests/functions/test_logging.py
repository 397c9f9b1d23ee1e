"""What the functions write, under the runtime that AWS runs them in, and set as loud as the template can make it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("awslambdaric", reason="AWS builds its runtime client for Linux only")

HERE = Path(__file__).parent
EVENTS = HERE.parents[1] / "events"

SECRETS = {
    "session token": "session-token-0123456789",
    "secret access key": "secret-access-key-0123456789",
    "tokens' secret": "the-secret-of-all-tokens-0123456789",
    "provider's key": "sk-of-the-provider-0123456789",
    "caller's key": "sk_of_the_caller_0123456789",
    "callback token": "callback-token-0123456789",
    "body": "words-of-the-document-0123456789",
}
SETTINGS = {
    "AWS_ACCESS_KEY_ID": "access-key-id",
    "AWS_SECRET_ACCESS_KEY": SECRETS["secret access key"],
    "AWS_SESSION_TOKEN": SECRETS["session token"],
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_LOG_FORMAT": "JSON",
    "AWS_LAMBDA_LOG_LEVEL": "DEBUG",
    "POWERTOOLS_LOG_LEVEL": "DEBUG",
    "FERMATA_JWT_SECRET": SECRETS["tokens' secret"],
    "FERMATA_ALLOW_LOCAL_FILES": "true",
}


def loaded(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(f"fermata_test_{name}", HERE / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def batch(path: Path) -> Any:
    """The request that starts a batch with everything in it that nobody may read."""
    body = {
        "job_id": "demo",
        "documents": [{"title": SECRETS["body"], "file_path": str(path), "file_source_type": "local"}],
        "config": {"api_key": SECRETS["provider's key"]},
    }
    asked = event("api")
    return asked | {"headers": asked["headers"] | {"x-api-key": SECRETS["caller's key"]}, "body": json.dumps(body)}


def deliver_all(runtime: Any) -> None:
    record = event("worker")["Records"][0]
    while messages := runtime.invoke("queue", {}):
        for message in messages:
            facts = {"receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
            assert runtime.invoke("worker", {"Records": [record | facts]}) == {"batchItemFailures": []}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a job writes on its way through all functions, and one request and one event that go wrong."""
    path = tmp_path_factory.mktemp("documents") / "swifts.txt"
    path.write_text(f"Swifts sleep on the wing. {SECRETS['body']} " * 9)
    with loaded("runtime").running(SETTINGS) as runtime:
        runtime.invoke("key", {"key": SECRETS["caller's key"]})
        assert runtime.invoke("api", batch(path))["statusCode"] == 200
        step = event("workflow") | {"token": SECRETS["callback token"]}
        for name in ("working", "paused", "review"):
            assert runtime.invoke("workflow", step | {"state": name, "token": step["token"] + name}) is None
            deliver_all(runtime)
        assert runtime.invoke("recovery", {})["errors"] == []
        assert runtime.invoke("api", batch(path) | {"body": SECRETS["body"]})["statusCode"] == 400
        assert "errorType" in runtime.invoke("workflow", step | {"tenant": None})
    return runtime


@pytest.mark.parametrize("what", SECRETS)
def test_no_secret_token_or_body_is_written(written: Any, what: str) -> None:
    assert SECRETS[what] not in "".join(written.written)


def test_libraries_write_nothing_of_the_wire(written: Any) -> None:
    loggers = {line.get("logger", "") for line in written.lines()}
    assert not [name for name in loggers if name.split(".")[0] in ("botocore", "boto3", "urllib3", "httpcore")]


def test_own_lines_and_metrics_are_written(written: Any) -> None:
    lines = written.lines()
    assert {"arrived", "left", "recovered", "batch.start"} <= {line.get("message") for line in lines}
    assert {name for line in lines for name in line if "_aws" in line} >= {"JobsStarted", "JobsEnded", "UnitsSucceeded"}
