from __future__ import annotations

import pytest
from fermata.content.model import Record, WorkspaceRef

HERE = WorkspaceRef("acme", "default")


def record(key, by="unit", **values):
    return Record(key, by, values)


def test_records_come_back_in_order_of_their_keys(ports):
    records = [record(key, name=f"é{key}", number=1.5, none=None) for key in ("b", "a", "ü", "a b")]
    assert ports.records.add(HERE, "people", records) == [True] * 4
    assert ports.records.page(HERE, "people") == [records[1], records[3], records[0], records[2]]


def test_the_same_records_may_be_added_again(ports):
    records = [record("a", "unit-1"), record("b", "unit-2")]
    assert [ports.records.add(HERE, "people", records) for _ in range(2)] == [[True, True]] * 2
    assert ports.records.page(HERE, "people") == records


def test_the_first_record_of_a_key_stays(ports):
    ports.records.add(HERE, "people", [record("a", "first", name="A")])
    assert ports.records.add(HERE, "people", [record("a", "second", name="B"), record("b", "second")]) == [False, True]
    assert ports.records.page(HERE, "people")[0] == record("a", "first", name="A")


def test_pages_follow_one_another(ports):
    ports.records.add(HERE, "people", [record(f"{number:03}") for number in range(7)])
    shown, after = [], ""
    while page := ports.records.page(HERE, "people", after, limit=3):
        shown += [found.key for found in page]
        after = shown[-1]
    assert shown == [f"{number:03}" for number in range(7)]


def test_a_long_key_is_a_key_like_any_other(ports):
    long = record("k" * 3000, "one")
    assert ports.records.add(HERE, "people", [long]) == [True]
    assert ports.records.add(HERE, "people", [record("k" * 3000, "two")]) == [False]
    assert ports.records.page(HERE, "people") == [long]


@pytest.mark.parametrize(
    ("place", "table"),
    [
        (HERE, "animals"),
        (WorkspaceRef("other", "default"), "people"),
        (WorkspaceRef("acme", "w"), "people"),
        (HERE, "people|x"),
    ],
)
def test_tables_know_nothing_of_one_another(ports, place, table):
    ports.records.add(HERE, "people", [record("a", "one")])
    assert ports.records.page(place, table) == []
    assert ports.records.add(place, table, [record("a", "two")]) == [True]


def test_of_no_records_nothing_is_stored(ports):
    assert ports.records.add(HERE, "people", []) == []
    assert ports.records.page(HERE, "people") == []


def test_records_are_found_by_key(ports):
    records = [record("a", n=1), record("ü" * 600, n=2)]
    ports.records.add(HERE, "people", records)
    assert ports.records.find(HERE, "people", ["a", "ü" * 600, "c"]) == {found.key: found for found in records}
    assert ports.records.find(HERE, "animals", ["a"]) == {}


def test_a_record_is_replaced_only_while_it_is_as_it_was_read(ports):
    ports.records.add(HERE, "people", [record("a", "one", n=1)])
    two, three = record("a", "two", n=2), record("a", "three", n=3)
    assert [ports.records.replace(HERE, "people", two, "one") for _ in range(2)] == [True, True]
    assert ports.records.replace(HERE, "people", three, "one") is False
    assert ports.records.replace(HERE, "people", record("b", "two"), "one") is False
    assert ports.records.page(HERE, "people") == [two]


def test_a_record_is_removed_only_while_it_is_as_it_was_read(ports):
    ports.records.add(HERE, "people", [record("a", "one"), record("b", "one")])
    assert ports.records.remove(HERE, "people", "a", "two") is False
    assert [ports.records.remove(HERE, "people", "a", "one") for _ in range(2)] == [True, True]
    assert [found.key for found in ports.records.page(HERE, "people")] == ["b"]
