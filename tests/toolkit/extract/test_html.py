from __future__ import annotations

from pathlib import Path

import pytest
from fermata.toolkit.extract.reader import read_here
from fermata.toolkit.extract.texts import Document, read_text_file


def page(html: str) -> Document:
    return read_text_file(html.encode(), "text/html")


def text(html: str) -> str:
    return "\n".join(block for _, block in page(html).blocks)


FILLER = "Enough words to count as the main part of a page. " * 6


def test_the_main_text_is_read_without_what_surrounds_it(samples: Path) -> None:
    for name, title in (("coffee-roasting", "Coffee"), ("tidal-energy", "Tidal"), ("teaching-chess", "Chess")):
        content = read_here(samples / f"{name}.html", 3)
        assert (content.format, title in content.title) == ("html", True)
        assert not {"newsletter", "cookies", "visits", "Most read"} & set(content.text.split())


def test_a_page_with_nothing_but_navigation_is_still_read() -> None:
    assert text("<body><nav>Menu <a href='/a'>First</a></nav></body>") == "Menu First"


def test_articles_within_articles_are_read_once() -> None:
    found = text(f"<article>{FILLER}<article>comment</article></article><article>second</article>")
    assert (found.count("comment"), found.count("second")) == (1, 1)


def test_words_stay_whole_and_paragraphs_apart() -> None:
    assert text("<p>some <b>bo</b>ld<p>next<table><tr><td>a<td>b</table>") == "some bold\nnext\na b"


@pytest.mark.parametrize("html", ["<html>", "<body></body>", "<script>x()</script>", "<div>" * 20_000])
def test_a_page_without_text_gives_none(html: str) -> None:
    assert page(html).blocks == []


def test_the_charset_is_the_servers_then_the_pages(tmp_path: Path) -> None:
    page = tmp_path / "page"
    page.write_bytes("<meta charset=iso-8859-2><p>Łódź".encode("iso-8859-2"))
    assert read_here(page, 1).text == "Łódź"
    page.write_bytes("<p>привет".encode("koi8-r"))
    assert read_here(page, 1, "text/html; charset=KOI8-R").text == "привет"


ARTICLE = "".join(
    f"<p>Paragraph {number} of the real text says something about lighthouses, and goes on for a line or two, as they do.</p>"
    for number in range(12)
)
MENU = "<ul>" + "".join(f"<li><a href='/{number}'>Entry {number}</a>" for number in range(20)) + "</ul>"


@pytest.mark.parametrize(
    "body",
    [
        f"<form action='/'><div>{MENU}</div><div>{ARTICLE}</div><input name=q></form>",
        f"<noscript>{ARTICLE}</noscript><script>render()</script>",
        f"<my-page><template shadowrootmode=open><div>{ARTICLE}</div></template></my-page>",
        f"<div>{ARTICLE}</div><article><a href='/1'>A teaser</a></article><article><a href='/2'>Another</a></article>",
        f"<main hidden></main><div>{ARTICLE}</div>",
    ],
)
def test_the_text_of_a_page_is_read_wherever_it_stands(body: str) -> None:
    assert text(f"<html><head><title>T</title></head><body>{body}</body></html>").count("of the real text") == 12


def test_zero_bytes_do_not_make_a_page_binary(tmp_path: Path) -> None:
    (tmp_path / "page").write_bytes(f"<html><body>{ARTICLE}".encode().replace(b"lighthouses", b"light\0houses", 3))
    assert read_here(tmp_path / "page", 1).text.count("lighthouses") == 12


def test_the_reading_of_ruby_is_not_read_twice() -> None:
    ruby = "<ruby>漢字<rp>(</rp><rt>かんじ</rt><rp>)</rp></ruby>を読む。"
    for html in (f"<p>{ruby * 3}", f"<p>{ruby * 200}</p>" * 3):
        assert "かんじ" not in text(html) and "漢字を読む。" in text(html)


def test_what_stands_above_an_article_is_read_where_the_page_quotes_it() -> None:
    lead = "For a hundred years the lighthouse has shown ships the way, and now nobody is left who lights it."
    html = (
        f"<head><meta name=description content='{lead[:60]}…'></head><header><h1>The keeper</h1><p>{lead}</p>{MENU}</header>"
        f"<main><article>{ARTICLE}</article></main>"
    )
    assert text(html).count(lead) == 1


def test_a_page_that_is_larger_than_any_is_read_without_its_frame() -> None:
    html = f"<title>T</title><nav>{MENU}</nav><h1>One</h1>{ARTICLE * 4_000}"
    found = read_text_file(html.encode(), "")
    assert (found.format, found.title, found.blocks[0]) == ("html", "T", (1, "One"))
    assert "Entry 1" not in {block for _, block in found.blocks}
