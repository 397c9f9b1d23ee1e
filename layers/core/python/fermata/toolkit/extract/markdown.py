"""Markdown: its text without the marks, by pulldown-cmark, the parser of Rust's own documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fermata.toolkit.extract.content import Block

_SAMPLE = 20_000
"""Characters that tell Markdown from other text."""

_PIECE = 4 * 1024 * 1024
"""Characters that are parsed at a time, about: the parser needs up to thirty bytes of memory for each."""

_MAX_FACTS = 64 * 1024
_FENCES = ("```", "~~~")
_SIGNS = frozenset({"CodeBlock", "Link", "Item", "Strong", "Table", "Heading"})
_INLINE = frozenset({"Emphasis", "Strong", "Strikethrough", "Link", "Image"})
_CONTAINERS = frozenset({"BlockQuote", "Item"})

Event = Any
"""A name, or ``{"Start": tag}``, ``{"End": tag}``, ``{"Text": …}`` and the like; a tag is a name, or the one key of its facts."""


def markdown_blocks(text: str) -> Iterator[Block]:
    """Headings, paragraphs, items, rows of tables, and code, each as a block."""
    import pyromark

    for piece in _pieces(text):
        yield from _blocks(pyromark.events(piece, options=_options()))


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
    import pyromark

    facts, body = front_matter(text[:_SAMPLE])
    data = body.encode()
    signs: set[str] = set()
    autolinks = heading = False
    depth = 0
    for event, place in pyromark.events_with_range(body, options=_options()):
        tag = event.get("Start") if isinstance(event, dict) else None
        name = _name(tag)
        depth += (name in _CONTAINERS) - (isinstance(event, dict) and _name(event.get("End")) in _CONTAINERS)
        match tag:
            case {"Link": {"link_type": "Autolink" | "Email"}}:
                autolinks = True
            case {"CodeBlock": "Indented"}:
                continue
            case _ if name in _SIGNS:
                signs.add(name)
        heading = heading or (name == "Heading" and not depth and _stands_alone(data, place["start"], place["end"]))
    if autolinks:
        signs -= {"Link"}
    return bool(facts) or heading or len(signs) >= (4 if sure else 2)


def _stands_alone(data: bytes, start: int, end: int) -> bool:
    """Whether the lines around a heading are blank, or there are none."""
    before = data[:start].rpartition(b"\n")[0].rpartition(b"\n")[2]
    after = data[end:].partition(b"\n")[0]
    return not before.strip() and not after.strip()


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


def _options() -> Any:
    """GitHub's Markdown, and what else people write: footnotes, lists of terms. Their marks are no text."""
    from pyromark import Options

    github = Options.ENABLE_TABLES | Options.ENABLE_STRIKETHROUGH | Options.ENABLE_TASKLISTS | Options.ENABLE_GFM
    return github | Options.ENABLE_FOOTNOTES | Options.ENABLE_DEFINITION_LIST


def _name(tag: Event) -> str:
    return tag if isinstance(tag, str) else next(iter(tag), "") if tag else ""


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


def _blocks(events: Iterable[Event]) -> Iterator[Block]:
    written: list[str] = []
    html: list[str] = []
    level = 0
    for event in events:
        match event:
            case {"Text": text} | {"Code": text}:
                written.append(text)
            case {"InlineHtml": tag} if not tag.startswith("<!--"):
                written.append(" " if _is_element(tag[1:]) else tag)
            case {"Html": line}:
                html.append(line)
            case "SoftBreak" | "HardBreak":
                written.append("\n")
            case {"End": "TableCell"}:
                written.append(" ")
            case {"Start": tag} | {"End": tag} if (name := _name(tag)) not in _INLINE and name != "TableCell":
                if html and name != "HtmlBlock":  # what stands together is read together
                    yield from _html_blocks("".join(html))
                    html.clear()
                if text := "".join(written).strip("\n" if name == "CodeBlock" else None):
                    yield level, text
                written.clear()
                level = int(tag["Heading"]["level"][1:]) if "Start" in event and name == "Heading" else 0
    yield from _html_blocks("".join(html))


def _html_blocks(html: str) -> list[Block]:
    from fermata.toolkit.extract.blocks import blocks_of

    return blocks_of([_escaped(html)], len(html), whole=True) if html else []


def _escaped(html: str) -> str:
    """HTML in which an element that HTML does not know is text that looks like one."""
    first, *pieces = html.split("<")
    return first + "".join(
        ("<" if piece.startswith(("!", "?")) or _is_element(piece) else "&lt;") + piece for piece in pieces
    )


def _is_element(tag: str) -> bool:
    from fermata.toolkit.extract.blocks import ELEMENTS

    name = tag.removeprefix("/")[:20].lower()
    return name[: next((at for at, letter in enumerate(name) if not letter.isalnum()), len(name))] in ELEMENTS
