"""HTML: the main text without navigation and decoration, the title and the links."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from fermata.toolkit.extract.blocks import blocks_of
from fermata.toolkit.extract.content import Block, Links, tidy
from fermata.toolkit.extract.links import links_of

LARGE = 3 * 1024 * 1024
"""Characters above which a page is a document or a list rather than a page of a site, and is read without building its tree."""

_SHORT = 30
"""Characters of main text below which a page is rather read as a whole."""

_SMALL = 500
"""Characters below which all of a page outside of its frame is its text."""

_DESCRIPTIONS = "meta[name=description i][content], meta[property='og:description'][content]"
_LEAD, _OPENING = 25, 60
"""Letters that a lead has at least, and that are compared of it; descriptions are cut, and have other quotes and blanks."""


@dataclass(frozen=True)
class Page:
    """A page as it was read.

    Attributes:
        title, author: as its head says; may be empty.
        blocks: its main text.
    """

    title: str
    author: str
    links: Links
    blocks: list[Block]


def read_page(pieces: Iterable[str], most: int) -> Page:
    """What is on a page, up to ``most`` characters of its text."""
    from selectolax.lexbor import LexborHTMLParser

    rest = (piece.replace("\0", "") for piece in pieces)
    text = ""
    for piece in rest:
        text += piece
        if len(text) > LARGE:
            break
    tree = LexborHTMLParser(text[:LARGE])
    title = tree.css_first("title") or tree.css_first("h1")
    return Page(
        tidy(title.text()) if title else "",
        tidy(_meta(tree, "meta[name=author i][content]")),
        links_of(tree),
        blocks_of(chain([text], rest), most)
        if len(text) > LARGE
        else _blocks(text, [node.attributes.get("content") or "" for node in tree.css(_DESCRIPTIONS)], most),
    )


def _meta(tree: Any, selector: str) -> str:
    node = tree.css_first(selector)
    return (node.attributes.get("content") or "") if node else ""


def _blocks(text: str, descriptions: list[str], most: int) -> list[Block]:
    main = _main(text)
    size = _size(main)
    if size < _SHORT:
        return blocks_of((text,), most) or blocks_of((text,), most, whole=True)
    if size < _SMALL and size <= _size(plain := blocks_of((text,), most)) < _SMALL:
        return plain
    return [*_lead(text, descriptions, main), *main]


def _size(blocks: list[Block]) -> int:
    return sum(len(text) for _, text in blocks)


def _lead(text: str, descriptions: list[str], main: list[Block]) -> Iterator[Block]:
    """The paragraphs that the page's description quotes, where the main text lacks them: what stands above an article."""
    said = _letters("".join(block for _, block in main))
    quotes = [quote for quote in map(_letters, descriptions) if quote not in said]
    for level, block in blocks_of((text,), len(text), whole=True) if quotes else ():
        letters = _letters(block)
        if len(letters) >= _LEAD and letters not in said and any(_quotes(quote, letters) for quote in quotes):
            said += letters
            yield level, block


def _quotes(quote: str, letters: str) -> bool:
    return letters[:_OPENING] in quote or (len(quote) >= _LEAD and quote[:_OPENING] in letters)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _main(text: str) -> list[Block]:
    from lxml.html import HTMLParser, document_fromstring
    from trafilatura import bare_extraction

    parser = HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    tree = document_fromstring(text.encode("utf-8", "ignore"), parser=parser)
    for element in tree.xpath("//template[@shadowrootmode or @shadowroot]"):
        element.drop_tag()
    for element in tree.xpath("//rp | //rt | //rtc"):
        element.drop_tree()
    for element in tree.xpath("//form[string-length() * 2 > string-length(/html/body)]"):
        element.drop_tag()
    found: Any = bare_extraction(tree, include_comments=False, include_tables=True)
    return list(_laid_out(found.body)) if found is not None else []


_STARTS = frozenset({"body", "head", "p", "list", "item", "table", "row", "quote", "code", "lb"})


def _laid_out(body: Any) -> Iterator[Block]:
    """The blocks of a text as trafilatura marks it up: ``head``, ``p``, ``list`` of ``item``, ``table`` of rows."""
    from lxml.etree import iterwalk

    pieces: list[str] = []
    for event, element in iterwalk(body, events=("start", "end")):
        tag = element.tag
        if event == "start":
            if tag in _STARTS:
                yield from _block(pieces, 0)
            pieces.append(element.text or "")
            continue
        if tag in _STARTS:
            yield from _block(pieces, int(element.get("rend", "h0")[1:] or 0) if tag == "head" else 0)
        elif tag == "cell":
            pieces.append(" ")
        pieces.append(element.tail or "")
    yield from _block(pieces, 0)


def _block(pieces: list[str], level: int) -> Iterator[Block]:
    text = " ".join("".join(pieces).split())
    pieces.clear()
    if text:
        yield (level, text)
