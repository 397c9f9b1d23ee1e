from __future__ import annotations

from pathlib import Path

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.extract.detect import text_format
from fermata.toolkit.extract.reader import read_here

PARAGRAPH = "Some words about lighthouses, and a few more about the sea. " * 3


def format_of(tmp_path: Path, data: bytes, content_type: str = "") -> str:
    (tmp_path / "file").write_bytes(data)
    return read_here(tmp_path / "file", 1, content_type).format


@pytest.mark.parametrize(
    "text",
    [
        "RIFF is a container format. ",
        "ID3 tags are put before the sound. ",
        "BZh, GIF8, MZ and PK are what files begin with. ",
        "A PDF begins with %PDF-1.7 and ends with %%EOF. ",
        "%!PS-Adobe is the first line of PostScript. ",
        "{\\rtf1 is how RTF begins. ",
        "SQLite format 3 is what a database begins with. ",
    ],
)
def test_words_that_begin_like_another_format_are_text(tmp_path: Path, text: str) -> None:
    assert format_of(tmp_path, (text + PARAGRAPH).encode()) == "text"


def test_a_pdf_may_have_something_before_its_header(make_pdf: object, tmp_path: Path) -> None:
    whole = make_pdf("text").read_bytes()  # type: ignore[operator]
    assert format_of(tmp_path, b"\r\n\r\n" + whole) == "pdf"
    assert format_of(tmp_path, b"HTTP/1.1 200 OK\r\n\r\n" + whole, "application/pdf") == "pdf"
    assert format_of(tmp_path, b"HTTP/1.1 200 OK\r\n\r\n" + whole + b"%\xe2\xe3\xcf\xd3") == "pdf"


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (f"<link rel=stylesheet href=a.css><p>{PARAGRAPH}</p>", "html"),
        (f"Before everything. <p>{PARAGRAPH}</p><p>{PARAGRAPH}</p>", "html"),
        (f"<!-- by hand -->\n<center><b>{PARAGRAPH}</b></center>", "html"),
        (f"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'><body>{PARAGRAPH}</body></html>", "html"),
        (
            f"<rss version='2.0'><channel><title>News</title><description>{PARAGRAPH}</description></channel></rss>",
            "xml",
        ),
        (f"<?xml version='1.0'?><book><chapter>{PARAGRAPH}</chapter></book>", "xml"),
        (f"<h1 align=center>Name</h1>\n\n## Usage\n\n{PARAGRAPH}\n\n## Licence\n\nMIT", "markdown"),
        (f"Title\n=====\n\n{PARAGRAPH}", "markdown"),
        (f"{PARAGRAPH}\n\n- one\n- two\n\nSee [this](http://x.y).", "markdown"),
        (f"#!/bin/sh\n# a comment\necho '{PARAGRAPH}'\n# another\nexit\n", "text"),
        (f"# settings\nkey = value\n# more\nother = {PARAGRAPH}\n", "text"),
        (f"template <typename T> class Map<String> {{ }} // {PARAGRAPH}", "text"),
        (PARAGRAPH, "text"),
    ],
)
def test_a_texts_format_is_told_by_its_content(text: str, format: str) -> None:
    assert text_format(text) == format


@pytest.mark.parametrize(
    ("text", "content_type", "format"),
    [
        (f"Not a tag in it. {PARAGRAPH}", "text/html; charset=utf-8", "html"),
        (f"Write <b>bold</b> and <i>italic</i> words. {PARAGRAPH}", "text/plain", "text"),
        (PARAGRAPH, "text/markdown", "markdown"),
        ("<!doctype html><title>T</title>", "text/plain", "html"),
    ],
)
def test_what_its_server_says_decides_where_the_content_could_be_either(
    text: str, content_type: str, format: str
) -> None:
    assert text_format(text, content_type) == format


def test_a_drawing_is_an_image_though_it_is_text(tmp_path: Path) -> None:
    with pytest.raises(UnitError, match="an image"):
        format_of(tmp_path, b"<svg xmlns='http://www.w3.org/2000/svg'><text>word</text></svg>")


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_utf16_without_a_mark_is_text(tmp_path: Path, charset: str) -> None:
    assert format_of(tmp_path, f"<html><body><p>{PARAGRAPH}</body></html>".encode(charset)) == "html"


def test_a_feed_gives_the_text_of_its_items(tmp_path: Path) -> None:
    feed = (
        "<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0'><channel><title>Neues vom Leuchtturm</title><item>"
        "<title>Größe</title><description>&lt;p&gt;Ein &lt;b&gt;Absatz&lt;/b&gt;.&lt;/p&gt;</description></item></channel></rss>"
    )
    (tmp_path / "feed").write_bytes(feed.encode("iso-8859-1"))
    content = read_here(tmp_path / "feed", 1)
    assert (content.title, content.text) == ("Neues vom Leuchtturm", "Neues vom Leuchtturm\n\nGröße\n\nEin Absatz.")
