from __future__ import annotations

from typing import Any

from fermata.adapters.aws.parking import DynamoParking
from fermata.adapters.aws.store import RETENTION
from fermata.domain.jobs import Ref
from fermata.ports import ParkedToken


class FixedClock:
    def now(self) -> float:
        return 1_700_000_000.0

    def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing is waited for")


def test_a_token_is_kept_as_long_as_its_job(account: Any) -> None:
    DynamoParking(account.table, account.clients, FixedClock()).park(
        Ref("acme", "jobs:1"), ParkedToken(1, "working", "t")
    )
    (item,) = account.clients.dynamodb.scan(TableName=account.table)["Items"]
    assert item["expires"] == {"N": str(int(FixedClock().now() + RETENTION))}
