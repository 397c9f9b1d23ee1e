"""Numbers that many count on together, in DynamoDB: an item each."""

from __future__ import annotations

import time
from typing import Any

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import Lost, translated
from fermata.adapters.aws.table import Table
from fermata.domain.errors import Unavailable
from fermata.domain.jobs import Ref
from fermata.ports import MADE_UP

RACES = 20
RETENTION = 400 * 86_400
"""Seconds that the number of a key is kept: as long as the job that has it."""

KEPT = 86_400.0
"""Seconds after its last turn for which a rate's item is kept."""

SPENT_KEPT = 400 * 86_400.0
"""Seconds after its last change for which what a job has spent is kept, as the job is."""


class DynamoCounters:
    """Implements :class:`fermata.ports.Counters`."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._clients = clients or Clients()
        self._table = Table(self._clients, table)

    def next_number(self, tenant: str, family: str, key: str | None = None) -> int:
        if key is None:
            return self._table.add(table_keys.number(tenant, family), "number", 1)
        place = table_keys.keyed_number(tenant, family, key)
        if (known := self._table.get(place)) is not None:
            return int(known["number"]["N"])
        number = self._table.add(table_keys.number(tenant, family), "number", 1)
        item = {"pk": {"S": place.pk}, "sk": {"S": place.sk}, "number": {"N": str(number)}}
        try:
            self._table.put(item | {"expires": {"N": str(int(time.time() + RETENTION))}}, "nothing")
        except Lost:
            return self.next_number(tenant, family, key)
        return number

    def reserve(self, tenant: str, key: str, interval: float, count: int, now: float, within: float) -> float:
        known: float | None = None
        for _ in range(RACES):
            first = now if known is None else max(now - MADE_UP, known)
            if known is not None and first > now + within:
                return first
            try:
                self._turn(tenant, key, known, first + interval * count)
            except Lost as lost:
                known = float(lost.stored["turn"]["N"]) if lost.stored else None
                continue
            return first
        raise Unavailable("the turns of a rate are being taken by others; try again")

    def _turn(self, tenant: str, key: str, known: float | None, following: float) -> None:
        """Move the next turn. Raises Lost, with the item, when it is not where it was thought to be."""
        place = table_keys.rate(tenant, key).checked()
        values: dict[str, Any] = {":next": {"N": _number(following)}, ":end": {"N": str(int(following + KEPT))}}
        condition = "attribute_not_exists(#turn)"
        if known is not None:
            condition, values[":known"] = "#turn = :known", {"N": _number(known)}
        with translated():
            self._clients.dynamodb.update_item(
                TableName=self._table.name,
                Key={"pk": {"S": place.pk}, "sk": {"S": place.sk}},
                UpdateExpression="SET #turn = :next, #expires = :end",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#turn": "turn", "#expires": "expires"},
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )

    def spend(self, ref: Ref, amount: int, limit: int | None, now: float) -> bool:
        place = table_keys.spent(ref).checked()
        values: dict[str, Any] = {":amount": {"N": str(amount)}, ":end": {"N": str(int(now + SPENT_KEPT))}}
        condition: dict[str, Any] = {}
        if limit is not None:
            values[":left"] = {"N": str(limit - amount)}
            condition = {"ConditionExpression": "#spent <= :left"}
            if amount <= limit:
                condition = {"ConditionExpression": "attribute_not_exists(#spent) OR #spent <= :left"}
        try:
            with translated():
                self._clients.dynamodb.update_item(
                    TableName=self._table.name,
                    Key={"pk": {"S": place.pk}, "sk": {"S": place.sk}},
                    UpdateExpression="ADD #spent :amount SET #expires = :end",
                    ExpressionAttributeNames={"#spent": "spent", "#expires": "expires"},
                    ExpressionAttributeValues=values,
                    **condition,
                )
        except Lost:
            return False
        return True


def _number(at: float) -> str:
    return f"{at:.6f}"
