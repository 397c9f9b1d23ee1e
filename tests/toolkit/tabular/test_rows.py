from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from fermata.domain.kind import JobError
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Header, Row, csv_header, csv_rows, json_rows
from hypothesis import given
from hypothesis import strategies as st

CELL = st.text(st.sampled_from('ab,;"\n\r\t é'), max_size=6)
HEADER = Header(("a", "b", "c"), ",", 0)


def rows_of(data: bytes, start: int = 0, header: Header = HEADER) -> Iterator[Row]:
    return csv_rows(lines([data[start:]], start), header)


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


def test_a_row_with_surplus_fields_is_malformed_and_one_with_fewer_is_not() -> None:
    surplus, fewer, padded = rows_of(b"1,2,3,4\n1,2\n1,2,3,,\n")
    assert (surplus.problem, fewer.value) == ("has 4 fields, but the header has 3", {"a": "1", "b": "2"})
    assert padded.value == {"a": "1", "b": "2", "c": "3"}


def test_blank_rows_are_none() -> None:
    assert [row.value for row in rows_of(b"\n,,\n  \n1,2,3\n\n")] == [{"a": "1", "b": "2", "c": "3"}]


def test_an_overlong_row_fails_alone() -> None:
    first, second = rows_of(b"x" * 2_000_000 + b"\n1,2,3\n")
    assert (first.problem, second.value) == ("is longer than 1048576 bytes", {"a": "1", "b": "2", "c": "3"})


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    data = f"\ufefftitle{delimiter}file_path \n".encode()
    assert csv_header(lines([data]), ["file_path"]) == Header(("title", "file_path"), delimiter, len(data))


def test_a_header_without_the_path_names_the_columns_there_are() -> None:
    with pytest.raises(JobError, match="its columns are: Name, Link"):
        csv_header(lines([b"Name,Link\n"]), ["file_path"])


def test_bytes_that_are_not_utf_8_are_taken_for_western_text() -> None:
    assert [row.value for row in rows_of("Züge,b,c\n".encode("cp1252"))] == [{"a": "Züge", "b": "b", "c": "c"}]


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b"3", b"{'a': 1}", b'{"a": NaN}', b'{"a": "\\ud800"}', b"[" * 100_000, b"\xff"]
)
def test_a_malformed_line_of_json_fails_alone(line: bytes) -> None:
    bad, good = json_rows(lines([line + b'\n\n{"a": 1}\n']))
    assert (bad.value, bool(bad.problem), good.value) == (None, True, {"a": 1})
