from __future__ import annotations

from typing import Any

import pytest
from fermata.toolkit.tabular.table import Asked, Table, opened


@pytest.fixture
def read(files: Any) -> Any:
    def read(text: str, **asked: Any) -> tuple[Table, str]:
        """The table, and the text of its rows."""
        files.put("rows.csv", text.encode())
        table = opened(files, "rows.csv", "utf-8", Asked(**asked))
        return table, text.encode()[table.end :].decode()

    return read


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(read: Any, delimiter: str) -> None:
    rows = [["id", "name", "note"], ["1", '"a, b; c"', "x"], ["2", "d", "y|z" if delimiter != "|" else "yz"]]
    table, _ = read("\n".join(delimiter.join(row) for row in rows))
    assert (table.dialect.delimiter, table.names) == (delimiter, ("id", "name", "note"))


@pytest.mark.parametrize(
    ("text", "names", "rest"),
    [
        ("name\nAnn\nBob\n", ("name",), "Ann\nBob\n"),
        ('\r\n"id","full\r\nname",\r\n1,Ann,\r\n', ("id", "full\r\nname", "column 3"), "1,Ann,\r\n"),
        ("sep=;\na;b\n1,5;2\n", ("a", "b"), "1,5;2\n"),
        ('"sep=,"\r\na,b\r\n1,2\r\n', ("a", "b"), "1,2\r\n"),
        ("sep=|\na|b\n1|2\n", ("a", "b"), "1|2\n"),
        ("Sales of May\na,b,c\n1,2,3\n4,5,6\n", ("a", "b", "c"), "1,2,3\n4,5,6\n"),
        (
            "Sales of May, in euros\n\na,b,c,d,e\n1,2,3,4,5\n4,5,6,7,8\n",
            ("a", "b", "c", "d", "e"),
            "1,2,3,4,5\n4,5,6,7,8\n",
        ),
        ("Sales,,\n2026-05,,\na,b,c\n1,2,3\n", ("a", "b", "c"), "1,2,3\n"),
        ("# made by a machine, today\n# at night\na,b,c\n1,2,3\n", ("a", "b", "c"), "1,2,3\n"),
        ("#id,name\n1,Ann\n2,Bob\n", ("#id", "name"), "1,Ann\n2,Bob\n"),
        ("a,b,a,,a\n1,2,3,4,5\n", ("a", "b", "a (2)", "column 4", "a (3)"), "1,2,3,4,5\n"),
        ("a,a (2),a\n1,2,3\n", ("a", "a (2)", "a (3)"), "1,2,3\n"),
        ("'a';'b;c'\n'1';'2'\n'3';'4;5'\n", ("a", "b;c"), "'1';'2'\n'3';'4;5'\n"),
    ],
)
def test_the_header_is_found_as_a_person_would(read: Any, text: str, names: tuple[str, ...], rest: str) -> None:
    table, rows = read(text)
    assert (table.names, rows) == (names, rest)


@pytest.mark.parametrize(
    ("asked", "names", "rest"),
    [
        ({"header_row": 2}, ("1", "2"), "3,4\n"),
        ({"header_row": 0}, ("column 1", "column 2"), "a,b\n1,2\n3,4\n"),
        ({"delimiter": ";"}, ("a,b",), "1,2\n3,4\n"),
        ({"wanted": ("3",)}, ("3", "4"), ""),
    ],
)
def test_what_was_assumed_can_be_overruled(read: Any, asked: Any, names: tuple[str, ...], rest: str) -> None:
    table, rows = read("a,b\n1,2\n3,4\n", **asked)
    assert (table.names, rows) == (names, rest)


def test_what_was_assumed_is_said(read: Any) -> None:
    table, _ = read("A title\na;b;a\n1;2;3\n2;3;4\n")
    assert table.assumed() == {
        "encoding": "utf-8",
        "delimiter": ";",
        "quote": '"',
        "rows_above_header": 1,
        "renamed_columns": {"a (2)": "a"},
    }


def test_quotes_may_be_letters(read: Any) -> None:
    table, _ = read('inches,b\n5",1\n', quote="")
    assert next(table.dialect.reader(['5",1'])) == ['5"', "1"]
