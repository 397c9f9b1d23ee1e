"""An AWS account in moto with what the adapters need, the table as the template describes it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import yaml
from fermata.adapters.aws.clients import Clients
from moto_account import mocked

TEMPLATE = Path(__file__).parents[2] / "template.yaml"

WAIT_FOR_CALLBACK = {
    "StartAt": "Run",
    "States": {
        "Run": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
            "Parameters": {
                "QueueUrl": "<url>",
                "MessageBody": {"token.$": "$$.Task.Token", "job_id.$": "$.job_id"},
            },
            "TimeoutSeconds": 600,
            "End": True,
        }
    },
}


WAITING = 5
"""Events in an execution's history by then: started, entered, scheduled, begun, submitted."""


@dataclass(frozen=True)
class Account:
    clients: Clients
    table: str
    bucket: str
    queue: str
    dead_letters: str
    tokens: str
    state_machine: str
    key: str
    mac_key: str
    webhooks: str
    audit_bucket: str = "fermata-audit"


ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def opened() -> Iterator[Account]:
    """An account that is gone afterwards."""
    with patch.dict(os.environ, ENVIRONMENT), mocked(stepfunctions={"execute_state_machine": True}):
        os.environ.pop("AWS_ENDPOINT_URL", None)
        place = build()
        yield place
        _settle_executions(place)


CLIENTS = Clients()
"""Take longer to build than a test to run, and serve in one account after another."""


def build(clients: Clients = CLIENTS) -> Account:
    queues = {
        name: clients.sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("work", "dead", "tokens", "webhooks")
    }
    clients.dynamodb.create_table(TableName="fermata", **table_properties())
    clients.scheduler.create_schedule_group(Name="fermata")
    clients.s3.create_bucket(Bucket="fermata-files")
    clients.s3.create_bucket(Bucket="fermata-audit")
    mac = clients.kms.create_key(KeyUsage="GENERATE_VERIFY_MAC", KeySpec="HMAC_256")
    return Account(
        clients=clients,
        table="fermata",
        bucket="fermata-files",
        queue=queues["work"],
        dead_letters=queues["dead"],
        tokens=queues["tokens"],
        state_machine=_state_machine(clients, queues["tokens"]),
        key=clients.kms.create_key()["KeyMetadata"]["KeyId"],
        mac_key=mac["KeyMetadata"]["KeyId"],
        webhooks=queues["webhooks"],
    )


def _settle_executions(place: Account) -> None:
    """Each runs in a thread of its own, which must not need the account any more when it is gone."""
    client = place.clients.stepfunctions
    for execution in client.list_executions(stateMachineArn=place.state_machine, statusFilter="RUNNING")["executions"]:
        arn = execution["executionArn"]
        end = time.monotonic() + 10
        while len(client.get_execution_history(executionArn=arn)["events"]) < WAITING and time.monotonic() < end:
            time.sleep(0.01)


@cache
def table_properties() -> dict[str, Any]:
    """Keys and indexes of the template's table."""
    loaded = yaml.load(TEMPLATE.read_text(), _Loader)["Resources"]["Table"]["Properties"]
    wanted = ("BillingMode", "KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes")
    return {name: loaded[name] for name in wanted}


def _state_machine(clients: Clients, tokens: str) -> str:
    definition = json.dumps(WAIT_FOR_CALLBACK).replace("<url>", tokens)
    role = "arn:aws:iam::123456789012:role/job"
    return clients.stepfunctions.create_state_machine(name="job", definition=definition, roleArn=role)[
        "stateMachineArn"
    ]


class _Loader(yaml.SafeLoader):
    """Reads a template; what its functions (!Ref and the like) would give does not matter here."""


_Loader.add_multi_constructor("!", lambda loader, suffix, node: suffix)
