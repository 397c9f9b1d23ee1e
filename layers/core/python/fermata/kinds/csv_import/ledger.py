"""Which rows repeat the key of an earlier one, over all blocks: found while the job plans, kept among its files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from struct import Struct

from fermata.domain.errors import NotFound
from fermata.domain.kind import Files, JobError, Json

KEYS, DUPLICATES = "keys.bin", "duplicates.json"
MAX_DUPLICATES = 50_000

_ENTRY = Struct("<QI")
"""The first 8 bytes of a key's SHA-256, and the row: 12 MB for a million rows. Two of a million keys look alike by chance
in one import of 40 million."""


@dataclass
class Ledger:
    """The keys of the valid rows, by the number of their block, in the order in which blocks came."""

    blocks: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def load(cls, files: Files) -> Ledger:
        try:
            data = files.get(KEYS)
        except (NotFound, KeyError):
            return cls()
        head, _, rest = data.partition(b"\n")
        blocks, at = {}, 0
        for number, size in json.loads(head):
            blocks[number] = rest[at : at + size]
            at += size
        return cls(blocks)

    def add(self, number: int, keys: Sequence[tuple[int, Json]]) -> None:
        """A block's rows and their keys; the same block again takes its own place."""
        self.blocks[number] = b"".join(_ENTRY.pack(_short(key), row) for row, key in keys)

    def save(self, files: Files) -> None:
        """Raises JobError when there are too many duplicates for the column to be meant."""
        duplicates = self.duplicates()
        if len(duplicates) > MAX_DUPLICATES:
            raise JobError(f"more than {MAX_DUPLICATES} rows repeat the unique value of an earlier row")
        files.put(DUPLICATES, json.dumps(duplicates).encode())
        head = json.dumps([(number, len(entries)) for number, entries in self.blocks.items()]).encode()
        files.put(KEYS, head + b"\n" + b"".join(self.blocks.values()))

    def duplicates(self) -> dict[int, int]:
        """Row → the first row of the same key."""
        entries = sorted(entry for block in self.blocks.values() for entry in _ENTRY.iter_unpack(block))
        found: dict[int, int] = {}
        key = first = -1
        for short, row in entries:
            if short == key:
                found[row] = first
            else:
                key, first = short, row
        return found


def duplicates_in(files: Files, block: Mapping[str, Json]) -> dict[int, int]:
    """Those of one block."""
    return dict(_within(json.loads(files.get(DUPLICATES)), block["first"], block["first"] + block["rows"]))


def _within(duplicates: Mapping[str, int], start: int, end: int) -> Iterator[tuple[int, int]]:
    return ((int(row), first) for row, first in duplicates.items() if start <= int(row) < end)


def _short(key: Json) -> int:
    return int.from_bytes(hashlib.sha256(json.dumps(key).encode()).digest()[:8], "little")
