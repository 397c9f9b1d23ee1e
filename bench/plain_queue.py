"""The same work without Fermata: SQS → Lambda, one DynamoDB write for each unit. No pause, no progress, no exactly-once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fermata.domain.kind import Json

from bench.cost_account import LATENCY, Account
from bench.pricing import Usage, lambda_usage

BATCH = 10


def run(account: Account, units: int, seconds: float, value: Callable[[int], Json]) -> None:
    """Bill so many units of so many seconds, in batches of ten both ways."""
    clients, meter = account.clients, account.meter
    for first in range(0, units, BATCH):
        numbers = range(first, min(first + BATCH, units))
        entries: list[Any] = [{"Id": str(number), "MessageBody": json.dumps({"unit": number})} for number in numbers]
        clients.sqs.send_message_batch(QueueUrl=account.plain_url, Entries=entries)
        meter.use("event source: receive, delete", Usage({"SQS requests": 2}), 2)
        for number in numbers:
            item = {"pk": {"S": "plain"}, "sk": {"S": f"result#{number:09}"}, "value": {"S": json.dumps(value(number))}}
            clients.dynamodb.put_item(TableName=account.stack.outputs["TableName"], Item=item)
        meter.use("Lambda worker", lambda_usage(1, len(numbers) * (seconds + LATENCY)))
