"""Audit records as this family shows them."""

from __future__ import annotations

from typing import Any

from fermata.api.formatting import zoned_time
from fermata.domain.events import AuditRecord


def entry(record: AuditRecord) -> dict[str, Any]:
    act = record.act
    return {
        "chain": "refused" if act.is_refused and record.key else "done",
        "number": record.number,
        "at": zoned_time(act.at),
        "time": act.at,
        "user": act.actor.user,
        "scopes": sorted(act.actor.scopes),
        "action": act.action,
        "target": act.target,
        "outcome": act.outcome,
        "trace": act.trace,
        "reason": act.reason,
        "previous": record.previous,
        "hash": record.hash,
        "key": record.key,
    }
