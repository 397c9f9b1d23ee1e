from __future__ import annotations

from typing import Any

import pytest
from fermata.toolkit.papers import Paper, normal_doi, plain
from fermata.toolkit.papers.paper import MAX_ABSTRACT, MAX_AUTHORS, year_of


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1000/XYZ.1", "10.1000/xyz.1"),
        ("https://doi.org/10.1000/a(b)", "10.1000/a(b)"),
        ("http://dx.doi.org/10.1000/a", "10.1000/a"),
        ("doi: 10.12345/a/b", "10.12345/a/b"),
        ("10.1/a", ""),
        ("not 10.1000/a", ""),
        ("10.1000/a b", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_a_doi_has_one_spelling(text: Any, doi: str) -> None:
    assert normal_doi(text) == doi


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("H<sub>2</sub>O &amp; <i>more</i>", "H2O & more"),
        ("<jats:title>Abstract</jats:title><jats:p>One.</jats:p><jats:p>Two.</jats:p>", "One. Two."),
        ("<h4>Aims</h4>To see.", "Aims To see."),
        ("p < 0.05 and q > 1", "p < 0.05 and q > 1"),
        ("<mml:math><mml:mi>x</mml:mi></mml:math> rays", "x rays"),
        (" several\n blanks ", "several blanks"),
        (None, ""),
        (["x"], ""),
    ],
)
def test_markup_is_no_part_of_a_title(text: Any, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(("value", "year"), [(2020, 2020), ("2020-05", 2020), ("20", None), (None, None), (True, None)])
def test_a_year_is_read_from_dates(value: Any, year: int | None) -> None:
    assert year_of(value) == year


def test_a_paper_with_a_doi_has_the_same_key_everywhere() -> None:
    one = Paper(service="arxiv", id="1", title="t", doi="10.1000/a")
    assert one.key == Paper(service="crossref", id="2", title="t", doi="10.1000/a").key == "doi:10.1000/a"
    assert Paper(service="arxiv", id="1", title="t").key == "arxiv:1"


def test_a_record_is_bounded() -> None:
    values = Paper(service="arxiv", id="1", title="t", abstract="x" * 99_999, authors=["a"] * 999).values()
    assert (len(values["abstract"]), len(values["authors"])) == (MAX_ABSTRACT, MAX_AUTHORS)
