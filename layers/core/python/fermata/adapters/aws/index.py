"""Full-text indexes in DynamoDB: the terms of a block of sections, spread over buckets, each an item.

A term's bucket is a partition of the workspace that every block with a term of it has an item in; a search reads the buckets of
its terms and leaves out what is of others. So a block costs at most :data:`BUCKETS` items however many terms it has, and a term
is found in a hundredth of the index. Vectors of passages lie apart, all of a workspace in one partition.

What it costs (us-east-1): a page of 300 words by itself takes about 100 write units, $0.00006; a document of a hundred pages, in
four blocks, about 700, $0.00045; the same again to remove it. A search reads for each word about 0.8 KB of each block, 0.1 read
units: $0.000001 where the workspace has ten pages, $0.00005 where it has ten thousand. Nothing is paid for an index that nobody
uses but its storage.

Items of 0.1.0, one for each term of each section, are read and removed as well.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from itertools import islice
from typing import Any, NamedTuple

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import Item, dump, load
from fermata.adapters.aws.errors import Lost, translated
from fermata.adapters.aws.table import BATCH_WRITE, TRIES, Selection, Table
from fermata.adapters.aws.table_keys import END, Key, workspace_partition
from fermata.content.generations import Generations
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.content.ranking import Posting, Statistics, postings_of, statistics_of
from fermata.content.vectors import Vectors
from fermata.domain.errors import Unavailable

BLOCK = "part#"
BUCKETS = 128
WRITERS = 4
"""Batches of items that are written at a time."""

LANGUAGE = "language_"


class _Place(NamedTuple):
    """A workspace's index of one generation."""

    workspace: WorkspaceRef
    generation: str


class DynamoIndex:
    """Implements :class:`fermata.content.ports.Index`.

    A block's item lists its buckets and is written before them and removed after them, so that whatever is interrupted can be
    repeated and nothing is left behind. It changes together with the workspace's sums, so that they are exact.
    """

    def __init__(self, table: str, clients: Clients | None = None, generation: str = "") -> None:
        self._name = table
        self._clients = clients or Clients()
        self._table = Table(self._clients, table)
        self._generation = generation

    def at(self, generation: str) -> DynamoIndex:
        if generation == self._generation:
            return self
        return DynamoIndex(self._name, self._clients, generation)

    def generations(self, workspace: WorkspaceRef) -> Generations:
        item = self._table.get(_generations_key(workspace))
        return Generations() if item is None else load(Generations, item["doc"]["S"])

    def save_generations(self, workspace: WorkspaceRef, generations: Generations) -> None:
        key, rev = _generations_key(workspace).checked(), generations.rev
        item = {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "rev": {"N": str(rev)}, "doc": {"S": dump(generations)}}
        self._table.put(item, rev - 1 or "nothing")

    def add(self, workspace: WorkspaceRef, sections: Sequence[IndexedSection], vectors: Sequence[bytes] = ()) -> int:
        source, number, place = sections[0].source, sections[0].number, self._at(workspace)
        postings = postings_of(sections)
        buckets = _buckets(postings.values(), postings)
        item = _block_item(place, sections, sorted(buckets), vectors)
        for tried in range(TRIES):
            stored = self._table.get(_block_key(place, source, number))
            if stored is None or stored["digest"] != item["digest"]:
                if stored is None:
                    self._store([_source_item(place, source)])
                else:
                    self._drop(_below(place, source, number, stored, set(buckets), vectors=bool(vectors)))
                try:
                    self._write({"Put": {"Item": item}}, stored, _difference(place, stored, sections))
                except Lost:
                    self._table.backoff(tried)
                    continue
            if vectors:
                self._store([_vectors_item(place, sections, vectors)])
            self._store(_bucket_item(place, bucket, source, number, lines) for bucket, lines in buckets.items())
            return len(postings)
        raise Unavailable(f"section {number} of {source} is being changed by others; try again")

    def remove(self, workspace: WorkspaceRef, source: str, keep: frozenset[int] = frozenset()) -> int:
        gone, place, left = 0, self._at(workspace), False
        for stored in self._table.query(_source_selection(place, source)):
            number = _number(stored["sk"]["S"])
            if number in keep:
                left = True
                continue
            self._drop(_below(place, source, number, stored))
            gone += self._take_out(place, stored)
        if gone and not left:
            self._drop([_source_key(place, source)])
        return gone

    def sources(self, workspace: WorkspaceRef) -> Iterator[str]:
        for item in self._table.query(_all_of(self._at(workspace), "sources"), keys_only=True):
            yield item["sk"]["S"]

    def of_source(self, workspace: WorkspaceRef, source: str) -> Iterator[tuple[IndexedSection, ...]]:
        for item in self._table.query(_source_selection(self._at(workspace), source)):
            yield _sections(item)

    def vectors(self, workspace: WorkspaceRef, source: str | None = None) -> Iterator[Vectors]:
        selection = _all_of(self._at(workspace), "vectors")
        if source is not None:
            selection = replace(selection, low=f"{source}#", high=f"{source}#{END}")
        for item in self._table.query(selection):
            owner, _, number = item["sk"]["S"].rpartition("#")
            if source in (None, owner):
                places = tuple((section, passage) for section, passage in json.loads(item["places"]["S"]))
                data, size = _bytes(item["vectors"]["B"]), int(item["size"]["N"])
                vectors = tuple(data[start : start + size] for start in range(0, len(data), size))
                yield Vectors(owner, int(number), places, vectors)

    def statistics(self, workspace: WorkspaceRef) -> Statistics:
        item = self._table.get(_statistics_key(self._at(workspace)))
        if item is None:
            return Statistics()
        languages = {
            name.removeprefix(LANGUAGE): int(value["N"]) for name, value in item.items() if name.startswith(LANGUAGE)
        }
        return Statistics(
            int(item["passages"]["N"]),
            int(item["words"]["N"]),
            {language: count for language, count in languages.items() if count > 0},
        )

    def postings(self, workspace: WorkspaceRef, term: str, limit: int) -> list[Posting]:
        in_buckets = self._table.query(_all_of(self._at(workspace), "bucket", f"{_bucket(term):03}"))
        single = self._table.query(_all_of(self._at(workspace), "word", term))
        found = [posting for item in in_buckets if (posting := _posting(item, term)) is not None]
        found += map(_posting_of_0_1_0, single)
        return sorted(found, key=lambda posting: (posting.source, posting.block))[:limit]

    def blocks(
        self, workspace: WorkspaceRef, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], tuple[IndexedSection, ...]]:
        found = self._table.get_many([_block_key(self._at(workspace), source, number) for source, number in wanted])
        blocks = map(_sections, found.values())
        return {(block[0].source, block[0].number): block for block in blocks}

    def _store(self, items: Iterable[Item]) -> None:
        _ = self._clients.dynamodb  # built once, not by each thread
        remaining = iter(items)
        batches = iter(lambda: list(islice(remaining, BATCH_WRITE)), [])
        with ThreadPoolExecutor(WRITERS) as pool:
            for _ in pool.map(self._table.put_many, batches):
                pass

    def _drop(self, keys: Iterable[Key]) -> None:
        self._table.delete_many(keys)

    def _at(self, workspace: WorkspaceRef) -> _Place:
        return _Place(workspace, self._generation)

    def _take_out(self, place: _Place, stored: Item) -> int:
        key = {"pk": stored["pk"], "sk": stored["sk"]}
        for tried in range(TRIES):
            try:
                self._write({"Delete": {"Key": key}}, stored, _difference(place, stored, ()))
            except Lost as lost:
                if lost.changed:
                    return 0  # somebody else removes it, or has just stored it anew
                self._table.backoff(tried)
            else:
                return 1
        raise Unavailable(f"{key['sk']['S']} of the index is being changed by others; try again")

    def _write(self, change: dict[str, dict[str, Any]], stored: Item | None, sums: dict[str, Any]) -> None:
        """The change if the block is still as it was read, and the sums with it."""
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if stored is not None:
            values = {":digest": stored["digest"]}
            condition = {"ConditionExpression": "digest = :digest", "ExpressionAttributeValues": values}
        action, details = next(iter(change.items()))
        changes: Any = [
            {action: {"TableName": self._name, **details, **condition}},
            {"Update": {"TableName": self._name, **sums}},
        ]
        with translated():
            self._clients.dynamodb.transact_write_items(TransactItems=changes)


def _difference(place: _Place, stored: Item | None, sections: Sequence[IndexedSection]) -> dict[str, Any]:
    """An update of the sums, from the block as it was to the block as it will be."""
    old, new = _statistics(stored) if stored else Statistics(), statistics_of(sections)
    sums = {"passages": new.passages - old.passages, "words": new.words - old.words}
    for language in sorted({*old.languages, *new.languages}):
        sums[LANGUAGE + language] = new.languages.get(language, 0) - old.languages.get(language, 0)
    key = _statistics_key(place)
    return {
        "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        "UpdateExpression": "ADD " + ", ".join(f"#{place} :{place}" for place in range(len(sums))),
        "ExpressionAttributeNames": {f"#{place}": name for place, name in enumerate(sums)},
        "ExpressionAttributeValues": {f":{place}": {"N": str(value)} for place, value in enumerate(sums.values())},
    }


def _statistics(stored: Item) -> Statistics:
    languages = json.loads(stored["languages"]["S"]) if "languages" in stored else {}
    return Statistics(int(stored["passages"]["N"]), int(stored["size"]["N"]), languages)


def _partition(place: _Place, *names: str) -> str:
    what = f"index.{place.generation}" if place.generation else "index"
    return workspace_partition(what, place.workspace, *names)


def _generations_key(workspace: WorkspaceRef) -> Key:
    return Key(workspace_partition("index", workspace), "generations")


def _source_key(place: _Place, source: str) -> Key:
    return Key(_partition(place, "sources"), source)


def _source_item(place: _Place, source: str) -> Item:
    key = _source_key(place, source).checked()
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _vectors_key(place: _Place, source: str, number: int) -> Key:
    return Key(_partition(place, "vectors"), f"{source}#{number:06}")


def _vectors_item(place: _Place, sections: Sequence[IndexedSection], vectors: Sequence[bytes]) -> Item:
    found = Vectors.of(sections, vectors)
    key = _vectors_key(place, found.source, found.block).checked()
    return {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "places": {"S": json.dumps(found.places, separators=(",", ":"))},
        "vectors": {"B": b"".join(found.vectors)},
        "size": {"N": str(len(found.vectors[0]))},
    }


def _source_selection(place: _Place, source: str) -> Selection:
    return Selection(_partition(place, "source", source), BLOCK, BLOCK + END)


def _all_of(place: _Place, *names: str) -> Selection:
    return Selection(_partition(place, *names), " ", chr(0x10FFFF))


def _statistics_key(place: _Place) -> Key:
    return Key(_partition(place), "statistics")


def _block_key(place: _Place, source: str, number: int) -> Key:
    return Key(_partition(place, "source", source), f"{BLOCK}{number:06}")


def _bucket_key(place: _Place, bucket: int, source: str, number: int) -> Key:
    return Key(_partition(place, "bucket", f"{bucket:03}"), f"{source}#{number:06}")


def _below(
    place: _Place,
    source: str,
    number: int,
    stored: Item,
    but: Collection[int] = frozenset(),
    *,
    vectors: bool = False,
) -> Iterator[Key]:
    """The keys of what belongs to a block's item, apart from some buckets, and its ``vectors`` where they are to stay."""
    if "vectors" in stored and not vectors:
        yield _vectors_key(place, source, number)
    if "terms" in stored:  # as 0.1.0 kept it
        for term in _unpacked(stored["terms"]["B"]):
            yield Key(_partition(place, "word", term), f"{source}#{number:06}")
        return
    for bucket in json.loads(stored["buckets"]["S"]):
        if bucket not in but:
            yield _bucket_key(place, bucket, source, number)


def _block_item(
    place: _Place, sections: Sequence[IndexedSection], buckets: list[int], vectors: Sequence[bytes]
) -> Item:
    key, sums = _block_key(place, sections[0].source, sections[0].number).checked(), statistics_of(sections)
    doc = json.dumps([asdict(section) for section in sections], ensure_ascii=False).encode()
    item: Item = {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "doc": {"B": zlib.compress(doc)},
        "buckets": {"S": json.dumps(buckets, separators=(",", ":"))},
        "digest": {"S": hashlib.sha256(b"".join((doc, *vectors))).hexdigest()[:16]},
        "passages": {"N": str(sums.passages)},
        "size": {"N": str(sums.words)},
        "languages": {"S": json.dumps(dict(sums.languages))},
    }
    return item | {"vectors": {"N": str(len(vectors))}} if vectors else item


def _sections(item: Item) -> tuple[IndexedSection, ...]:
    doc = _unpacked(item["doc"]["B"])
    return tuple(
        IndexedSection(**(fields | {"passages": tuple(fields["passages"]), "path": tuple(fields["path"])}))
        for fields in (doc if isinstance(doc, list) else [doc])
    )


def _bucket(term: str) -> int:
    return zlib.crc32(term.encode()) % BUCKETS


def _buckets(postings: Iterable[Posting], terms: Iterable[str]) -> Mapping[int, list[str]]:
    """Lines of terms by bucket: the term, whether it is in the title, the headings, the passages."""
    buckets: dict[int, list[str]] = defaultdict(list)
    for term, posting in zip(terms, postings, strict=True):
        headings = ",".join(str(number - posting.block) for number in posting.headings)
        entries = ",".join(
            f"{section - posting.block}.{passage}.{times}.{length}"
            for section, passage, times, length in posting.entries
        )
        buckets[_bucket(term)].append(f"{term}\t{'t' if posting.title else ''}\t{headings}\t{entries}\n")
    return buckets


def _bucket_item(place: _Place, bucket: int, source: str, number: int, lines: Iterable[str]) -> Item:
    key = _bucket_key(place, bucket, source, number).checked()
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "terms": {"B": zlib.compress("".join(lines).encode())}}


def _posting(item: Item, term: str) -> Posting | None:
    lines = "\n" + zlib.decompress(_bytes(item["terms"]["B"])).decode()
    at = lines.find(f"\n{term}\t")
    if at < 0:
        return None
    _, title, headings, entries = lines[at + 1 : lines.index("\n", at + 1)].split("\t")
    source, _, number = item["sk"]["S"].rpartition("#")
    block = int(number)
    places = ([int(value) for value in entry.split(".")] for entry in entries.split(",") if entry)
    return Posting(
        source,
        block,
        bool(title),
        tuple(block + int(heading) for heading in headings.split(",") if heading),
        tuple((block + section, passage, times, length) for section, passage, times, length in places),
    )


def _posting_of_0_1_0(item: Item) -> Posting:
    source, _, number = item["sk"]["S"].rpartition("#")
    places = ([int(value) for value in entry.split(".")] for entry in item["at"]["S"].split(","))
    entries = tuple((int(number), passage, times, length) for passage, times, length in places)
    return Posting(source, int(number), entries=entries)


def _number(sort_key: str) -> int:
    return int(sort_key.rpartition("#")[2])


def _unpacked(value: Any) -> Any:
    return json.loads(zlib.decompress(_bytes(value)))


def _bytes(value: Any) -> bytes:
    return bytes(getattr(value, "value", value))
