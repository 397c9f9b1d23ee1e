"""What AWS charges: units of what is used, by size, and their public prices (us-east-1, on demand, arm64).

What is used is a counter of the names in :data:`fermata.domain.prices.PRICES`; prices come without any free tier.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from fermata.domain.prices import MILLION, PRICES, Usage, dollars

__all__ = ["MILLION", "PRICES", "Usage", "dollars"]

GB = 1024**3
DAYS = 365.25 / 12
"""Days of a month."""

PROCESSOR = 1_769
"""MB of memory at which a function has one whole processor; below, it has a share by its memory."""

Item = Mapping[str, Mapping[str, Any]]
"""An item, or a part of one, as DynamoDB's API has it."""

INDEX_OVERHEAD = 100
"""Bytes that an entry of an index takes besides its attributes; each stored item takes as many."""

LOG_OVERHEAD = 26
"""Bytes that CloudWatch counts for a line besides its text."""


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
