"""Recovery, each minute; the beginning and end of maintenance windows; and schedules whose time has come."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cache
from typing import Any

from fermata.bootstrap import engine_from
from fermata.control import maintenance, schedules
from fermata.control.engine import Engine
from fermata.control.recovery import recover
from fermata.domain.errors import NotFound
from fermata.environment import RecoveryEnvironment
from fermata.observability.metrics import Telemetry
from fermata.runner.deadline import end_of_slice

WINDOW = {"pause": maintenance.begin, "resume": maintenance.end}

telemetry = Telemetry("recovery")


@cache
def parts() -> tuple[Engine, frozenset[str]]:
    environment = RecoveryEnvironment.read(os.environ)
    return engine_from(environment, watcher=telemetry), environment.maintenance_tenants


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    engine, tenants = parts()
    with telemetry.invocation(context):
        if (named := event.get("schedule")) is not None:
            with suppress(NotFound):  # it was deleted a moment ago
                schedules.settle(engine, named["tenant"], named["id"])
            return {"schedule": named["id"]}
        if "maintenance" in event:
            changed = [tenant for tenant in sorted(tenants) if WINDOW[event["maintenance"]](engine, tenant)]
            telemetry.logger.info("maintenance", extra={"window": event["maintenance"], "tenants": changed})
        report = recover(engine, end_of_slice(engine, context))
        telemetry.recovery_failed(len(report.errors))
        outcome = {"looked": report.looked, "repaired": report.repaired, "errors": report.errors}
        telemetry.logger.info("recovered", extra=outcome)
        return outcome


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    parts()  # a wrong environment shows when the function starts, and not in its first event
