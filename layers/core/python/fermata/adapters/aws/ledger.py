"""Chunks and their segments, in DynamoDB; large segments in S3."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from fermata.adapters.aws import table_keys
from fermata.adapters.aws.clients import Clients, SystemClock
from fermata.adapters.aws.codec import Item, chunk_item, chunk_of, key_of
from fermata.adapters.aws.store import RETENTION
from fermata.adapters.aws.table import Selection, Table
from fermata.adapters.aws.table_keys import END, Key
from fermata.domain.chunks import Chunk
from fermata.domain.errors import NotFound
from fermata.domain.jobs import Ref
from fermata.domain.segments import Segment
from fermata.ports import Blobs, Clock

INLINE = 1024
"""Bytes of a segment that are stored in its item.

A million KB in items cost $0.6 to be written and, with the table's backup, $5.6 to be kept for their 400 days. A million objects
cost $5 to be written and next to nothing to be kept, plus what the items cost that point to them. So an object is cheaper
from little more than a KB on; below that the item is, and it is quicker, and one thing that can fail instead of two.
"""

READERS = 4
"""Objects that are read at a time, so that a long row of them takes no longer than a reader may wait."""

FIRST_PAGE = 25
"""Segments in the first request; a page of results mostly ends within it."""


class DynamoLedger:
    """Implements :class:`fermata.ports.Ledger`."""

    def __init__(
        self,
        table: str,
        blobs: Blobs,
        clients: Clients | None = None,
        clock: Clock | None = None,
        retention: float = RETENTION,
    ) -> None:
        self._clock = clock or SystemClock()
        self._table = Table(clients or Clients(), table, self._clock.sleep)
        self._blobs = blobs
        self._retention = retention

    def chunk(self, ref: Ref, stage: int, number: int) -> Chunk:
        item = self._table.get(table_keys.chunk(ref, stage, number))
        if item is None:
            raise NotFound("chunk", f"{ref.id}/{stage}/{number}")
        return chunk_of(item)

    def chunks(self, ref: Ref, stage: int | None = None) -> list[Chunk]:
        prefix = table_keys.chunks(stage)
        selection = Selection(table_keys.job_partition(ref), prefix, prefix + END)
        return [chunk_of(item) for item in self._table.query(selection)]

    def save(self, ref: Ref, chunk: Chunk) -> None:
        self._table.put(chunk_item(ref, chunk) | self._expires(), chunk.rev - 1)

    def keep(self, ref: Ref, segment: Segment) -> None:
        place = (segment.stage, segment.chunk, segment.attempt, segment.number)
        key = table_keys.segment(ref, *place)
        item: Item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}} | self._expires()
        if len(segment.data) <= INLINE:
            item["data"] = {"B": segment.data}
        else:
            name = table_keys.blob(ref, *place)
            self._blobs.put(name, segment.data)
            item["blob"] = {"S": name}
        self._table.put(item, "anything")

    def segments(self, ref: Ref, stage: int, chunk: int, start: tuple[int, int] = (0, 0)) -> Iterator[Segment]:
        first, prefix = table_keys.segment(ref, stage, chunk, *start), table_keys.segments(stage, chunk)
        selection = Selection(first.pk, first.sk, prefix + END, page=FIRST_PAGE)
        items = self._table.query(selection)
        while batch := list(islice(items, READERS)):
            for item, data in zip(batch, self._read(batch), strict=True):
                yield Segment(stage, chunk, *_place(key_of(item)), data)

    def _read(self, items: list[Item]) -> list[bytes]:
        if sum("blob" in item for item in items) < 2:
            return [self._data(item) for item in items]
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(self._data, items))

    def _data(self, item: Item) -> bytes:
        return self._blobs.get(item["blob"]["S"]) if "blob" in item else bytes(item["data"]["B"])

    def _expires(self) -> Item:
        return {"expires": {"N": str(int(self._clock.now() + self._retention))}}


def _place(key: Key) -> tuple[int, int]:
    """Attempt and number of a segment."""
    _, _, _, attempt, number = key.sk.split("#")
    return int(attempt), int(number)
