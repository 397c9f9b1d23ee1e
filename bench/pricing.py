"""What AWS charges: units of what is used, by size, and their public prices (us-east-1, on demand, arm64).

What is used is a counter of the names in :data:`PRICES`; prices come without any free tier.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

MILLION = 1_000_000

PRICES: Mapping[str, float] = {
    "DynamoDB write units": 0.625 / MILLION,
    "DynamoDB read units": 0.125 / MILLION,
    "SQS requests": 0.40 / MILLION,
    "Step Functions transitions": 25.0 / MILLION,
    "Lambda requests": 0.20 / MILLION,
    "Lambda GB-seconds": 13.3334 / MILLION,
    "S3 writes": 5.0 / MILLION,
    "S3 reads": 0.40 / MILLION,
    "KMS requests": 3.0 / MILLION,
    "HTTP API requests": 1.0 / MILLION,
    "Log GB": 0.50,
    "Log GB-months": 0.03,
    "DynamoDB GB-months": 0.25,
    "Backup GB-months": 0.20,
    "S3 GB-months": 0.023,
    "Schedule calls": 1.0 / MILLION,
    "Alarms": 0.10,
    "Dashboards": 3.0,
    "Custom metrics": 0.30,
    "KMS keys": 1.0,
}
"""Dollars for one of each; alarms, dashboards, metrics and keys for a month. Backups: a table's point-in-time recovery."""

GB = 1024**3
DAYS = 365.25 / 12
"""Days of a month."""

PROCESSOR = 1_769
"""MB of memory at which a function has one whole processor; below, it has a share by its memory."""

Usage = Counter[str]
Item = Mapping[str, Mapping[str, Any]]
"""An item, or a part of one, as DynamoDB's API has it."""

INDEX_OVERHEAD = 100
"""Bytes that an entry of an index takes besides its attributes; each stored item takes as many."""

LOG_OVERHEAD = 26
"""Bytes that CloudWatch counts for a line besides its text."""


def dollars(usage: Mapping[str, float]) -> float:
    return sum(amount * PRICES[name] for name, amount in usage.items())


def item_size(item: Item) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((type_, plain),) = value.items()
    if type_ == "S":
        return len(plain.encode())
    if type_ == "N":
        return math.ceil(len(plain.strip("-").replace(".", "").strip("0")) / 2) + 1
    if type_ == "B":
        return len(plain)
    if type_ == "SS":
        return sum(len(text.encode()) for text in plain)
    if type_ in ("BOOL", "NULL"):
        return 1
    raise ValueError(f"attributes of type {type_} are not priced here")


def write_units(size: int) -> int:
    """Of one item: a unit for each KB begun."""
    return max(1, math.ceil(size / 1024))


def read_units(size: int, *, consistent: bool = True) -> float:
    """Of one item, or of all items of one query: a unit for each 4 KB begun, half of one if eventually consistent."""
    return max(1, math.ceil(size / 4096)) * (1 if consistent else 0.5)


def put_units(before: Item | None, after: Item | None, indexes: Iterable[tuple[str, ...]]) -> int:
    """Write units of replacing an item by another (None: there is none), with the entries of its keys-only indexes.

    ``indexes``: the key attributes of each. An entry is removed and added when its keys change, which is two writes.
    """
    sizes = [item_size(item) for item in (before, after) if item is not None]
    units = write_units(max(sizes, default=0))
    for keys in indexes:
        old, new = _entry(before, keys), _entry(after, keys)
        if old != new:
            units += sum(write_units(item_size(entry) + INDEX_OVERHEAD) for entry in (old, new) if entry)
    return units


def _entry(item: Item | None, keys: tuple[str, ...]) -> Item | None:
    """What a keys-only index holds of an item: its own keys and the table's."""
    if item is None or any(key not in item for key in keys):
        return None
    return {name: item[name] for name in ("pk", "sk", *keys)}


def stored_size(item: Item, indexes: Iterable[tuple[str, ...]]) -> int:
    """Bytes that storage is charged for: the item, its entries in keys-only indexes, and what each takes besides."""
    entries = filter(None, (_entry(item, keys) for keys in indexes))
    return sum(item_size(one) + INDEX_OVERHEAD for one in (item, *entries))


def table_storage(size: float, days: float) -> Usage:
    """Of so many bytes in a table with point-in-time recovery, for so many days."""
    months = size / GB * days / DAYS
    return Usage({"DynamoDB GB-months": months, "Backup GB-months": months})


def file_storage(size: float, days: float) -> Usage:
    return Usage({"S3 GB-months": size / GB * days / DAYS})


def log_usage(lines: int, size: float, days: float) -> Usage:
    """Of so many lines with so many bytes in all, kept for so many days. Stored lines are compressed, to a fifth or so; that
    they are not here keeps the price on the safe side."""
    amount = (size + LOG_OVERHEAD * lines) / GB
    return Usage({"Log GB": amount, "Log GB-months": amount * days / DAYS})


def queue_requests(payload: int) -> int:
    """Requests that SQS charges for one with so many bytes: one for each 64 KB begun."""
    return max(1, math.ceil(payload / 65_536))


def slowdown(megabytes: int) -> float:
    """How many times as long as a whole processor a function of this memory computes."""
    return max(1.0, PROCESSOR / megabytes)


def lambda_usage(invocations: int, seconds: float, megabytes: int = 128) -> Usage:
    return Usage({"Lambda requests": invocations, "Lambda GB-seconds": seconds * megabytes / 1024})
