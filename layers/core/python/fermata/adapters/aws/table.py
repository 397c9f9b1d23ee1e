"""DynamoDB's calls as the adapters use them: conditional writes, consistent reads, errors translated, tries bounded."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import Item, key_of
from fermata.adapters.aws.errors import Lost, translated
from fermata.adapters.aws.table_keys import Key
from fermata.domain.errors import InvalidInput, Unavailable

MAX_ITEM = 400 * 1024
MAX_TRANSACTION = 100
BATCH_READ, BATCH_WRITE = 100, 25
"""Limits of DynamoDB: bytes, and items in one call."""

TRIES = 8
BACKOFF, MAX_BACKOFF = 0.01, 0.3
"""Seconds before the second try, doubling up to the second number; each is drawn from 0 to that."""

Expected = int | Literal["nothing", "anything"]
"""What a write demands of the stored item: its revision, that there is none, or nothing at all."""


@dataclass(frozen=True)
class Put:
    """Store an item if what is stored is as expected."""

    item: Item
    expects: Expected


@dataclass(frozen=True)
class Check:
    """Only a condition: what lies there is as expected."""

    key: Key
    expects: Expected


@dataclass(frozen=True)
class Selection:
    """What a query reads: of one partition (of an index), the sort keys from ``low`` to ``high``, both included.

    Attributes:
        index: None for the table itself, which alone can be read consistently.
        page: items asked for in one request at first, doubling with each further one; None for as many as 1 MB holds.
    """

    partition: str
    low: str
    high: str
    index: str | None = None
    names: tuple[str, str] = ("pk", "sk")
    forward: bool = True
    page: int | None = None


@dataclass(frozen=True)
class Table:
    """One table, by name."""

    clients: Clients
    name: str
    sleep: Callable[[float], None] = field(default=time.sleep)

    def get(self, key: Key) -> Item | None:
        """Strongly consistent."""
        wanted = _key(key.checked())
        with translated():
            answer = self.clients.dynamodb.get_item(TableName=self.name, Key=wanted, ConsistentRead=True)
        return answer.get("Item")  # type: ignore[return-value]

    def get_many(self, wanted: Iterable[Key]) -> dict[Key, Item]:
        """Those that exist; each strongly consistent."""
        left, found = list(dict.fromkeys(wanted)), dict[Key, Item]()  # a request that names one twice is refused
        if not left:  # a request for nothing is refused
            return found
        for pause in self._tries("reading several items"):
            batch, left = left[:BATCH_READ], left[BATCH_READ:]
            request = {"Keys": [_key(key.checked()) for key in batch], "ConsistentRead": True}
            with translated():
                answer: Any = self.clients.dynamodb.batch_get_item(RequestItems={self.name: request})  # type: ignore[dict-item]
            found |= {key_of(item): item for item in answer["Responses"].get(self.name, [])}
            skipped = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            left += map(key_of, skipped)
            if not left:
                break
            if skipped:
                pause()
        return found

    def put(self, item: Item, expects: Expected) -> None:
        """Raises Lost when what is stored is not as expected."""
        # The nonce tells an answer that got lost on the way, after which botocore sends the same write again, from a
        # write of somebody else: in the first case what is stored is what this call has stored.
        item = _bounded(item) | {"nonce": {"B": os.urandom(6)}}
        request: dict[str, Any] = {"TableName": self.name, "Item": item} | _condition(expects)
        if expects != "anything":
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        for pause in self._tries(f"writing {item['sk']['S']}"):
            try:
                with translated():
                    self.clients.dynamodb.put_item(**request)
                return
            except Lost as lost:
                if lost.stored is not None and lost.stored.get("nonce") == item["nonce"]:
                    return
                if lost.changed:
                    raise
            pause()

    def write(self, changes: Sequence[Put | Check]) -> None:
        """All or nothing. Raises Lost; ``changed`` is empty when another transaction was in the way."""
        assert len(changes) <= MAX_TRANSACTION, "a transaction has a limit that its caller has to keep"  # noqa: S101
        with translated():
            self.clients.dynamodb.transact_write_items(TransactItems=[self._transacted(change) for change in changes])

    def query(self, selection: Selection, *, keys_only: bool = False) -> Iterator[Item]:
        """Lazily, page by page; strongly consistent unless it is of an index."""
        request = self._request(selection, keys_only)
        while selection.low <= selection.high:  # the other way round is an error to DynamoDB
            with translated():
                answer = self.clients.dynamodb.query(**request)
            yield from answer["Items"]  # type: ignore[misc]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
            if "Limit" in request:
                request["Limit"] = min(request["Limit"] * 2, 1000)

    def count(self, selection: Selection) -> int:
        """How many items a query finds; they are counted where they lie."""
        request = self._request(selection, False) | {"Select": "COUNT"}
        found = 0
        while selection.low <= selection.high:
            with translated():
                answer = self.clients.dynamodb.query(**request)
            found += answer["Count"]
            if "LastEvaluatedKey" not in answer:
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return found

    def add(self, key: Key, attribute: str, amount: int) -> int:
        """Add to a number, which begins at 0; its new value."""
        with translated():
            answer = self.clients.dynamodb.update_item(
                TableName=self.name,
                Key=_key(key.checked()),
                UpdateExpression="ADD #attribute :amount",
                ExpressionAttributeNames={"#attribute": attribute},
                ExpressionAttributeValues={":amount": {"N": str(amount)}},
                ReturnValues="UPDATED_NEW",
            )
        return int(answer["Attributes"][attribute]["N"])

    def set(self, key: Key, attributes: Item) -> None:
        """Set attributes of an item that exists, whatever its revision; otherwise nothing happens."""
        names = {f"#a{place}": name for place, name in enumerate(attributes)}
        values = {f":a{place}": value for place, value in enumerate(attributes.values())}
        with suppress(Lost), translated():
            self.clients.dynamodb.update_item(
                TableName=self.name,
                Key=_key(key.checked()),
                UpdateExpression="SET " + ", ".join(f"{name} = :{name[1:]}" for name in names),
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )

    def delete_many(self, unwanted: Iterable[Key]) -> int:
        """How many there were."""
        remaining, count = iter(unwanted), 0
        while batch := list(islice(remaining, BATCH_WRITE)):
            self._batch([{"DeleteRequest": {"Key": _key(key)}} for key in batch])
            count += len(batch)
        return count

    def put_many(self, items: Iterable[Item]) -> None:
        """Store items whatever lies there, not all at once."""
        remaining = iter(items)
        while batch := list(islice(remaining, BATCH_WRITE)):
            self._batch([{"PutRequest": {"Item": _bounded(item)}} for item in batch])

    def backoff(self, tried: int) -> None:
        """Wait before the next try; ``tried`` from 0."""
        self.sleep(random.uniform(0, 1) * min(BACKOFF * 2**tried, MAX_BACKOFF))  # noqa: S311

    def _batch(self, requests: list[Any]) -> None:
        for pause in self._tries("changing several items"):
            with translated():
                answer = self.clients.dynamodb.batch_write_item(RequestItems={self.name: requests})
            requests = list(answer.get("UnprocessedItems", {}).get(self.name, []))
            if not requests:
                return
            pause()

    def _tries(self, doing: str) -> Iterator[Callable[[], None]]:
        """As many as there may be; each gives what to call before the next one. Then raises Unavailable."""
        tried = 0

        def pause() -> None:
            nonlocal tried
            self.backoff(tried)
            tried += 1

        while tried < TRIES:
            yield pause
        raise Unavailable(f"{doing}: still busy after {TRIES} tries")

    def _transacted(self, change: Put | Check) -> Any:
        if isinstance(change, Put):
            return {"Put": {"TableName": self.name, "Item": _bounded(change.item)} | _condition(change.expects)}
        key = _key(change.key.checked())
        return {"ConditionCheck": {"TableName": self.name, "Key": key} | _condition(change.expects)}

    def _request(self, selection: Selection, keys_only: bool) -> dict[str, Any]:
        partition, sort = selection.names
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "#partition = :partition AND #sort BETWEEN :low AND :high",
            "ExpressionAttributeNames": {"#partition": partition, "#sort": sort},
            "ExpressionAttributeValues": {
                ":partition": {"S": selection.partition},
                ":low": {"S": selection.low},
                ":high": {"S": selection.high},
            },
            "ScanIndexForward": selection.forward,
        }
        if selection.index is None:
            request["ConsistentRead"] = True
        else:
            request["IndexName"] = selection.index
        if keys_only:
            request["ProjectionExpression"] = "pk, sk, #sort" if sort != "sk" else "pk, sk"
        if selection.page is not None:
            request["Limit"] = selection.page
        return request


def size(item: Mapping[str, Mapping[str, Any]]) -> int:
    """Bytes of an item, as DynamoDB counts them for limit and price, within a few per cent for numbers."""
    return sum(len(name) + sum(map(_length, value.values())) for name, value in item.items())


def _length(value: Any) -> int:
    return len(value.encode()) if isinstance(value, str) else len(value)


def _bounded(item: Item) -> Item:
    key_of(item).checked()
    if size(item) > MAX_ITEM:
        raise InvalidInput(item["sk"]["S"], f"a record takes more than the {MAX_ITEM // 1024} KB that it may")
    return item


def _key(key: Key) -> Item:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _condition(expects: Expected) -> dict[str, Any]:
    if expects == "anything":
        return {}
    if expects == "nothing":
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {"ConditionExpression": "rev = :rev", "ExpressionAttributeValues": {":rev": {"N": str(expects)}}}
