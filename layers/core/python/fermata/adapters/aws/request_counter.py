"""Counting requests in DynamoDB, for all instances together."""

from __future__ import annotations

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import translated

KEPT = 600
"""Seconds after which the table may forget a minute's count."""


class DynamoCounter:
    """Implements :class:`fermata.api.quota.Counter`: an item for each tenant and minute, which expires."""

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._table = table
        self._clients = clients or Clients()

    def add(self, tenant: str, minute: int, amount: int) -> int:
        with translated():
            answer = self._clients.dynamodb.update_item(
                TableName=self._table,
                Key={"pk": {"S": table_keys.tenant_partition(tenant)}, "sk": {"S": f"requests#{minute}"}},
                UpdateExpression="ADD #amount :amount SET #expires = :expires",
                ExpressionAttributeNames={"#amount": "amount", "#expires": "expires"},
                ExpressionAttributeValues={
                    ":amount": {"N": str(amount)},
                    ":expires": {"N": str(minute * 60 + KEPT)},
                },
                ReturnValues="UPDATED_NEW",
            )
        return int(answer["Attributes"]["amount"]["N"])
