"""Webhooks in DynamoDB: a record in the tenant's partition, what it was sent in one of its own. And their queue, in SQS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import islice

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.codec import dump, key_of, load, readable, record
from fermata.adapters.aws.queue import entries_of, send_entries
from fermata.adapters.aws.table import Selection, Table
from fermata.adapters.aws.table_keys import END
from fermata.domain.errors import InvalidInput, NotFound, ServiceFailed
from fermata.domain.webhooks import Delivery, State, Webhook
from fermata.ports import Clock, Shipment


class DynamoWebhooks:
    """Implements :class:`fermata.ports.Webhooks`."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._table = Table(clients or Clients(), table)

    def find(self, tenant: str, id_: str) -> Webhook:
        item = self._table.get(table_keys.webhook(tenant, id_))
        found = record(Webhook, item) if item is not None else None
        if found is None or found.deleted_at is not None:
            raise NotFound("webhook", id_)
        return found

    def all(self, tenant: str) -> list[Webhook]:
        low = table_keys.WEBHOOK
        items = self._table.query(Selection(table_keys.tenant_partition(tenant), low, low + END))
        return [one for one in readable(Webhook, items) if one.deleted_at is None]

    def delivery(self, tenant: str, webhook: str, id_: str) -> Delivery:
        item = self._table.get(table_keys.delivery(tenant, webhook, id_))
        if item is None:
            raise NotFound("delivery", id_)
        return record(Delivery, item)

    def deliveries(
        self, tenant: str, webhook: str, state: State | None = None, before: str | None = None, limit: int = 50
    ) -> list[Delivery]:
        if state is State.PENDING:  # their order in the index is another
            found = sorted(self.waiting(tenant, webhook, MOST_SORTED), key=lambda one: one.id, reverse=True)
            return [one for one in found if before is None or one.id < before][:limit]
        if state is State.DEAD:
            place = table_keys.deliveries_of(tenant, webhook, state)
            return self._indexed(place, state, "0", before or END, limit, forward=False, below=before)
        partition, low = table_keys.deliveries(tenant, webhook), table_keys.DELIVERY
        selection = Selection(partition, low, low + (before or END), forward=False, page=limit + 1)
        lines = (one for one in readable(Delivery, self._table.query(selection)) if before is None or one.id < before)
        return list(islice(lines, limit))

    def waiting(self, tenant: str, webhook: str, limit: int, since: float = 0.0) -> list[Delivery]:
        place = table_keys.deliveries_of(tenant, webhook, State.PENDING)
        return self._indexed(place, State.PENDING, table_keys.due_time(since), END, limit, forward=True)

    def _indexed(
        self, place: str, state: State, low: str, high: str, limit: int, *, forward: bool, below: str | None = None
    ) -> list[Delivery]:
        """By the index, whose entries may be behind: what has left the state is left out, and the page filled up."""
        names = (table_keys.OPEN, "open_order")
        selection = Selection(place, low, high, table_keys.OPEN, names, forward=forward, page=limit + 1)
        keys, found = self._table.query(selection, keys_only=True), list[Delivery]()
        while len(found) < limit and (page := [key_of(item) for item in islice(keys, limit - len(found) + 1)]):
            items = self._table.get_many(page)
            stored = readable(Delivery, (items[key] for key in page if key in items))
            found += [one for one in stored if one.state is state and (below is None or one.id < below)]
        return found[:limit]


MOST_SORTED = 1_000
"""Pending deliveries of a webhook that a list shows."""


class SqsWebhookQueue:
    """Implements :class:`fermata.ports.WebhookQueue`; ``url``: None where nothing is sent."""

    def __init__(self, url: str | None, clients: Clients | None = None, clock: Clock | None = None) -> None:
        self._url = url
        self._clients = clients or Clients()
        self._clock = clock or SystemClock()

    def send(self, shipments: Sequence[Shipment], delay: float = 0) -> None:
        if self._url is None:
            raise ServiceFailed("this function has no queue of webhooks")
        for entries in entries_of([(shipment.tenant, dump(shipment)) for shipment in shipments], delay):
            send_entries(self._clients, self._clock, self._url, entries)


def parse(body: str) -> Shipment:
    """The shipment in a message. Raises InvalidInput."""
    try:
        return load(Shipment, body)
    except (json.JSONDecodeError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput("message", f"is none of ours: {error}") from error
