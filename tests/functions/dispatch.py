"""The handler of the process in ``process.py``: leads to the real ones, and to the queue between them."""

from __future__ import annotations

import os
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import boto3
from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.domain.access import SCOPES, ApiKey, digest

FUNCTIONS = Path(__file__).parents[2] / "functions"


def loaded(name: str) -> Any:
    spec = spec_from_file_location(name, FUNCTIONS / name / "handler.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MODULES = {name: loaded(name) for name in ("api", "worker", "workflow", "recovery")}
"""Loaded before the first event, as Lambda loads them."""


def handler(event: dict[str, Any], context: Any) -> Any:
    function, event = event["function"], event["event"]
    if function == "key":
        return DynamoKeys(os.environ["FERMATA_TABLE"]).add(
            ApiKey("one", "default", "ann", SCOPES, digest(event["key"]), 0.0)
        )
    if function == "queue":
        url = os.environ["FERMATA_QUEUE_URL"]
        sqs: Any = boto3.session.Session().client("sqs")
        return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"]).get("Messages", [])
    return MODULES[function].handler(event, context)
