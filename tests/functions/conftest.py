"""The handlers as Lambda loads them, over an account in moto."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

import aws_account
import pytest
from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.bootstrap import engine_from
from fermata.control.engine import Engine
from fermata.domain.access import SCOPES, ApiKey, digest
from fermata.environment import Environment
from lambda_runtime import event_loop, logging_of_its_own

PROJECT = Path(__file__).parents[2]


@dataclass
class Deployed:
    """What a test may do to the functions, and where it sees what they did."""

    account: Any
    environment: dict[str, str]
    modules: dict[str, ModuleType] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        return engine_from(Environment.read(self.environment))

    def module(self, name: str) -> ModuleType:
        if name not in self.modules:
            # Powertools keeps a service's logger, and with it the stream of the test that came first.
            for handler in logging.getLogger(name).handlers:
                assert isinstance(handler, logging.StreamHandler)
                handler.stream = sys.stdout  # the old one is closed
            self.modules[name] = loaded(PROJECT / "functions" / name / "handler.py", f"fermata_test_{name}")
        return self.modules[name]

    def invoke(self, name: str, event: Any) -> Any:
        return self.module(name).handler(event, context())

    def event(self, name: str) -> Any:
        """The event that the repository shows for ``sam local invoke``."""
        return json.loads((PROJECT / "events" / f"{name}.json").read_text())

    def messages(self) -> list[dict[str, Any]]:
        """What waits in the queue, as an event of the worker brings it."""
        found = self.account.clients.sqs.receive_message(
            QueueUrl=self.account.queue, MaxNumberOfMessages=10, AttributeNames=["All"]
        )
        return [
            self.event("worker")["Records"][0]
            | {"messageId": message["MessageId"], "receiptHandle": message["ReceiptHandle"], "body": message["Body"]}
            for message in found.get("Messages", [])
        ]


def context(seconds: float = 900) -> Any:
    return SimpleNamespace(
        aws_request_id="request-1",
        function_name="fermata",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:fermata",
        get_remaining_time_in_millis=lambda: int(seconds * 1000),
    )


def loaded(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def deployed() -> Iterator[Deployed]:
    with aws_account.opened() as account:
        environment = {
            "FERMATA_TABLE": account.table,
            "FERMATA_QUEUE_URL": account.queue,
            "FERMATA_OCR_QUEUE_URL": account.queue,
            "FERMATA_DEAD_LETTER_QUEUE_URL": account.dead_letters,
            "FERMATA_BUCKET": account.bucket,
            "FERMATA_STATE_MACHINE_ARN": account.state_machine,
            "FERMATA_KEY_ID": account.key,
            "FERMATA_MAC_KEY_ID": account.mac_key,
            "FERMATA_AUDIT_BUCKET": account.audit_bucket,
            "FERMATA_WEBHOOK_QUEUE_URL": account.webhooks,
            "FERMATA_JWT_SECRET": "a secret of at least thirty-two bytes",
            "FERMATA_ALLOW_LOCAL_FILES": "true",
        }
        key = ApiKey("one", "default", "ann", SCOPES, digest("sk_test_123456"), 0.0)
        DynamoKeys(account.table, account.clients).add(key)
        elsewhere = {name: value for name, value in os.environ.items() if not name.startswith("FERMATA_")}
        with mock.patch.dict(os.environ, elsewhere | environment, clear=True), event_loop(), logging_of_its_own():
            yield Deployed(account, environment)
