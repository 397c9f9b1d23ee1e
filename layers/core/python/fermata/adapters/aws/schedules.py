"""Schedules in DynamoDB: a record in the tenant's partition, its history in one of its own."""

from __future__ import annotations

from itertools import islice

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import readable, record
from fermata.adapters.aws.table import Selection, Table
from fermata.adapters.aws.table_keys import END
from fermata.domain.errors import NotFound
from fermata.domain.schedules import Firing, Schedule


class DynamoSchedules:
    """Implements :class:`fermata.ports.Schedules`."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._table = Table(clients or Clients(), table)

    def find(self, tenant: str, id_: str) -> Schedule:
        item = self._table.get(table_keys.schedule(tenant, id_))
        found = record(Schedule, item) if item is not None else None
        if found is None or found.deleted_at is not None:
            raise NotFound("schedule", id_)
        return found

    def all(self, tenant: str) -> list[Schedule]:
        low = table_keys.SCHEDULE
        items = self._table.query(Selection(table_keys.tenant_partition(tenant), low, low + END))
        return [one for one in readable(Schedule, items) if one.deleted_at is None]

    def firings(self, tenant: str, id_: str, before: float | None = None, limit: int = 50) -> list[Firing]:
        place = table_keys.firing(tenant, id_, 0.0)
        high = table_keys.FIRING + (END if before is None else table_keys.due_time(before))
        selection = Selection(place.pk, table_keys.FIRING, high, forward=False, page=limit + 1)
        lines = (line for line in readable(Firing, self._table.query(selection)) if before is None or line.due < before)
        return list(islice(lines, limit))
