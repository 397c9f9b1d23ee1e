"""Imported records in DynamoDB: an item each, one write unit for a row of up to 1 KB ($0.625 a million)."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import Lost, translated
from fermata.adapters.aws.table import TRIES, Selection, Table
from fermata.adapters.aws.table_keys import Key, indexed, workspace_partition
from fermata.content.model import Record, WorkspaceRef
from fermata.domain.errors import Unavailable

WRITERS = 8
"""Records that are written at a time: each write is conditional, and DynamoDB has no batch of such that fails one by one."""

LAST = chr(0x10FFFF)


class DynamoRecords:
    """Implements :class:`fermata.content.ports.Records`."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._name = table
        self._clients = clients or Clients()
        self._table = Table(self._clients, table)

    def add(self, workspace: WorkspaceRef, table: str, records: Sequence[Record]) -> list[bool]:
        if len(records) < 2:
            return [self._put(workspace, table, record) for record in records]
        _ = self._clients.dynamodb  # built once, not by each thread
        with ThreadPoolExecutor(min(WRITERS, len(records))) as pool:
            return list(pool.map(lambda record: self._put(workspace, table, record), records))

    def page(self, workspace: WorkspaceRef, table: str, after: str = "", limit: int = 100) -> list[Record]:
        partition = workspace_partition("records", workspace, table)
        found = self._table.query(Selection(partition, after + "\0" if after else " ", LAST, page=max(1, limit)))
        return [_record(item) for item in islice(found, limit)]

    def find(self, workspace: WorkspaceRef, table: str, keys: Collection[str]) -> dict[str, Record]:
        items = self._table.get_many(_place(workspace, table, key) for key in set(keys)).values()
        return {record.key: record for record in map(_record, items)}

    def replace(self, workspace: WorkspaceRef, table: str, record: Record, old: str) -> bool:
        request: dict[str, Any] = {
            "TableName": self._name,
            "Item": _item(_key(workspace, table, record), record),
            "ConditionExpression": "#by IN (:old, :by)",
            "ExpressionAttributeNames": {"#by": "by"},
            "ExpressionAttributeValues": {":old": {"S": old}, ":by": {"S": record.by}},
        }
        return self._changed(table, lambda: self._clients.dynamodb.put_item(**request))

    def remove(self, workspace: WorkspaceRef, table: str, key: str, by: str) -> bool:
        place = _place(workspace, table, key)
        request: dict[str, Any] = {
            "TableName": self._name,
            "Key": {"pk": {"S": place.pk}, "sk": {"S": place.sk}},
            "ConditionExpression": "attribute_not_exists(pk) OR #by = :by",
            "ExpressionAttributeNames": {"#by": "by"},
            "ExpressionAttributeValues": {":by": {"S": by}},
        }
        return self._changed(table, lambda: self._clients.dynamodb.delete_item(**request))

    def _put(self, workspace: WorkspaceRef, table: str, record: Record) -> bool:
        request: dict[str, Any] = {
            "TableName": self._name,
            "Item": _item(_key(workspace, table, record), record),
            "ConditionExpression": "attribute_not_exists(pk) OR #by = :by",
            "ExpressionAttributeNames": {"#by": "by"},
            "ExpressionAttributeValues": {":by": {"S": record.by}},
        }
        return self._changed(table, lambda: self._clients.dynamodb.put_item(**request))

    def _changed(self, table: str, change: Callable[[], object]) -> bool:
        """Do it; whether the item was as the change wants it."""
        for tried in range(TRIES):
            try:
                with translated():
                    change()
                return True
            except Lost as lost:
                if lost.changed:
                    return False
                self._table.backoff(tried)
        raise Unavailable(f"a record of {table} is being written by others; try again")


def _key(workspace: WorkspaceRef, table: str, record: Record) -> Key:
    return _place(workspace, table, record.key)


def _place(workspace: WorkspaceRef, table: str, key: str) -> Key:
    return Key(workspace_partition("records", workspace, table), indexed(key))


def _item(key: Key, record: Record) -> dict[str, Any]:
    values = json.dumps(dict(record.values), separators=(",", ":"), ensure_ascii=False)
    item = {"pk": key.pk, "sk": key.checked().sk, "by": record.by, "doc": values}
    if key.sk != record.key:
        item["key"] = record.key
    return {name: {"S": value} for name, value in item.items()}


def _record(item: dict[str, Any]) -> Record:
    return Record(item.get("key", item["sk"])["S"], item["by"]["S"], json.loads(item["doc"]["S"]))
