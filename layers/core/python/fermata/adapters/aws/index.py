"""Full-text indexes in DynamoDB: an item for each word of each part of a source, which says where in the part it is.

What it costs (us-east-1): a page of 300 words has about 180 different ones, so it takes about 185 write units, one for each
word and a few for its text: $0.00012. A document of ten pages costs about $0.0012, the same again to remove it. A search
reads 0.5 read units a word of the question and, by size, one for about 60 parts that have it: $0.000002 where ten pages
do, $0.00001 for a word that every page of a thousand has. Nothing is paid for an index that nobody uses but its storage.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable
from dataclasses import asdict
from itertools import islice
from typing import Any

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import Item
from fermata.adapters.aws.errors import Lost, translated
from fermata.adapters.aws.table import TRIES, Selection, Table
from fermata.adapters.aws.table_keys import END, Key, shelf_partition
from fermata.domain.errors import Unavailable
from fermata.domain.search import Posting, Statistics, postings_of, statistics_of
from fermata.domain.shelf import Part, Place

PART = "part#"


class DynamoIndex:
    """Implements :class:`fermata.ports.Index`.

    A part's item lists its words and is written before them and removed after them, so that whatever is interrupted can be
    repeated and nothing is left behind. It changes together with the workspace's sums, so that they are exact.
    """

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._name = table
        self._clients = clients or Clients()
        self._table = Table(self._clients, table)

    def add(self, place: Place, part: Part) -> int:
        postings = postings_of(part)
        item = _part_item(place, part, list(postings))
        for tried in range(TRIES):
            stored = self._table.get(_part_key(place, part.source, part.number))
            if stored is None or stored["digest"] != item["digest"]:
                if stored is not None:
                    self._drop(place, part.source, part.number, set(_words(stored)) - set(postings))
                try:
                    self._write({"Put": {"Item": item}}, stored, _difference(place, stored, part))
                except Lost:
                    self._table.backoff(tried)
                    continue
            self._table.put_many(_posting_item(place, word, posting) for word, posting in postings.items())
            return len(postings)
        raise Unavailable(f"part {part.number} of {part.source} is being changed by others; try again")

    def remove(self, place: Place, source: str, keep: frozenset[int] = frozenset()) -> int:
        selection = Selection(shelf_partition("index", place, "source", source), PART, PART + END)
        gone = 0
        for stored in self._table.query(selection):
            number = _number(stored["sk"]["S"])
            if number not in keep:
                self._drop(place, source, number, _words(stored))
                gone += self._take_out(place, stored)
        return gone

    def statistics(self, place: Place) -> Statistics:
        item = self._table.get(_statistics_key(place))
        return Statistics(int(item["passages"]["N"]), int(item["words"]["N"])) if item is not None else Statistics()

    def postings(self, place: Place, word: str, limit: int) -> list[Posting]:
        partition = shelf_partition("index", place, "word", word)
        found = self._table.query(Selection(partition, " ", chr(0x10FFFF)))
        return [_posting(item) for item in islice(found, limit)]

    def parts(self, place: Place, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Part]:
        found = self._table.get_many([_part_key(place, source, number) for source, number in wanted])
        parts = map(_part, found.values())
        return {(part.source, part.number): part for part in parts}

    def _drop(self, place: Place, source: str, number: int, words: Iterable[str]) -> None:
        self._table.delete_many(_posting_key(place, word, source, number) for word in words)

    def _take_out(self, place: Place, stored: Item) -> int:
        key = {"pk": stored["pk"], "sk": stored["sk"]}
        try:
            self._write({"Delete": {"Key": key}}, stored, _difference(place, stored, None))
        except Lost:
            return 0  # somebody else removes it, or has just stored it anew
        return 1

    def _write(self, change: dict[str, dict[str, Any]], stored: Item | None, sums: dict[str, Any]) -> None:
        """The change if the part is still as it was read, and the sums with it."""
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


def _difference(place: Place, stored: Item | None, part: Part | None) -> dict[str, Any]:
    """An update of the sums, from the part as it was to the part as it will be."""
    new = statistics_of(part) if part is not None else Statistics()
    passages = new.passages - (int(stored["passages"]["N"]) if stored else 0)
    words = new.words - (int(stored["size"]["N"]) if stored else 0)
    key = _statistics_key(place)
    return {
        "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        "UpdateExpression": "ADD passages :passages, words :words",
        "ExpressionAttributeValues": {":passages": {"N": str(passages)}, ":words": {"N": str(words)}},
    }


def _statistics_key(place: Place) -> Key:
    return Key(shelf_partition("index", place), "statistics")


def _part_key(place: Place, source: str, number: int) -> Key:
    return Key(shelf_partition("index", place, "source", source), f"{PART}{number:06}")


def _posting_key(place: Place, word: str, source: str, number: int) -> Key:
    return Key(shelf_partition("index", place, "word", word), f"{source}#{number:06}")


def _part_item(place: Place, part: Part, words: list[str]) -> Item:
    key, sums = _part_key(place, part.source, part.number).checked(), statistics_of(part)
    doc = json.dumps(asdict(part), ensure_ascii=False).encode()
    return {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "doc": {"B": zlib.compress(doc)},
        "terms": {"B": zlib.compress(json.dumps(words, ensure_ascii=False).encode())},
        "digest": {"S": hashlib.sha256(doc).hexdigest()[:16]},
        "passages": {"N": str(sums.passages)},
        "size": {"N": str(sums.words)},
    }


def _part(item: Item) -> Part:
    fields = json.loads(zlib.decompress(_bytes(item["doc"]["B"])))
    return Part(**(fields | {"passages": tuple(fields["passages"]), "path": tuple(fields["path"])}))


def _words(item: Item) -> list[str]:
    words: list[str] = json.loads(zlib.decompress(_bytes(item["terms"]["B"])))
    return words


def _posting_item(place: Place, word: str, posting: Posting) -> Item:
    key = _posting_key(place, word, posting.source, posting.part).checked()
    entries = ",".join(".".join(map(str, entry)) for entry in posting.entries)
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}, "at": {"S": entries}}


def _posting(item: Item) -> Posting:
    source, _, number = item["sk"]["S"].rpartition("#")
    numbers = ([int(number) for number in entry.split(".")] for entry in item["at"]["S"].split(","))
    return Posting(source, int(number), tuple((passage, times, length) for passage, times, length in numbers))


def _number(sort_key: str) -> int:
    return int(sort_key.rpartition("#")[2])


def _bytes(value: Any) -> bytes:
    return bytes(getattr(value, "value", value))
