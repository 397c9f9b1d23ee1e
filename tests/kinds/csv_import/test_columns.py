from __future__ import annotations

from typing import Any

import pytest
from fermata.kinds.csv_import.columns import BadCell, Column, checked
from pydantic import ValidationError


@pytest.mark.parametrize(
    ("type_", "cell", "value"),
    [
        ("string", " a b ", "a b"),
        ("integer", "-12", -12),
        ("number", "1.50", 1.5),
        ("number", "7", 7),
        ("number", "1e3", 1000.0),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("date", "2024-02-29", "2024-02-29"),
        ("datetime", "2026-01-31 12:00", "2026-01-31 12:00"),
        ("datetime", "2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00.5Z"),
        ("email", "ann.o'hara+x@mail.example.org", "ann.o'hara+x@mail.example.org"),
        ("url", "https://example.org/a?b=c", "https://example.org/a?b=c"),
        ("integer", "", None),
        ("integer", "9007199254740992", 2**53),
        ("number", "-0.1", -0.1),
    ],
)
def test_a_cell_becomes_a_value_of_its_type(type_: str, cell: str, value: Any) -> None:
    assert checked(Column(name="c", type=type_), cell) == value


@pytest.mark.parametrize(
    ("type_", "cell"),
    [
        ("integer", "1.0"),
        ("integer", "１２"),
        ("integer", "1_000"),
        ("number", "1,5"),
        ("number", "nan"),
        ("number", "1e999"),
        ("boolean", "maybe"),
        ("date", "2023-02-29"),
        ("date", "20230228"),
        ("datetime", "2026-01-31"),
        ("datetime", "2026-01-31T25:00"),
        ("email", "ann@localhost"),
        ("email", "a@b@c.org"),
        ("email", "a" * 250 + "@b.org"),
        ("url", "ftp://example.org/"),
        ("url", "example.org"),
        ("url", "http://[bad/"),
    ],
)
def test_what_is_of_another_type_is_a_bad_cell(type_: str, cell: str) -> None:
    with pytest.raises(BadCell, match="is not a"):
        checked(Column(name="c", type=type_), cell)


@pytest.mark.parametrize(
    ("rules", "cell", "message"),
    [
        ({"required": True}, "  ", "is required"),
        ({"type": "integer", "min": 3}, "2", "is below 3: '2'"),
        ({"type": "number", "max": 1.5}, "1.6", "is above 1.5"),
        ({"type": "date", "min": "2026-01-01"}, "2025-12-31", "is below 2026-01-01"),
        ({"type": "datetime", "max": "2026-01-01T00:00Z"}, "2026-01-01T00:30+01:00", None),
        ({"type": "datetime", "max": "2026-01-01T00:00Z"}, "2026-01-01T00:30", "is above"),
        ({"min": 3}, "ab", "is shorter than 3 characters"),
        ({"max": 3}, "abcd", "is longer than 3 characters"),
        ({"pattern": "[A-Z]+"}, "ab", "does not fit the pattern: 'ab'"),
        ({"enum": ["a", "b"]}, "c", "is not one of the values"),
        ({"enum": ["a", "b"]}, " b ", None),
        ({}, "x" * 10_001, "is longer than 10000 characters"),
        ({}, "x" * 10_000, None),
    ],
)
def test_a_cell_has_to_keep_the_columns_rules(rules: dict[str, Any], cell: str, message: str | None) -> None:
    column = Column(name="c", **rules)
    if message is None:
        checked(column, cell)
        return
    with pytest.raises(BadCell) as refusal:
        checked(column, cell)
    assert message in str(refusal.value)


def test_a_message_shows_no_more_than_the_beginning_of_a_cell() -> None:
    with pytest.raises(BadCell) as refusal:
        checked(Column(name="c", type="integer"), "x" * 5_000)
    assert len(str(refusal.value)) < 100


@pytest.mark.parametrize(
    "rules",
    [
        {"min": 3, "max": 2},
        {"type": "date", "min": 5},
        {"type": "date", "min": "yesterday"},
        {"type": "boolean", "min": 0},
        {"type": "integer", "max": "many"},
        {"type": "number", "max": float("inf")},
        {"pattern": "(a"},
        {"type": "money"},
        {"decimals": 2},
        {"name": ""},
        {"required": "yes"},
        {"enum": ["x"] * 501},
    ],
)
def test_rules_that_make_no_sense_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Column(**({"name": "c"} | rules))


@pytest.mark.parametrize(
    ("type_", "cell", "message"),
    [
        ("integer", "007", "would lose its leading zeros as a number: '007'"),
        ("number", "00.11", "would lose its leading zeros as a number: '00.11'"),
        ("number", "-01", "would lose its leading zeros"),
        ("integer", "+33612345678", "would lose its plus as a number"),
        ("integer", "1234567890123456789", "has more digits than a number keeps"),
        ("number", "9007199254740993", "has more digits than a number keeps"),
        ("number", "0.12345678901234567890", "has more digits than a number keeps"),
    ],
)
def test_a_cell_that_would_lose_characters_is_a_bad_one(type_: str, cell: str, message: str) -> None:
    with pytest.raises(BadCell, match=message):
        checked(Column(name="c", type=type_), cell)


def test_a_number_of_so_many_decimals_has_them_in_every_cell() -> None:
    column = Column(name="c", type="number", decimals=2)
    assert checked(column, "12.50") == 12.5
    for cell in ("12.5", "12", "12.500"):
        with pytest.raises(BadCell, match="is not a number with 2 decimals"):
            checked(column, cell)
