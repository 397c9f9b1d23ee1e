"""Markdown: its text without the marks, by markdown-it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    from fermata.toolkit.extract.content import Block

_SAMPLE = 20_000
"""Characters that tell Markdown from other text."""

_PIECE = 256 * 1024
"""Characters that are parsed at a time, about: the parser needs fifty bytes of memory for each."""

_MAX_FACTS = 64 * 1024
_FENCES = ("```", "~~~")
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_SIGNS = frozenset({"fence", "link_open", "list_item_open", "strong_open", "table_open", "heading_open"})


def markdown_blocks(text: str) -> Iterator[Block]:
    """Headings, paragraphs, items, rows of tables, and code, each as a block."""
    environment: dict[str, Any] = {}
    for piece in _pieces(text):
        yield from _blocks(_parser().parse(piece, environment))


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The facts that a text begins with, between two lines ``---`` (YAML) or ``+++`` (TOML), and the text after them; no facts
    if they are no mapping."""
    lines = text[:_MAX_FACTS].splitlines(keepends=True)
    mark = lines[0].rstrip() if lines else ""
    if mark not in _FACTS:
        return {}, text
    ends = (mark, "...") if mark == "---" else (mark,)
    end = next((at for at, line in enumerate(lines) if at and line.rstrip() in ends), 0)
    facts = _FACTS[mark]("".join(lines[1:end])) if end else {}
    return (facts, text[sum(map(len, lines[: end + 1])) :]) if facts else ({}, text)


def has_structure(text: str, *, sure: bool = False) -> bool:
    """Whether a text uses Markdown: two of its signs, or a heading with blank lines around it, which no comment in a program has.

    ``sure``: such a heading, or four signs.
    """
    facts, body = front_matter(text[:_SAMPLE])
    tokens = _parser().parse(body[:_SAMPLE])
    inner = [child for token in tokens for child in token.children or ()]
    signs = {token.type for token in (*tokens, *inner) if token.type in _SIGNS and token.markup != "linkify"}
    if any(token.type == "link_open" and token.info == "auto" for token in inner):
        signs -= {"link_open"}
    return bool(facts) or _has_heading(tokens, body.splitlines()) or len(signs) >= (4 if sure else 2)


def _has_heading(tokens: list[Token], lines: list[str]) -> bool:
    for token in tokens:
        if token.type == "heading_open" and token.map and token.level == 0:
            before, after = token.map[0] - 1, token.map[1]
            if all(not 0 <= at < len(lines) or not lines[at].strip() for at in (before, after)):
                return True
    return False


def _yaml(text: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}


def _toml(text: str) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


_FACTS: Mapping[str, Callable[[str], dict[str, Any]]] = {"---": _yaml, "+++": _toml}


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable(["table", "strikethrough"])


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that end at a blank line outside of code."""
    start = 0
    while len(text) - start > _PIECE:
        end = _end(text, start)
        yield text[start:end]
        start = end
    yield text[start:]


def _end(text: str, start: int) -> int:
    at = start + _PIECE
    while 0 < (at := text.find("\n\n", at)) < start + 2 * _PIECE:
        fences = sum(line.lstrip().startswith(_FENCES) for line in text[start:at].split("\n"))
        if fences % 2 == 0:
            return at + 1
        at += 2
    return start + _PIECE


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    from fermata.toolkit.extract.blocks import blocks_of

    cells: list[str] = []
    around = ""
    for token in tokens:
        match token.type:
            case "inline" if around in ("td", "th"):
                cells.append(_text(token))
            case "inline":
                yield _HEADINGS.get(around, 0), _text(token)
            case "tr_close":
                yield 0, " ".join(cells)
                cells.clear()
            case "fence" | "code_block":
                yield 0, token.content.strip("\n")
            case "html_block":
                yield from blocks_of([_escaped(token.content)], len(token.content), whole=True)
        around = token.tag


def _escaped(html: str) -> str:
    """HTML in which an element that HTML does not know is text that looks like one."""
    first, *pieces = html.split("<")
    return first + "".join(
        ("<" if piece.startswith(("!", "?")) or _is_element(piece) else "&lt;") + piece for piece in pieces
    )


def _text(inline: Token) -> str:
    pieces = []
    for child in inline.children or ():
        match child.type:
            case "text" | "code_inline" | "text_special":
                pieces.append(child.content)
            case "softbreak" | "hardbreak":
                pieces.append("\n")
            case "image":
                pieces.append(_text(child))
            case "html_inline" if not child.content.startswith("<!--"):
                pieces.append(" " if _is_element(child.content[1:]) else child.content)
    return "".join(pieces)


def _is_element(tag: str) -> bool:
    from fermata.toolkit.extract.blocks import ELEMENTS

    name = tag.removeprefix("/")[:20].lower()
    return name[: next((at for at, letter in enumerate(name) if not letter.isalnum()), len(name))] in ELEMENTS
