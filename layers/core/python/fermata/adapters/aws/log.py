"""Histories in DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TypeVar

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import Item, key_of, readable
from fermata.adapters.aws.table import Selection, Table
from fermata.adapters.aws.table_keys import END, Key
from fermata.domain.events import AuditRecord, Event, FeedLine, Head, SystemEvent, SystemEventType
from fermata.domain.jobs import Ref
from fermata.ports import Anchors

T = TypeVar("T")


def _lines(item: Item) -> Iterator[FeedLine]:
    """The line in an item; none where it can't be read."""
    place = key_of(item)
    if place.sk.startswith(table_keys.EVENT):
        job_id = place.pk.partition("|")[2]
        yield from (FeedLine(item["feed_at"]["S"], job_id, event) for event in readable(Event, [item]))
    else:
        yield from (FeedLine(item["feed_at"]["S"], "", event) for event in readable(SystemEvent, [item]))


class DynamoLog:
    """Implements :class:`fermata.ports.Log`."""

    def __init__(self, table: str, clients: Clients | None = None, anchors: Anchors | None = None) -> None:
        self._table = Table(clients or Clients(), table)
        self._anchors = anchors

    def events(self, ref: Ref, after: int = 0, limit: int = 500) -> list[Event]:
        return self._page(Event, table_keys.event(ref, after + 1), table_keys.EVENT, limit)

    def audit(self, tenant: str, after: int = 0, limit: int = 500, *, refused: bool = False) -> list[AuditRecord]:
        found: list[AuditRecord] = []
        if not refused:
            found = self._page(AuditRecord, table_keys.early_audit(tenant, after + 1), table_keys.AUDIT, limit)
        after = found[-1].number if found else after
        first = table_keys.audit(tenant, after + 1, refused=refused)
        return found + self._page(AuditRecord, first, table_keys.AUDIT, limit - len(found))

    def anchored(self, tenant: str, *, refused: bool = False) -> Head | None:
        return self._anchors.newest(tenant, refused=refused) if self._anchors is not None else None

    def system_events(self, tenant: str, type_: SystemEventType | None, limit: int) -> list[SystemEvent]:
        # Types are told apart here: one type may be rare, but a tenant's history is short and cleared by its owner.
        newest = self._system_events(tenant, page=max(1, limit))
        events = readable(SystemEvent, self._table.query(newest))
        return list(islice((event for event in events if type_ is None or event.type is type_), limit))

    def feed(self, tenant: str, after: str, limit: int) -> list[FeedLine]:
        names = (table_keys.FEED, "feed_at")
        selection = Selection(
            table_keys.feed(tenant), after + "\0", table_keys.END, table_keys.FEED, names, page=max(1, limit)
        )
        return [line for item in islice(self._table.query(selection), limit) for line in _lines(item)]

    def clear_system_events(self, tenant: str) -> int:
        found = self._table.query(self._system_events(tenant), keys_only=True)
        return self._table.delete_many([key_of(item) for item in found])

    def _system_events(self, tenant: str, page: int | None = None) -> Selection:
        first, last = table_keys.system_event(tenant, ""), table_keys.system_event(tenant, END)
        return Selection(first.pk, first.sk, last.sk, forward=False, page=page)

    def _page(self, cls: type[T], first: Key, prefix: str, limit: int) -> list[T]:
        selection = Selection(first.pk, first.sk, prefix + END, page=max(1, limit))
        return list(readable(cls, islice(self._table.query(selection), limit)))
