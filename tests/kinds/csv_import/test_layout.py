from __future__ import annotations

from typing import Any

import pytest
from fermata.domain.kind import JobError
from fermata.kinds.csv_import import CSV_IMPORT
from fermata.kinds.csv_import.layout import Layout, Types, layout_of
from fermata.toolkit.tabular.rows import Row


@pytest.fixture
def laid_out(files: Any) -> Any:
    def laid_out(text: bytes, **params: Any) -> Layout:
        files.put("rows.csv", text)
        return layout_of(files, "rows.csv", "utf-8", CSV_IMPORT.parse(params))

    return laid_out


def types(layout: Layout) -> list[str]:
    return [column.type for column in layout.columns]


def test_a_given_schema_says_which_columns_count(laid_out: Any) -> None:
    layout = laid_out(b"id,name,other\n1,a,b\n", columns=[{"name": "name", "required": True}])
    assert [(column.name, column.required) for column in layout.columns] == [("name", True)]


def test_a_column_that_is_wanted_decides_over_the_delimiter(laid_out: Any) -> None:
    assert laid_out(b"a,b;c\n1,2;3\n", unique="a,b").table.names == ("a,b", "c")


def test_a_layout_comes_back_whole(laid_out: Any) -> None:
    layout = laid_out(b"id;name;price;id\n1;a;2.50;x\n", unique="id")
    assert Layout.load(layout.dump()) == layout


def test_types_are_inferred_from_a_thousand_rows_however_long_they_are(laid_out: Any) -> None:
    wide = b"1," + b"x" * 2_000 + b"\n"
    assert types(laid_out(b"id,text\n" + wide * 999 + wide.replace(b"1,", b"no,", 1))) == ["string", "string"]
    assert types(laid_out(b"id,text\n" + wide * 1_000 + wide.replace(b"1,", b"no,", 1))) == ["integer", "string"]


def test_a_later_cell_that_would_lose_characters_overrules_the_sample(laid_out: Any) -> None:
    layout = laid_out(b"code,size,count\n1,2.5,3\n", unique="code")
    seen = Types(layout)
    seen.see(Row(0, {"code": "007", "size": "2.5", "count": "n/a"}))
    again = Types(layout, seen.dump())
    whole = layout.with_types(again)
    assert types(whole) == ["string", "number", "integer"]
    assert [column.required for column in whole.columns] == [True, False, False]


def test_what_somebody_said_of_columns_is_not_overruled(laid_out: Any) -> None:
    layout = laid_out(b"code\n1\n", columns=[{"name": "code", "type": "integer"}])
    seen = Types(layout)
    seen.see(Row(0, {"code": "007"}))
    assert types(layout.with_types(seen)) == ["integer"]


@pytest.mark.parametrize(
    ("text", "params", "reason"),
    [
        (b"", {}, "empty"),
        (b" \n\n", {}, "empty"),
        (b"a,b\n1,2\n", {"columns": [{"name": "c"}]}, "no column 'c'; its columns are: a, b"),
        (b"a,b\n1,2\n", {"unique": "c"}, "no column 'c'"),
        (b"a,b\n1,2\n", {"header_row": 3}, "header_row: the file has no row 3"),
        (b",".join([b"x"] * 201), {}, "more than 200 columns"),
        (b"x" * 201 + b",b\n", {}, "longer than 200"),
        (b'"a,b\n1,2\n', {}, "no header"),
    ],
)
def test_a_file_that_can_not_be_imported_says_why(laid_out: Any, text: bytes, params: Any, reason: str) -> None:
    with pytest.raises(JobError, match=reason):
        laid_out(text, **params)
