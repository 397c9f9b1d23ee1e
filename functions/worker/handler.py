"""The workers: messages in, the ones to be delivered again out."""

from __future__ import annotations

import logging
import os
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from fermata.bootstrap import engine_from, queue_from
from fermata.control.engine import Engine
from fermata.environment import Environment
from fermata.observability.metrics import Telemetry
from fermata.runner.consumer import deliver
from fermata.runner.deadline import at_work, remaining, stop_when_told

telemetry = Telemetry("worker")
processor = BatchProcessor(
    EventType.SQS, raise_on_entire_batch_failure=False, logger=logging.getLogger("fermata.worker")
)


@cache
def parts() -> tuple[Engine, Any]:
    environment = Environment.read(os.environ)
    return engine_from(environment, watcher=telemetry), queue_from(environment)


def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event, partial(work, context), processor)


def work(context: Any, record: Any) -> str:
    engine, queue = parts()
    delivery = queue.delivery(record.raw_event, getattr(context, "log_stream_name", ""))
    message = delivery.message
    with at_work(), telemetry.invocation(context, job_id=message.job_id, trace=message.trace, message_id=delivery.id):
        stop = deliver(engine, delivery, remaining(context))
        telemetry.logger.info("left", extra={"task": message.task, "stop": stop.value})
    return stop.value


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    stop_when_told()
    parts()  # a wrong environment shows when the function starts, and not in its first event
