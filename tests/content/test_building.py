from __future__ import annotations

from typing import Any

import pytest
from fermata.adapters.memory.index import MemoryIndex
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_content
from fermata.content.model import IndexedSection


def section(source: str, text: str, number: int = 0) -> IndexedSection:
    return IndexedSection(source, number, "T", (text,))


@pytest.fixture
def content() -> Any:
    return memory_content(State()).workspace("acme", "default")


def found(content: Any, word: str) -> list[str]:
    return [hit.source for hit in content.search(word)]


def test_readers_see_nothing_of_it_until_it_is_whole(content: Any) -> None:
    content.index([section("s1", "bees")])
    build = content.build("jobs:1")
    build.begin()
    build.add("d1", [[section("d1", "wasps")]])
    assert (found(content, "wasps"), found(content, "bees")) == ([], ["s1"])
    build.carry_over("s1")
    build.publish()
    assert (found(content, "wasps"), found(content, "bees")) == (["d1"], ["s1"])


def test_what_is_not_carried_over_is_gone_at_once_and_then_removed(content: Any) -> None:
    content.index([section("s1", "bees")])
    build = content.build("jobs:1")
    build.begin()
    build.publish()
    assert found(content, "bees") == []
    assert build.sweep() == [("", "s1")]
    build.remove("", "s1")
    build.swept()
    assert content.indexed.generations(content.workspace).doomed == ()
    assert list(content.indexed.sources(content.workspace)) == []


def test_a_source_that_is_processed_meanwhile_is_in_the_new_index(content: Any) -> None:
    content.index([section("s1", "old")])
    build = content.build("jobs:1")
    build.begin()
    build.carry_over("s1")
    content.index([section("s1", "new")])
    content.index([section("s2", "other")])
    build.publish()
    assert (found(content, "old"), found(content, "new"), found(content, "other")) == ([], ["s1"], ["s2"])


def test_a_source_that_changes_while_it_is_copied_is_copied_again(
    content: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    content.index([section("s1", "old"), section("s1", "more", 1)])
    build, add = content.build("jobs:1"), MemoryIndex.add
    build.begin()

    def changing(index: MemoryIndex, workspace: Any, block: Any, vectors: Any = ()) -> int:
        if index.generation and block[0].passages == ("old",):
            add(MemoryIndex(index.world), workspace, [section("s1", "new")])
        return add(index, workspace, block, vectors)

    monkeypatch.setattr(MemoryIndex, "add", changing)
    build.carry_over("s1")
    build.publish()
    assert (found(content, "old"), found(content, "new")) == ([], ["s1"])


def test_a_source_that_is_forgotten_meanwhile_does_not_come_back(content: Any) -> None:
    content.index([section("s1", "bees")])
    build = content.build("jobs:1")
    build.begin()
    build.carry_over("s1")
    content.forget("s1")
    assert build.carry_over("s1") is None
    build.publish()
    assert found(content, "bees") == []


def test_vectors_are_carried_over_where_the_model_is_the_same(content: Any) -> None:
    asked: list[str] = []

    def embed(texts: Any) -> list[bytes]:
        asked.extend(texts)
        return [b"\x7f"] * len(texts)

    first = content.build("jobs:1")
    first.begin()
    first.add("d1", [[section("d1", "wasps")]], embed)
    first.publish("small")
    for job, model in (("jobs:2", "small"), ("jobs:3", "large")):
        build = content.build(job)
        build.begin()
        build.carry_over("d1", embed, model)
        build.publish(model)
    assert asked == ["wasps", "wasps"] and content.model == "large"


def test_a_document_that_comes_late_goes_into_the_index_that_was_published(content: Any) -> None:
    build = content.build("jobs:1")
    build.begin()
    build.publish()
    build.go_on()
    build.add("d1", [[section("d1", "wasps")]])
    assert found(content, "wasps") == ["d1"]
