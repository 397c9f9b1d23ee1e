"""Observers of batches at a gateway's WebSockets: who comes and goes, and what there is to tell them, by the table's stream."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from fermata.adapters.aws.stream import job_of
from fermata.api.batch.connections import keep_alive, open_connection, push
from fermata.api.context import Services
from fermata.api.errors import problem
from fermata.bootstrap import app_from, observers_from
from fermata.domain.errors import FermataError, Refused
from fermata.environment import SocketEnvironment
from fermata.observability.metrics import Telemetry
from fermata.ports import Connections, Observers

telemetry = Telemetry("socket")


@cache
def parts() -> tuple[Services, Observers, Connections]:
    environment = SocketEnvironment.read(os.environ)
    services: Services = app_from(environment, watcher=telemetry).state.services
    return (services, *observers_from(environment))


def connected(event: dict[str, Any]) -> dict[str, int]:
    """Whether who opens a connection may; its gateway tells no more of a refusal than the status."""
    services, observers, _ = parts()
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    given = event.get("multiValueQueryStringParameters") or {}
    asked = {name: values[-1] for name, values in given.items()}
    try:
        open_connection(services, observers, event["requestContext"]["connectionId"], headers, asked)
    except Refused as refusal:
        return {"statusCode": problem(refusal, {}).status}
    return {"statusCode": 200}


def told(changes: list[dict[str, Any]]) -> dict[str, Any]:
    """Tell observers of each job that something was stored of.

    What a service refuses is read again, and what comes after it, once all others have been told: somebody who opens connections
    and leaves at once holds up nobody else.
    """
    services, observers, connections = parts()
    done, failed = set(), list[str]()
    for change in changes:
        ref = job_of(change)
        if ref is None or ref in done:
            continue
        try:
            push(services.engine, observers, connections, ref)
        except FermataError:
            telemetry.logger.exception("observers could not be told; they are told again", extra={"job_id": ref.id})
            failed.append(change["dynamodb"]["SequenceNumber"])
        except Exception:  # read again it would keep the observers of all other jobs waiting
            telemetry.logger.exception("observers could not be told", extra={"job_id": ref.id})
        done.add(ref)
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed[:1]]}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    with telemetry.invocation(context):
        if "Records" in event:
            return told(event["Records"])
        services, observers, connections = parts()
        if "requestContext" not in event:
            keep_alive(services.engine, observers, connections)
            return {}
        if event["requestContext"]["routeKey"] == "$connect":
            return connected(event)
        observers.remove(event["requestContext"]["connectionId"])
        return {"statusCode": 200}


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    parts()  # a wrong environment shows when the function starts, and not in its first event
