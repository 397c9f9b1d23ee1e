"""The same work without Fermata: SQS → Lambda, one DynamoDB write for each unit. No pause, no progress, no exactly-once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fermata.domain.kind import Json

from bench.cost_account import COLD, INIT, REQUEST, WAITS, Account
from bench.pricing import Usage, lambda_usage, slowdown

BATCH = 10


def run(account: Account, units: int, seconds: float, width: int, value: Callable[[int], Json]) -> None:
    """Bill so many units of so many seconds, in batches of ten both ways, of which so many are done at a time."""
    client, meter, memory = account.watched().dynamodb, account.meter, account.memory["worker"]
    sqs = account.watched().sqs
    each = seconds + WAITS["dynamodb"] + REQUEST * slowdown(memory)
    for first in range(0, units, BATCH):
        numbers = range(first, min(first + BATCH, units))
        entries: list[Any] = [{"Id": str(number), "MessageBody": json.dumps({"unit": number})} for number in numbers]
        sqs.send_message_batch(QueueUrl=account.plain_url, Entries=entries)
        meter.use("event source: receive, delete", Usage({"SQS requests": 2}), 2)
        for number in numbers:
            item = {"pk": {"S": "plain"}, "sk": {"S": f"result#{number:09}"}, "value": {"S": json.dumps(value(number))}}
            client.put_item(TableName=account.stack.outputs["TableName"], Item=item)
        account.invoked["worker"].busy += REQUEST * len(numbers) / width
        meter.use("Lambda worker", Usage(lambda_usage(1, len(numbers) * each / width, memory)))
        meter.use("starts of functions", Usage(lambda_usage(0, COLD * INIT, memory)), 0)
