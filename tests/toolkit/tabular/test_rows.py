from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fermata.toolkit.tabular.dialect import Dialect
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Row, csv_rows, json_rows
from fermata.toolkit.tabular.table import Table
from hypothesis import given
from hypothesis import strategies as st

CELL = st.text(st.sampled_from('ab,;"\n\r\t é'), max_size=6)
TABLE = Table("rows.csv", "utf-8", Dialect(), ("a", "b", "c"), 0, 3)


def rows_of(data: bytes, start: int = 0) -> Iterator[Row]:
    return csv_rows(lines([data[start:]], start), TABLE)


def written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()


@given(st.lists(st.lists(CELL, min_size=3, max_size=3).filter(lambda row: any(map(str.strip, row))), max_size=8))
def test_what_is_written_is_read_and_any_row_is_a_place_to_go_on_from(table: list[list[str]]) -> None:
    data = written(table)
    rows = list(rows_of(data))
    assert [list((row.value or {}).values()) for row in rows] == table
    for number, row in enumerate(rows):
        assert list(rows_of(data, row.end)) == rows[number + 1 :]


def test_a_row_whose_quote_is_never_closed_fails_alone() -> None:
    rows = list(rows_of(b'1,2,3\n4,"5,6\n7,8,9\n10,11,12\n'))
    assert [row.value and row.value["a"] for row in rows] == ["1", None, "7", "10"]
    assert "malformed" in rows[1].problem


def test_an_unclosed_quote_in_a_large_file_takes_no_more_than_its_share() -> None:
    data = b'1,"2,3\n' + b"4,5,6\n" * 100_000
    rows = list(rows_of(data))
    assert (len(rows), rows[0].value, rows[-1].end) == (100_001, None, len(data))


def test_a_row_with_more_or_fewer_fields_than_the_header_is_malformed() -> None:
    surplus, fewer, padded = rows_of(b"1,2,3,4\n1,2\n1,2,3,,\n")
    assert (surplus.problem, surplus.value) == ("has 4 fields, but the header has 3", None)
    assert (fewer.problem, fewer.value) == ("has 2 fields, but the header has 3", None)
    assert padded.value == {"a": "1", "b": "2", "c": "3"}


def test_a_column_that_has_no_name_may_be_left_out() -> None:
    table = replace(TABLE, names=("a", "b", "column 3"), width=2)
    assert [row.value for row in csv_rows(lines([b"1,2\n"]), table)] == [{"a": "1", "b": "2", "column 3": ""}]


@pytest.mark.parametrize(
    ("bad", "problem"), [(b"\xff", "bytes that are no characters in utf-8"), (b"\0", "a zero byte")]
)
def test_a_row_with_damaged_characters_fails_alone(bad: bytes, problem: str) -> None:
    first, damaged, last = rows_of(b"1,2,3\n1," + bad + b",3\n4,5,6\n")
    assert problem in damaged.problem
    assert first.value and last.value


def test_blank_rows_are_none() -> None:
    assert [row.value for row in rows_of(b"\n,,\n  \n1,2,3\n\n")] == [{"a": "1", "b": "2", "c": "3"}]


def test_an_overlong_row_fails_alone() -> None:
    first, second = rows_of(b"x" * 2_000_000 + b"\n1,2,3\n")
    assert (first.problem, second.value) == ("is longer than 1048576 bytes", {"a": "1", "b": "2", "c": "3"})


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b"3", b"{'a': 1}", b'{"a": NaN}', b'{"a": "\\ud800"}', b"[" * 100_000, b"\xff"]
)
def test_a_malformed_line_of_json_fails_alone(line: bytes) -> None:
    bad, good = json_rows(lines([line + b'\n\n{"a": 1}\n']))
    assert (bad.value, bool(bad.problem), good.value) == (None, True, {"a": 1})
