from __future__ import annotations

from pathlib import Path

import pytest
from fermata.toolkit.extract.html import read_html
from fermata.toolkit.extract.reader import read_here

FILLER = "Enough words to count as the main part of a page. " * 6


def test_the_main_text_is_read_without_what_surrounds_it(samples: Path) -> None:
    for name, title in (("coffee-roasting", "Coffee"), ("tidal-energy", "Tidal"), ("teaching-chess", "Chess")):
        content = read_here(samples / f"{name}.html", 3)
        assert (content.format, title in content.title) == ("html", True)
        assert not {"newsletter", "cookies", "visits", "Most read"} & set(content.text.split())


def test_a_page_with_nothing_but_navigation_is_still_read() -> None:
    assert read_html("<body><nav>Menu <a href='/a'>First</a></nav></body>", 1).text == "Menu First"


def test_articles_within_articles_are_read_once() -> None:
    text = read_html(f"<article>{FILLER}<article>comment</article></article><article>second</article>", 1).text
    assert (text.count("comment"), text.count("second")) == (1, 1)


def test_words_stay_whole_and_paragraphs_apart() -> None:
    assert read_html("<p>some <b>bo</b>ld<p>next<table><tr><td>a<td>b</table>", 1).text == "some bold\n\nnext\n\na b"


@pytest.mark.parametrize("html", ["<html>", "<body></body>", "<script>x()</script>", "<div>" * 20_000])
def test_a_page_without_text_gives_none(html: str) -> None:
    assert read_html(html, 1).pages == ()


def test_the_charset_is_the_servers_then_the_pages(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.write_bytes("<meta charset=iso-8859-2><p>Łódź".encode("iso-8859-2"))
    assert read_here(page, 1).text == "Łódź"
    page.write_bytes("<p>привет".encode("koi8-r"))
    assert read_here(page, 1, "text/html; charset=KOI8-R").text == "привет"
