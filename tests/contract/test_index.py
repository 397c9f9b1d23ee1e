from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.content.generations import Generations
from fermata.content.model import IndexedSection, WorkspaceRef
from fermata.content.ranking import Posting, Statistics
from fermata.content.vectors import Vectors
from fermata.domain.errors import Stale

HERE = WorkspaceRef("acme", "default")


@pytest.fixture
def add(ports):
    def add(text="one two two", source="s1", number=0, place=HERE, **fields):
        part = IndexedSection(source, number, "Title", tuple(text.split("|")), **fields)
        ports.index.add(place, [part])
        return part

    return add


def found(ports, word, place=HERE, limit=100):
    return [(at.source, at.block, *at.entries) for at in ports.index.postings(place, word, limit)]


def test_a_word_is_found_with_its_passage_its_count_and_the_passages_length(ports, add):
    add("one two two|three|two four five")
    assert found(ports, "two") == [("s1", 0, (0, 0, 2, 3), (0, 2, 1, 3))]
    assert found(ports, "nothing") == []


def test_postings_come_in_order_of_source_and_part_and_stop_at_the_limit(ports, add):
    for source, number in [("b", 1), ("a|x", 12), ("a|x", 2), ("é", 0), ("b", 0)]:
        add("word", source, number)
    order = [("a|x", 2), ("a|x", 12), ("b", 0), ("b", 1), ("é", 0)]
    assert [at[:2] for at in found(ports, "word")] == order
    assert [at[:2] for at in found(ports, "word", limit=2)] == order[:2]


def test_adding_tells_how_many_words_differ_and_may_be_repeated(ports):
    part = IndexedSection("s1", 0, "Title", ("one two two", "three"))
    assert [ports.index.add(HERE, [part]) for _ in range(2)] == [4, 4]
    assert ports.index.statistics(HERE) == Statistics(2, 4)
    assert found(ports, "two") == [("s1", 0, (0, 0, 2, 3))]


def test_a_part_takes_the_place_of_the_one_before(ports, add):
    add("old words|more")
    add("new words")
    assert found(ports, "old") == found(ports, "more") == []
    assert found(ports, "words") == [("s1", 0, (0, 0, 1, 2))]
    assert ports.index.statistics(HERE) == Statistics(1, 2)


def test_a_part_comes_back_whole(ports, add):
    part = add("one|zwei é", "s|1", 7, uri="https://a/b", path=("A", "B"), page=3)
    plain = add("one", "s2", 0)
    assert ports.index.blocks(HERE, [("s|1", 7), ("s2", 0), ("s2", 1)]) == {("s|1", 7): (part,), ("s2", 0): (plain,)}
    assert ports.index.blocks(HERE, []) == {}


def test_a_removed_source_leaves_nothing(ports, add):
    for number in range(3):
        add("one two", number=number)
    add("one", "s2")
    assert ports.index.remove(HERE, "s1") == 3
    assert ports.index.remove(HERE, "s1") == 0
    assert found(ports, "one") == [("s2", 0, (0, 0, 1, 1))] and found(ports, "two") == []
    assert ports.index.statistics(HERE) == Statistics(1, 1)
    assert list(ports.index.blocks(HERE, [("s1", 0), ("s2", 0)])) == [("s2", 0)]


def test_the_parts_that_are_kept_stay(ports, add):
    for number in range(3):
        add(f"word{number}", number=number)
    assert ports.index.remove(HERE, "s1", frozenset({1})) == 2
    assert [len(found(ports, f"word{number}")) for number in range(3)] == [0, 1, 0]


@pytest.mark.parametrize(
    "other", [WorkspaceRef("other", "default"), WorkspaceRef("acme", "second"), WorkspaceRef("acme|default", "")]
)
def test_a_workspace_sees_and_removes_only_its_own(ports, add, other):
    add("secret")
    assert found(ports, "secret", other) == []
    assert ports.index.statistics(other) == Statistics()
    assert ports.index.blocks(other, [("s1", 0)]) == {}
    assert ports.index.remove(other, "s1") == 0
    assert found(ports, "secret")


def test_a_part_of_many_words_is_stored(ports, add):
    add(" ".join(f"word{number}" for number in range(120)))
    assert found(ports, "word119") == [("s1", 0, (0, 0, 1, 120))]


def test_a_source_can_be_read_back_in_order(ports, add):
    for number in (1, 0):
        add(f"text {number}", number=number)
    add("another's", source="s2")
    assert [section.passages for block in ports.index.of_source(HERE, "s1") for section in block] == [
        ("text 0",),
        ("text 1",),
    ]


def test_sections_that_are_stored_together_are_found_each_where_it_is(ports):
    block = [
        IndexedSection("s1", 3, "Bees", ("one two", "two"), path=("Queens",)),
        IndexedSection("s1", 7, "Bees", ("two",), path=("Drones",), language="en"),
    ]
    ports.index.add(HERE, block)
    assert ports.index.postings(HERE, "two", 9) == [
        Posting("s1", 3, entries=((3, 0, 1, 2), (3, 1, 1, 1), (7, 0, 1, 1)))
    ]
    assert ports.index.postings(HERE, "drone", 9) == [Posting("s1", 3, headings=(7,))]
    assert ports.index.postings(HERE, "bees", 9) == [Posting("s1", 3, title=True)]
    assert ports.index.statistics(HERE) == Statistics(3, 4, {"en": 1})
    assert ports.index.blocks(HERE, [("s1", 3)]) == {("s1", 3): tuple(block)}
    assert ports.index.remove(HERE, "s1") == 1
    assert (ports.index.postings(HERE, "two", 9), ports.index.statistics(HERE)) == ([], Statistics())


def test_a_block_that_shrinks_leaves_no_word_behind(ports, add):
    add(" ".join(f"word{number}" for number in range(400)))
    add("word7")
    assert [number for number in range(400) if found(ports, f"word{number}")] == [7]


def test_a_generation_is_an_index_by_itself(ports, add):
    add("old words")
    new = ports.index.at("g1")
    new.add(HERE, [IndexedSection("s1", 0, "Title", ("new words",))])
    assert found(ports, "new") == [] and new.postings(HERE, "old", 9) == []
    assert (ports.index.statistics(HERE), new.statistics(HERE)) == (Statistics(1, 2), Statistics(1, 2))
    assert new.remove(HERE, "s1") == 1 and found(ports, "old")


def test_a_workspace_begins_with_a_generation_that_has_no_name(ports):
    assert ports.index.generations(HERE) == Generations()


def test_generations_change_only_as_they_were_read(ports):
    first = Generations(live="g1", spent=("",), doomed=("g0",), model="m", rev=1)
    ports.index.save_generations(HERE, first)
    assert ports.index.at("g1").generations(HERE) == first
    for rev in (1, 3):
        with pytest.raises(Stale):
            ports.index.save_generations(HERE, replace(first, live="other", rev=rev))
    ports.index.save_generations(HERE, replace(first, building="g2", builder="jobs:1", rev=2))
    assert ports.index.generations(HERE).written == ("g1", "g2")
    assert ports.index.generations(WorkspaceRef("acme", "second")) == Generations()


def test_the_sources_are_listed_each_once(ports, add):
    for source, number in [("b", 0), ("a|x", 0), ("b", 1)]:
        add("word", source, number)
    assert list(ports.index.sources(HERE)) == ["a|x", "b"]
    ports.index.remove(HERE, "b", frozenset({1}))
    assert list(ports.index.sources(HERE)) == ["a|x", "b"]
    ports.index.remove(HERE, "b")
    assert list(ports.index.sources(HERE)) == ["a|x"]


def test_vectors_come_back_with_their_places_and_go_with_their_block(ports):
    block = [IndexedSection("s1", 3, "T", ("one", "two")), IndexedSection("s1", 4, "T", ("three",))]
    kept = Vectors("s1", 3, ((3, 0), (3, 1), (4, 0)), (b"\x01\xff", b"\x02\x00", b"\x00\x7f"))
    ports.index.add(HERE, block, kept.vectors)
    ports.index.add(HERE, [IndexedSection("s1#1", 0, "T", ("four",))], (b"ab",))
    assert list(ports.index.vectors(HERE, "s1")) == [kept]
    assert [found.source for found in ports.index.vectors(HERE)] == ["s1", "s1#1"]
    ports.index.add(HERE, block)
    assert list(ports.index.vectors(HERE, "s1")) == []
    ports.index.add(HERE, block, kept.vectors)
    ports.index.remove(HERE, "s1")
    assert [found.source for found in ports.index.vectors(HERE)] == ["s1#1"]
