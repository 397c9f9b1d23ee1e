from __future__ import annotations

from typing import Any

import pytest
from fermata.domain.kind import JobError
from fermata.kinds.csv_import import CSV_IMPORT
from fermata.kinds.csv_import.layout import Layout, in_utf8, layout_of


def laid_out(text: bytes, **params: Any) -> Layout:
    return layout_of(text, CSV_IMPORT.parse(params))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    rows = [["id", "name", "note"], ["1", '"a, b; c"', "x"], ["2", "d", "y|z" if delimiter != "|" else "yz"]]
    layout = laid_out("\n".join(delimiter.join(row) for row in rows).encode())
    assert (layout.delimiter, layout.names) == (delimiter, ("id", "name", "note"))
    assert [column.type for column in layout.columns] == ["integer", "string", "string"]


def test_a_column_that_is_wanted_decides_over_the_delimiter() -> None:
    assert laid_out(b"a,b;c\n1,2;3\n", unique="a,b").names == ("a,b", "c")


def test_a_file_may_have_one_column() -> None:
    assert laid_out(b"name\nAnn\nBob\n").names == ("name",)


def test_a_mark_blank_lines_and_quotes_around_the_header_do_no_harm() -> None:
    text = b'\xef\xbb\xbf\r\n"id","full\r\nname",\r\n1,Ann,\r\n'
    layout = laid_out(text)
    assert layout.names == ("id", "full\r\nname", "column 3")
    assert text[layout.end :] == b"1,Ann,\r\n"


def test_a_given_schema_says_which_columns_count() -> None:
    layout = laid_out(b"id,name,other\n1,a,b\n", columns=[{"name": "name", "required": True}])
    assert [(column.name, column.required) for column in layout.columns] == [("name", True)]


def test_a_layout_comes_back_whole() -> None:
    layout = laid_out(b"id;name\n1;a\n", unique="id")
    assert Layout.load(layout.dump()) == layout


@pytest.mark.parametrize(
    ("text", "params", "reason"),
    [
        (b"", {}, "empty"),
        (b" \n\n", {}, "empty"),
        (b"\x00\x01", {}, "no text"),
        (b"a,b,a\n1,2,3\n", {}, "two columns called 'a'"),
        (b"a,b\n1,2\n", {"columns": [{"name": "c"}]}, "no column 'c'; its columns are: a, b"),
        (b"a,b\n1,2\n", {"unique": "c"}, "no column 'c'"),
        (b",".join([b"x"] * 201), {}, "more than 200 columns"),
        (b"x" * 201 + b",b\n", {}, "longer than 200"),
        (b'"a,b\n1,2\n', {}, "no header"),
    ],
)
def test_a_file_that_can_not_be_imported_says_why(text: bytes, params: dict[str, Any], reason: str) -> None:
    with pytest.raises(JobError, match=reason):
        laid_out(text, **params)


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("é,東\n".encode(), "auto"),
        ("é,東\n".encode("utf-16"), "auto"),
        ("é,東\n".encode("utf-16"), "utf-16"),
        ("é,東\n".encode("utf-16-le"), "utf-16"),
        ("é,東\n".encode("gb18030"), "gb18030"),
    ],
)
def test_any_encoding_becomes_utf_8(data: bytes, encoding: str) -> None:
    pieces = [data[at : at + 1] for at in range(len(data))]
    assert b"".join(in_utf8(pieces, encoding)).decode() == "é,東\n"


def test_a_file_in_another_encoding_than_said_is_refused() -> None:
    with pytest.raises(JobError, match="not in utf-16"):
        b"".join(in_utf8([b"\x00\xd8a"], "utf-16"))
