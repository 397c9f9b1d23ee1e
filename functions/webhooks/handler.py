"""Webhooks: messages in, each asking for deliveries to be sent; the ones to be delivered again out."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

from fermata.adapters.aws.webhooks import parse
from fermata.bootstrap import engine_from
from fermata.control.deliveries import Sender
from fermata.environment import Environment
from fermata.observability.metrics import Telemetry
from fermata.runner.deadline import end_of_slice

telemetry = Telemetry("webhooks")


@cache
def sender() -> Sender:
    return Sender(engine_from(Environment.read(os.environ)))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The messages of a batch side by side, since sending is waiting for others."""
    records = event["Records"]
    with telemetry.invocation(context), ThreadPoolExecutor(len(records)) as pool:
        until = end_of_slice(sender().engine, context)
        done = list(pool.map(partial(shipped, until), records))
    failed = [record["messageId"] for record, well in zip(records, done, strict=True) if not well]
    return {"batchItemFailures": [{"itemIdentifier": id_} for id_ in failed]}


def shipped(until: float, record: dict[str, Any]) -> bool:
    """Whether the message was seen to; what it asks for may have failed all the same, and is tried again by its own time."""
    try:
        sender().ship(parse(record["body"]), until)
    except Exception:
        telemetry.logger.exception("a message could not be seen to", extra={"message_id": record["messageId"]})
        return False
    return True


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    sender()  # a wrong environment shows when the function starts, and not in its first event
