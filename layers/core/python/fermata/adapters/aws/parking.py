"""Tokens of executions, in DynamoDB: an item for each execution, in its job's partition."""

from __future__ import annotations

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.codec import parked_item, record
from fermata.adapters.aws.store import RETENTION
from fermata.adapters.aws.table import Table
from fermata.domain.jobs import Ref
from fermata.ports import Clock, ParkedToken


class DynamoParking:
    """Implements :class:`fermata.ports.Parking`."""

    def __init__(self, table: str, clients: Clients | None = None, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._table = Table(clients or Clients(), table, self._clock.sleep)

    def park(self, ref: Ref, token: ParkedToken) -> None:
        expires = {"expires": {"N": str(int(self._clock.now() + RETENTION))}}
        self._table.put(parked_item(ref, token) | expires, "anything")

    def find(self, ref: Ref, number: int) -> ParkedToken | None:
        item = self._table.get(table_keys.execution(ref, number))
        return None if item is None else record(ParkedToken, item)
