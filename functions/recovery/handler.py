"""Recovery, each minute; maintenance windows; schedules whose time has come; the outbox, read from the table's stream; and what
is asked for by messages."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from functools import cache
from typing import Any

from fermata.adapters.aws.stream import line_of
from fermata.bootstrap import bus_from, engine_from
from fermata.control import maintenance, schedules
from fermata.control.engine import Engine
from fermata.control.intake import ObjectIntake, take_message, take_object
from fermata.control.outbox import publish
from fermata.control.recovery import recover
from fermata.domain.errors import FermataError, NotFound
from fermata.environment import RecoveryEnvironment
from fermata.observability.metrics import Telemetry
from fermata.ports import Bus
from fermata.runner.deadline import end_of_slice

BATCH = 10
"""Lines that are told in one call; they are told again together."""

WINDOW = {"pause": maintenance.begin, "resume": maintenance.end}

telemetry = Telemetry("recovery")


@cache
def bus() -> Bus:
    return bus_from(RecoveryEnvironment.read(os.environ))


@cache
def parts() -> tuple[Engine, frozenset[str]]:
    environment = RecoveryEnvironment.read(os.environ)
    return engine_from(environment, watcher=telemetry), environment.maintenance_tenants


def told(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Put lines of histories on the bus, in order; what fails, and what comes after it, is read again."""
    for start in range(0, len(changes), BATCH):
        if (failed := first_untold(changes[start : start + BATCH])) is not None:
            return {"batchItemFailures": [{"itemIdentifier": failed}]}
    return {"batchItemFailures": []}


def first_untold(changes: list[dict[str, Any]]) -> str | None:
    """Number of the first of these changes that has to be read again. A line that fails in a way which nobody knows is given up:
    read again it would keep all that come after it, of every tenant, for a day."""
    engine, _ = parts()
    try:
        publish(engine, bus(), [line for line in map(line_of, changes) if line is not None])
    except FermataError:
        telemetry.logger.exception("notices could not be put on the bus; they are told again")
        return str(changes[0]["dynamodb"]["SequenceNumber"])
    except Exception:
        if len(changes) > 1:
            return next(filter(None, (first_untold([change]) for change in changes)), None)
        telemetry.logger.exception("a line could not be told", extra={"keys": changes[0]["dynamodb"].get("Keys")})
        telemetry.recovery_failed(1)
    return None


def taken_in(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Start a job for each message; what can't be taken comes again, and in the end lies among the dead letters."""
    engine, _ = parts()
    failed = []
    for message in messages:
        try:
            take(engine, json.loads(message["body"]), message["messageId"])
        except (FermataError, ValueError, KeyError, TypeError):
            telemetry.logger.exception("a message could not be taken in", extra={"message_id": message["messageId"]})
            failed.append({"itemIdentifier": message["messageId"]})
    return {"batchItemFailures": failed}


def take(engine: Engine, body: Any, message_id: str) -> None:
    if not isinstance(body, dict) or body.get("source") != "aws.s3":
        take_message(engine, body, message_id)
        return
    environment, detail = RecoveryEnvironment.read(os.environ), body["detail"]
    found = detail["object"]
    version = found.get("version-id") or f"{found.get('etag', '')}-{found.get('sequencer', '')}"
    intake = ObjectIntake(
        environment.intake_kind,
        json.loads(environment.intake_params),
        environment.intake_tenant,
        environment.intake_workspace,
    )
    take_object(engine, intake, detail["bucket"]["name"], found["key"], version)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    engine, tenants = parts()
    with telemetry.invocation(context):
        if "Records" in event:
            records = event["Records"]
            return taken_in(records) if records[0].get("eventSource") == "aws:sqs" else told(records)
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
