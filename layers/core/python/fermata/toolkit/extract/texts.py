"""Files that are text of some sort: HTML, XML, Markdown, and text as it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from fermata.toolkit.extract.charset import charset_of, declarations, declared_charset, decoded
from fermata.toolkit.extract.content import MAX_TITLE, Block, Links, tidy
from fermata.toolkit.extract.detect import text_format

MAX_CHARACTERS = 10_000_000
"""Characters of a document's text that are kept; about 4,000 pages."""

_STEP = 1024 * 1024
_SAMPLE = 262_144
"""Bytes that tell the format."""

_MARKS = 3
"""Characters of Markdown for each of its text, at most, as far as it is read."""


@dataclass(frozen=True)
class Document:
    """A document that knows no pages.

    Attributes:
        title, author: as the document itself gives them; may be empty.
        blocks: its text; one alone where the format has no parts.
    """

    format: str
    title: str
    author: str
    blocks: list[Block]
    links: Links = field(default_factory=Links)


def read_text_file(data: bytes, content_type: str, most: int = MAX_CHARACTERS) -> Document:
    """The document, up to ``most`` characters of text. It is never held whole as text. Raises UnitError."""
    name = charset_of(data, (declared_charset(content_type), *declarations(data)))

    def pieces() -> Iterator[str]:
        return decoded((data[start : start + _STEP] for start in range(0, len(data), _STEP)), name)

    sample = "".join(decoded((data[:_SAMPLE],), name))
    match text_format(sample, content_type):
        case "html":
            from fermata.toolkit.extract.html import read_page

            page = read_page(pieces(), most)
            return Document("html", page.title, page.author, page.blocks, page.links)
        case "xml":
            from fermata.toolkit.extract.xml import read_xml

            found = read_xml(pieces(), most)
            return Document("xml", tidy(found.title), "", found.blocks)
        case "markdown":
            return _markdown(_beginning(pieces(), most * _MARKS), most)
        case _:
            return Document("text", "", "", [(0, _beginning(pieces(), most))])


def _markdown(text: str, most: int) -> Document:
    from fermata.toolkit.extract.markdown import front_matter, markdown_blocks

    facts, body = front_matter(text.replace("\r\n", "\n"))
    blocks = []
    for block in markdown_blocks(body):
        blocks.append(block)
        most -= len(block[1])
        if most <= 0:
            break
    title = _fact(facts, "title") or next(
        (heading for level, heading in blocks if level and len(heading) <= MAX_TITLE), ""
    )
    return Document("markdown", tidy(title), tidy(_fact(facts, "author")), blocks)


def _fact(facts: Mapping[str, Any], name: str) -> str:
    """A fact that is one value. Lists of lists can be small as YAML and endless as text."""
    value = facts.get(name)
    return str(value) if isinstance(value, str | int | float | date) else ""


def _beginning(pieces: Iterator[str], size: int) -> str:
    kept: list[str] = []
    for piece in pieces:
        kept.append(piece[:size])
        size -= len(piece)
        if size <= 0:
            break
    return "".join(kept)
