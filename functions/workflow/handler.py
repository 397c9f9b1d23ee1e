"""An execution that has come to a state: its token is parked with the job, or it is moved on at once."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from fermata.bootstrap import engine_from
from fermata.control.engine import Engine
from fermata.control.reconcile import arrived
from fermata.domain.jobs import Ref
from fermata.environment import Environment
from fermata.observability.metrics import Telemetry

telemetry = Telemetry("workflow")


@cache
def engine() -> Engine:
    return engine_from(Environment.read(os.environ), watcher=telemetry)


def handler(event: dict[str, Any], context: Any) -> None:
    ref, state = Ref(event["tenant"], event["job_id"]), event.get("state")
    number = event["execution"] if "execution" in event else event["run"]  # an execution that began under 0.1.0
    with telemetry.invocation(context, job_id=ref.id, execution=number, state=state):
        telemetry.logger.info("arrived")
        arrived(engine(), ref, number, state, event.get("token", ""))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    engine()  # a wrong environment shows when the function starts, and not in its first event
