"""Counts what boto3's clients ask AWS for, and what AWS would charge for it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from fermata.adapters.aws.clients import Clients

from bench.pricing import (
    INDEX_OVERHEAD,
    Item,
    Usage,
    file_storage,
    item_size,
    put_units,
    queue_requests,
    read_units,
    stored_size,
    table_storage,
)

BUILD = Clients._build

Parameters = Mapping[str, Any]
FREE = frozenset({"DescribeExecution", "StartExecution", "SendTaskSuccess", "SendTaskFailure", "StopExecution"})
"""Step Functions charges for transitions alone."""


@dataclass
class Meter:
    """Watches clients; keeps what they stored, since the price of a write depends on what was there before.

    Attributes:
        indexes: key attributes of each keys-only index of the table.
        requests: by service and operation.
        uses: what each purpose has used. A purpose is an operation and what it was about, as ``PutItem chunk``.
        purposes: requests by purpose.
        items: what lies in the table; fresh: where in it something was stored.
        files: bytes of the objects that were stored.
        after: told of each request, by service and operation, once it is answered.
    """

    indexes: Mapping[str, tuple[str, ...]]
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    uses: defaultdict[str, Usage] = field(default_factory=lambda: defaultdict(Usage))
    purposes: Counter[str] = field(default_factory=Counter)
    items: dict[tuple[str, str], Item] = field(default_factory=dict)
    fresh: set[tuple[str, str]] = field(default_factory=set)
    files: dict[str, int] = field(default_factory=dict)
    after: Callable[[str, str], None] = lambda service, operation: None

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
        for counted in (self.requests, self.purposes, self.uses, self.fresh, self.files):
            counted.clear()

    def stored(self) -> int:
        """Bytes in the table, entries of indexes included, of what was stored since the count began."""
        return sum(stored_size(self.items[place], self.indexes.values()) for place in self.fresh)

    def store(self, table_days: float, file_days: float) -> None:
        """Put on the bill that what was stored is kept for so many days."""
        self.use("results, events and all else in the table", table_storage(self.stored(), table_days), 0)
        self.use("files in the bucket", file_storage(sum(self.files.values()), file_days), 0)

    def _record(self, parsed: Parameters, model: Any, context: Any, **_: Any) -> None:
        service, operation = model.service_model.service_name, model.name
        self.requests[service, operation] += 1
        about, usage = PRICED[service](self, operation, context["asked"], parsed)
        self.use(f"{operation} {about}".strip(), usage)
        self.after(service, operation)

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
        return _kinds(request["Keys"]), Usage({READS: units})

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
        stored, units, places = "Error" not in answer, 0, []
        for change in asked["TransactItems"]:
            ((verb, what),) = change.items()
            places.append(what["Item"] if verb == "Put" else what["Key"])
            units += self._put(what["Item"], stored) if verb == "Put" else 1
        return _kinds(places), Usage({WRITES: 2 * units})

    def _put(self, item: Item, stored: bool) -> int:
        place = (item["pk"]["S"], item["sk"]["S"])
        units = put_units(self.items.get(place), item, self.indexes.values() if stored else ())
        if stored:
            self.items[place] = item
            self.fresh.add(place)
        return units

    def _sqs(self, operation: str, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:
        payload = sum(len(entry["MessageBody"].encode()) for entry in asked.get("Entries", ()))
        return "", Usage({"SQS requests": queue_requests(payload)})

    def _s3(self, operation: str, asked: Parameters, answer: Parameters) -> tuple[str, Usage]:
        reads = operation.startswith(("Get", "Head"))
        if operation == "PutObject" and "Error" not in answer:
            self.files[asked["Key"]] = len(asked["Body"])
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


class Unwatched(Clients):
    """Clients whose requests are on nobody's bill."""

    def _build(self, service: str, endpoint: str | None, options: dict[str, Any]) -> Any:
        return BUILD(self, service, endpoint, options)


@contextmanager
def watching(meter: Meter) -> Iterator[None]:
    """Have the meter watch each client that is built meanwhile, by whichever part of the program."""

    def built(clients: Clients, service: str, endpoint: str | None, options: dict[str, Any]) -> Any:
        client = BUILD(clients, service, endpoint, options)
        meter.watch(client)
        return client

    with patch.object(Clients, "_build", built):
        yield


def _remember(params: Parameters, context: dict[str, Any], **_: Any) -> None:
    context["asked"] = dict(params)  # what it holds changes on its way out


def _kind(item: Item) -> str:
    """What an item is, by its sort key: job, chunk, segment …"""
    return str(item["sk"]["S"]).partition("#")[0]


def _kinds(items: Iterable[Item]) -> str:
    return " + ".join(sorted({_kind(item) for item in items}))
