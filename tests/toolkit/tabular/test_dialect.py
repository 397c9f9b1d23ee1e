from __future__ import annotations

import pytest
from fermata.toolkit.tabular.dialect import Dialect, dialect_of, separator_line


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("a,b\n1,2\n", Dialect(",")),
        ("name;price\nbread;1,50\nmilk;0,99\n", Dialect(";")),
        ("when|what\n10:00, noon|a; b\n11:00, later|c\n", Dialect("|")),
        ("a\tb c\n1, 2\t3\n", Dialect("\t")),
        ("'a;b';c\n'd';e\n'f;g';h\n", Dialect(";", "'")),
        ("it's,o'clock\n'tis,isn't\n", Dialect(",")),
        ('a,b\n"say \\"hi\\", you",2\n"x",3\n', Dialect(",", '"', "\\")),
        ('a,b\n"say ""hi"", you",2\n"x",3\n', Dialect(",")),
        ("only\none\ncolumn\n", Dialect(",")),
        ('"a, b","c;d"\n"e, f","g;h;i"\n', Dialect(",")),
    ],
)
def test_the_dialect_of_the_most_regular_rows_is_chosen(text: str, dialect: Dialect) -> None:
    assert dialect_of(text.splitlines(keepends=True)) == dialect


def test_wanted_columns_count_before_regular_rows() -> None:
    lines = ["a,b;c\n", "1,2;3\n"]
    assert dialect_of(lines, worth=lambda rows: "a,b" in rows[0]).delimiter == ";"


@pytest.mark.parametrize(
    ("line", "separator"),
    [("sep=;\n", ";"), ("SEP=\t\r\n", "\t"), ('"sep=,"\n', ","), ("sep\n", None), ("sep=;;\n", None), ("xsep=;", None)],
)
def test_a_first_line_may_name_the_separator(line: str, separator: str | None) -> None:
    assert separator_line(line) == separator
