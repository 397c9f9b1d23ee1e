"""What a DynamoDB stream tells of the table: lines of histories, as they were stored."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import unquote

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.codec import Item, key_of, record
from fermata.control.outbox import Line
from fermata.domain.events import Event, SystemEvent
from fermata.domain.jobs import Ref
from fermata.domain.schedules import Firing

logger = logging.getLogger(__name__)

TOLD = (table_keys.SEGMENT, table_keys.EVENT, table_keys.SOCKET, table_keys.CHUNK)
"""What the sort keys begin with of what observers are told of."""


def line_of(change: dict[str, Any]) -> Line | None:
    """The line that a change stored; None when it stored another thing, or one that can't be read, which the log tells."""
    item: Item = change.get("dynamodb", {}).get("NewImage", {})
    if not item:
        return None
    key = key_of(item)
    try:
        if key.sk.startswith(table_keys.EVENT):
            owner = table_keys.owner(table_keys.Key(key.pk, table_keys.JOB))
            assert isinstance(owner, Ref)  # noqa: S101
            return Line(owner.tenant, owner.id, record(Event, item))
        if key.sk.startswith(table_keys.SYSTEM_EVENT):
            return Line(unquote(key.pk.removeprefix(table_keys.TENANT)), "", record(SystemEvent, item))
        if key.sk.startswith(table_keys.FIRING):
            tenant, _, schedule = key.pk.removeprefix(table_keys.SCHEDULE).partition("|")
            return Line(unquote(tenant), schedule, record(Firing, item))
    except (KeyError, TypeError, ValueError):
        logger.exception("a stored line cannot be read", extra={"item": list(key)})
    return None


def job_of(change: dict[str, Any]) -> Ref | None:
    """The job that something was stored of: a result, a line of its history, or somebody who observes it."""
    keys = change.get("dynamodb", {}).get("Keys", {})
    partition = keys.get("pk", {}).get("S", "").removeprefix(table_keys.SOCKET)
    if "|" not in partition or not keys.get("sk", {}).get("S", "").startswith(TOLD):
        return None
    found = table_keys.owner(table_keys.Key(partition, table_keys.JOB))
    return found if isinstance(found, Ref) else None
