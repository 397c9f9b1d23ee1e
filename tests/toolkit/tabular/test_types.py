from __future__ import annotations

import pytest
from fermata.toolkit.tabular.types import Inferred, inferred
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        (["1", "-2", ""], "integer"),
        (["0", "1"], "integer"),
        (["9007199254740992"], "integer"),
        (["1", "2.5"], "number"),
        (["12.50", "3.00"], "number"),
        (["true", "false"], "boolean"),
        (["2026-01-31"], "date"),
        (["2026-01-31T10:00Z", "2026-01-31 10:00:00.5+0200"], "datetime"),
        (["a@b.org"], "email"),
        (["http://a.org/"], "url"),
        (["1234567890123456789"], "string"),
        (["4111111111111111", "9007199254740993"], "string"),
        (["+33612345678"], "string"),
        (["01234", "12345"], "string"),
        (["00.11"], "string"),
        (["12E45"], "string"),
        (["1.50", "1.5"], "string"),
        (["7", "2.50"], "string"),
        (["1e5"], "string"),
        (["-0"], "string"),
        (["yes", "no"], "string"),
        (["True", "False"], "string"),
        (["1", "x"], "string"),
        (["", ""], "string"),
    ],
)
def test_a_type_is_inferred_only_where_every_cell_can_be_written_back(cells: list[str], type_: str) -> None:
    assert inferred(cells).type == type_


@given(st.lists(st.from_regex(r"[+-]?[0-9]{0,3}[.,]?[0-9]{0,3}([eE][0-9])?", fullmatch=True), min_size=1))
def test_what_is_inferred_as_a_number_is_written_back_to_the_same_characters(cells: list[str]) -> None:
    found = inferred(cells)
    if found.type in ("integer", "number"):
        read = int if found.type == "integer" else float
        for cell in filter(str.strip, cells):
            value = read(cell)
            whole = found.decimals is None and "." not in cell
            assert (
                str(int(value)) if whole else f"{value:.{found.decimals}f}" if found.decimals else repr(value)
            ) == cell


@pytest.mark.parametrize(
    ("type_", "cell", "then"),
    [
        ("integer", "007", "string"),
        ("integer", "+5", "string"),
        ("integer", "12345678901234567890", "string"),
        ("integer", "1,234", "string"),
        ("integer", "2.5", "number"),
        ("integer", "n/a", "integer"),
        ("number", "2.50", "string"),
        ("number", "7", "number"),
        ("boolean", "yes", "string"),
        ("date", "soon", "date"),
    ],
)
def test_a_cell_that_would_lose_characters_overrules_the_type(type_: str, cell: str, then: str) -> None:
    assert Inferred(type_).after(cell).type == then
