"""Full-text indexes in DynamoDB: an item for each word of each section of a source, which says where in the section it is.

What it costs (us-east-1): a page of 300 words has about 180 different ones, so it takes about 185 write units, one for each
word and a few for its text: $0.00012. A document of ten pages costs about $0.0012, the same again to remove it. A search
reads 0.5 read units a word of the question and, by size, one for about 60 sections that have it: $0.000002 where ten pages
do, $0.00001 for a word that every page of a thousand has. Nothing is paid for an index that nobody uses but its storage.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import Item
from fermata.adapters.aws.errors import Lost, translated
from fermata.adapters.aws.table import TRIES, Selection, Table
from fermata.adapters.aws.table_keys import END, Key, workspace_partition
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.content.ranking import Posting, Statistics, postings_of, statistics_of
from fermata.domain.errors import Unavailable

SECTION = "part#"


class DynamoIndex:
    """Implements :class:`fermata.content.ports.Index`.

    A section's item lists its words and is written before them and removed after them, so that whatever is interrupted can be
    repeated and nothing is left behind. It changes together with the workspace's sums, so that they are exact.
    """

    def __init__(self, table: str, clients: Clients | None = None) -> None:
        self._name = table
        self._clients = clients or Clients()
        self._table = Table(self._clients, table)

    def add(self, workspace: WorkspaceRef, section: IndexedSection) -> int:
        postings = postings_of(section)
        item = _section_item(workspace, section, list(postings))
        for tried in range(TRIES):
            stored = self._table.get(_section_key(workspace, section.source, section.number))
            if stored is None or stored["digest"] != item["digest"]:
                if stored is not None:
                    self._drop(workspace, section.source, section.number, set(_words(stored)) - set(postings))
                try:
                    self._write({"Put": {"Item": item}}, stored, _difference(workspace, stored, section))
                except Lost:
                    self._table.backoff(tried)
                    continue
            self._table.put_many(_posting_item(workspace, word, posting) for word, posting in postings.items())
            return len(postings)
        raise Unavailable(f"section {section.number} of {section.source} is being changed by others; try again")

    def remove(self, workspace: WorkspaceRef, source: str, keep: frozenset[int] = frozenset()) -> int:
        gone = 0
        for stored in self._table.query(_source_selection(workspace, source)):
            number = _number(stored["sk"]["S"])
            if number not in keep:
                self._drop(workspace, source, number, _words(stored))
                gone += self._take_out(workspace, stored)
        return gone

    def of_source(self, workspace: WorkspaceRef, source: str) -> Iterator[IndexedSection]:
        return map(_section, self._table.query(_source_selection(workspace, source)))

    def statistics(self, workspace: WorkspaceRef) -> Statistics:
        item = self._table.get(_statistics_key(workspace))
        return Statistics(int(item["passages"]["N"]), int(item["words"]["N"])) if item is not None else Statistics()

    def postings(self, workspace: WorkspaceRef, word: str, limit: int) -> list[Posting]:
        partition = workspace_partition("index", workspace, "word", word)
        found = self._table.query(Selection(partition, " ", chr(0x10FFFF)))
        return [_posting(item) for item in islice(found, limit)]

    def sections(
        self, workspace: WorkspaceRef, wanted: Collection[tuple[str, int]]
    ) -> dict[tuple[str, int], IndexedSection]:
        found = self._table.get_many([_section_key(workspace, source, number) for source, number in wanted])
        sections = map(_section, found.values())
        return {(section.source, section.number): section for section in sections}

    def _drop(self, workspace: WorkspaceRef, source: str, number: int, words: Iterable[str]) -> None:
        self._table.delete_many(_posting_key(workspace, word, source, number) for word in words)

    def _take_out(self, workspace: WorkspaceRef, stored: Item) -> int:
        key = {"pk": stored["pk"], "sk": stored["sk"]}
        try:
            self._write({"Delete": {"Key": key}}, stored, _difference(workspace, stored, None))
        except Lost:
            return 0  # somebody else removes it, or has just stored it anew
        return 1

    def _write(self, change: dict[str, dict[str, Any]], stored: Item | None, sums: dict[str, Any]) -> None:
        """The change if the section is still as it was read, and the sums with it."""
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


def _difference(workspace: WorkspaceRef, stored: Item | None, section: IndexedSection | None) -> dict[str, Any]:
    """An update of the sums, from the section as it was to the section as it will be."""
    new = statistics_of(section) if section is not None else Statistics()
    passages = new.passages - (int(stored["passages"]["N"]) if stored else 0)
    words = new.words - (int(stored["size"]["N"]) if stored else 0)
    key = _statistics_key(workspace)
    return {
        "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        "UpdateExpression": "ADD passages :passages, words :words",
        "ExpressionAttributeValues": {":passages": {"N": str(passages)}, ":words": {"N": str(words)}},
    }


def _source_selection(workspace: WorkspaceRef, source: str) -> Selection:
    return Selection(workspace_partition("index", workspace, "source", source), SECTION, SECTION + END)


def _statistics_key(workspace: WorkspaceRef) -> Key:
    return Key(workspace_partition("index", workspace), "statistics")


def _section_key(workspace: WorkspaceRef, source: str, number: int) -> Key:
    return Key(workspace_partition("index", workspace, "source", source), f"{SECTION}{number:06}")


def _posting_key(workspace: WorkspaceRef, word: str, source: str, number: int) -> Key:
    return Key(workspace_partition("index", workspace, "word", word), f"{source}#{number:06}")


def _section_item(workspace: WorkspaceRef, section: IndexedSection, words: list[str]) -> Item:
    key, sums = _section_key(workspace, section.source, section.number).checked(), statistics_of(section)
    doc = json.dumps(asdict(section), ensure_ascii=False).encode()
    return {
        "pk": {"S": key.pk},
        "sk": {"S": key.sk},
        "doc": {"B": zlib.compress(doc)},
        "terms": {"B": zlib.compress(json.dumps(words, ensure_ascii=False).encode())},
        "digest": {"S": hashlib.sha256(doc).hexdigest()[:16]},
        "passages": {"N": str(sums.passages)},
        "size": {"N": str(sums.words)},
    }


def _section(item: Item) -> IndexedSection:
    fields = json.loads(zlib.decompress(_bytes(item["doc"]["B"])))
    return IndexedSection(**(fields | {"passages": tuple(fields["passages"]), "path": tuple(fields["path"])}))


def _words(item: Item) -> list[str]:
    words: list[str] = json.loads(zlib.decompress(_bytes(item["terms"]["B"])))
    return words


def _posting_item(workspace: WorkspaceRef, word: str, posting: Posting) -> Item:
    key = _posting_key(workspace, word, posting.source, posting.section).checked()
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
