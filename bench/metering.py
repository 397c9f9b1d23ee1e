"""Counts what boto3's clients ask AWS for, and what AWS would charge for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.pricing import INDEX_OVERHEAD, Item, Usage, item_size, put_units, queue_requests, read_units

Parameters = Mapping[str, Any]
FREE = frozenset({"DescribeExecution", "StartExecution", "SendTaskSuccess", "StopExecution"})
"""Step Functions charges for transitions alone."""


@dataclass
class Meter:
    """Watches clients; keeps what they stored, since the price of a write depends on what was there before.

    Attributes:
        indexes: key attributes of each keys-only index of the table.
        requests: by service and operation.
        uses: what each purpose has used. A purpose is an operation and what it was about, as ``PutItem chunk``.
        purposes: requests by purpose.
    """

    indexes: Mapping[str, tuple[str, ...]]
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    uses: defaultdict[str, Usage] = field(default_factory=lambda: defaultdict(Usage))
    purposes: Counter[str] = field(default_factory=Counter)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)

    def watch(self, *clients: Any) -> None:
        for client in clients:
            client.meta.events.register("provide-client-params", _remember)
            client.meta.events.register("after-call", self._record)

    def total(self) -> Usage:
        return sum(self.uses.values(), Usage())

    def count(self) -> int:
        return sum(self.requests.values())

    def use(self, purpose: str, usage: Mapping[str, float], times: int = 1) -> None:
        """Add what no client asks for: AWS's own requests, and time."""
        self.purposes[purpose] += times
        self.uses[purpose].update(usage)

    def reset(self) -> None:
        """Count from nothing again; what is stored stays known."""
        self.requests.clear()
        self.purposes.clear()
        self.uses.clear()

    def _record(self, parsed: Parameters, model: Any, context: Any, **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        self.requests[service, operation] += 1
        about, usage = PRICED[service](self, operation, context["asked"], parsed)
        self.use(f"{operation} {about}".strip(), usage)

    # What each service charges. ------------------------------------------------------------------------------------------

    def _dynamodb(self, operation: str, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:
        charge: Callable[[Parameters, Parameters], tuple[str, Usage]] = getattr(self, f"_{operation}")
        return charge(asked, answer)

    def _GetItem(self, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:  # noqa: N802
        units = read_units(item_size(answer.get("Item", {})), consistent=asked.get("ConsistentRead", False))
        return _kind(asked["Key"]), Usage({READS: units})

    def _BatchGetItem(self, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:  # noqa: N802
        ((table, request),) = asked["RequestItems"].items()
        consistent, found = request.get("ConsistentRead", False), answer["Responses"].get(table, [])
        units = sum(read_units(item_size(item), consistent=consistent) for item in found)
        units += (len(request["Keys"]) - len(found)) * read_units(0, consistent=consistent)
        return _kind(request["Keys"][0]) + "s and holds", Usage({READS: units})

    def _Query(self, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:  # noqa: N802
        items, values = answer["Items"], asked["ExpressionAttributeValues"]
        if "IndexName" not in asked:
            units = read_units(sum(map(item_size, items)), consistent=asked.get("ConsistentRead", False))
            return values[":low"]["S"].partition("#")[0] + "s", Usage({READS: units})
        partition = {asked["ExpressionAttributeNames"]["#partition"]: values[":partition"]}
        size = sum(item_size({**item, **partition}) + INDEX_OVERHEAD for item in items)
        return f"of {asked['IndexName']}", Usage({READS: read_units(size, consistent=False)})

    def _PutItem(self, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:  # noqa: N802
        units = self._put(asked["Item"], stored="Error" not in answer)
        return _kind(asked["Item"]), Usage({WRITES: units})

    def _UpdateItem(self, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:  # noqa: N802
        return _kind(asked["Key"]), Usage({WRITES: 1})  # of counters alone, which take far less than a KB

    def _TransactWriteItems(self, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:  # noqa: N802
        stored, units, kinds = "Error" not in answer, 0, []
        for change in asked["TransactItems"]:
            ((verb, what),) = change.items()
            kinds.append(_kind(what["Item"] if verb == "Put" else what["Key"]))
            units += self._put(what["Item"], stored) if verb == "Put" else 1
        return " + ".join(sorted(set(kinds))), Usage({WRITES: 2 * units})

    def _put(self, item: Item, stored: bool) -> int:
        place = (item["pk"]["S"], item["sk"]["S"])
        units = put_units(self.items.get(place), item, self.indexes.values() if stored else ())
        if stored:
            self.items[place] = item
        return units

    def _sqs(self, operation: str, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:
        payload = sum(len(entry["MessageBody"].encode()) for entry in asked.get("Entries", ()))
        return "", Usage({"SQS requests": queue_requests(payload)})

    def _s3(self, operation: str, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:
        reads = operation.startswith(("Get", "Head"))
        return asked["Key"].rpartition("/")[0].rpartition("/")[2], Usage({"S3 reads" if reads else "S3 writes": 1})

    def _kms(self, operation: str, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:
        return "", Usage({"KMS requests": 1})

    def _stepfunctions(self, operation: str, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:
        if operation not in FREE:
            raise ValueError(f"{operation} is not priced here")
        return "", Usage()


READS, WRITES = "DynamoDB read units", "DynamoDB write units"
PRICED: Mapping[str, Callable[..., tuple[str, Usage]]] = {
    "dynamodb": Meter._dynamodb,
    "sqs": Meter._sqs,
    "s3": Meter._s3,
    "kms": Meter._kms,
    "stepfunctions": Meter._stepfunctions,
}


def _remember(params: Parameters, context: dict[str, Any], **_: Any) -> None:
    context["asked"] = params


def _kind(item: Item) -> str:
    """What an item is, by its sort key: job, chunk, segment …"""
    return str(item["sk"]["S"]).partition("#")[0]
