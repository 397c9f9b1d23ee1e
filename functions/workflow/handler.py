"""The steps of an execution: each parks its token or calls back; ``fail`` records why an execution broke off."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from fermata.bootstrap import engine_from
from fermata.control.engine import Engine
from fermata.control.execution import enter
from fermata.control.termination import fail
from fermata.domain.jobs import Ref
from fermata.environment import Environment
from fermata.observability.metrics import Telemetry
from fermata.runner.deadline import end_of_slice

telemetry = Telemetry("workflow")


@cache
def engine() -> Engine:
    return engine_from(Environment.read(os.environ), watcher=telemetry)


def handler(event: dict[str, Any], context: Any) -> None:
    ref, run, step = Ref(event["tenant"], event["job_id"]), event["run"], event["step"]
    with telemetry.invocation(context, job_id=ref.id, run=run, step=step):
        telemetry.logger.info("entered")
        if step == "fail":
            fail(engine(), ref, run, f"the execution broke off: {event['error'].get('Error', 'unknown')}")
        else:
            enter(engine(), ref, run, step, event["token"], end_of_slice(engine(), context))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    engine()  # a wrong environment shows when the function starts, and not in its first event
