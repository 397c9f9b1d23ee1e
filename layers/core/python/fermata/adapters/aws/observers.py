"""Observers in DynamoDB, and the gateway that keeps their connections.

They lie in partitions of their own, so that whoever tells them may write nothing else, and in the index of what is open, to be
found by their ids.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import Item, dump, key_of, readable
from fermata.adapters.aws.errors import code_of, translated
from fermata.adapters.aws.table import Selection, Table
from fermata.adapters.aws.table_keys import END, OPEN, SOCKET, Key
from fermata.domain.errors import NotFound
from fermata.domain.jobs import Ref
from fermata.domain.observers import Observer

LONGEST = 3 * 3600.0
"""Seconds after which the table may forget a connection; a gateway keeps one for two hours."""

INDEXED = (OPEN, "open_order")


class DynamoObservers:
    """Implements :class:`fermata.ports.Observers`."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._table = Table(clients or Clients(), table)

    def add(self, observer: Observer) -> None:
        self._table.put(_item(observer), "anything")

    def of(self, ref: Ref) -> list[Observer]:
        partition = table_keys.observer(ref, "").pk
        return list(readable(Observer, self._table.query(Selection(partition, SOCKET, SOCKET + END))))

    def all(self) -> list[Observer]:
        keys = self._found("", END)
        items = self._table.get_many(keys)
        return list(readable(Observer, (items[key] for key in keys if key in items)))

    def save(self, observer: Observer) -> Observer:
        changed = replace(observer, rev=observer.rev + 1)
        self._table.put(_item(changed), observer.rev)
        return changed

    def remove(self, id_: str) -> None:
        self._table.delete_many(self._found(id_, id_))

    def _found(self, low: str, high: str) -> list[Key]:
        selection = Selection(SOCKET, low or "!", high, index=OPEN, names=INDEXED)
        return [key_of(item) for item in self._table.query(selection, keys_only=True)]


class ApiGateway:
    """Implements :class:`fermata.ports.Connections` by the management API of a WebSocket API."""

    def __init__(self, endpoint: str, clients: Clients | None = None) -> None:
        self._endpoint = endpoint
        self._clients = clients or Clients()

    def send(self, id_: str, text: str) -> None:
        self._asked("post_to_connection", ConnectionId=id_, Data=text.encode())

    def close(self, id_: str) -> None:
        self._asked("delete_connection", ConnectionId=id_)

    def _asked(self, call: str, **request: Any) -> None:
        from botocore.exceptions import ClientError

        client = self._clients.connections(self._endpoint)
        with translated("connection", request["ConnectionId"]):
            try:
                getattr(client, call)(**request)
            except ClientError as error:
                if code_of(error) == "GoneException":
                    raise NotFound("connection", request["ConnectionId"]) from None
                raise


def _item(observer: Observer) -> Item:
    key = table_keys.observer(observer.ref, observer.id)
    return {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "doc": {"S": dump(observer)},
        "rev": {"N": str(observer.rev)},
        OPEN: {"S": SOCKET},
        "open_order": {"S": observer.id},
        "expires": {"N": str(math.ceil(observer.opened_at + LONGEST))},
    }
