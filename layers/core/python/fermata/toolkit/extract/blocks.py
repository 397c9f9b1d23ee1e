"""HTML as blocks of text, by its elements alone and without a tree: what is left of a page of any size, and of any kind."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from lxml.etree import HTMLParser, LxmlError
from lxml.html import defs

from fermata.toolkit.extract.content import Block

_EMBEDDED = {"svg", "math", "object", "canvas", "audio", "video", "iframe", "frameset"}
_SILENT = frozenset(
    {"script", "style", "title", "datalist", "select", "button", "textarea", "rp", "rt", "rtc"} | _EMBEDDED
)
_FRAME = frozenset({"nav", "header", "footer", "aside", "dialog", "menu"})
_ROLES = frozenset({"navigation", "banner", "contentinfo", "search", "dialog", "alertdialog"})
_INLINE = frozenset(
    defs.phrase_tags
    | defs.font_style_tags
    | (defs.special_inline_tags - {"br"})
    | {"bdi", "data", "input", "label", "mark", "nobr", "ruby", "slot", "time", "wbr"}
)
"""Elements within a line; any other, a site's own too, begins a new one."""

VOID = defs.empty_tags
"""Elements without an end."""

ELEMENTS = defs.tags | {"main", "template", "picture", "slot", "search", "dialog", "bdi", "data", "rtc", "noindex"}
"""What is an element of HTML; ``<String>`` is not."""

_HEADINGS = {f"h{level}": level for level in range(1, 7)}


class BlockReader:
    """Target of an lxml parser that collects the text of a page in blocks.

    ``whole``: the frame of a page (menus, header, footer) is read, too. ``most``: characters after which the rest is dropped.
    """

    def __init__(self, most: int, *, whole: bool = False) -> None:
        self._left = most
        self._skipped = _SILENT if whole else _SILENT | _FRAME
        self._whole = whole
        self._silence: list[str] = []
        self._blocks: list[Block] = []
        self._pieces: list[str] = []
        self._level = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "body":
            self._silence.clear()
        if self._silence:
            if tag == self._silence[-1] and tag not in VOID:
                self._silence.append(tag)
            return
        if tag not in VOID and (tag in self._skipped or self._hides(tag, attributes)):
            self._silence.append(tag)
        if tag in _SILENT:
            return
        if tag in ("td", "th") or (tag == "br" and self._level):
            self._pieces.append(" ")
        elif tag not in _INLINE:
            self._end_block()
            self._level = _HEADINGS.get(tag, 0)

    def end(self, tag: str) -> None:
        if self._silence:
            if tag == self._silence[-1]:
                self._silence.pop()
            return
        if tag not in _INLINE and tag not in VOID and tag not in ("td", "th"):
            self._end_block()
            self._level = 0

    def data(self, text: str) -> None:
        if not self._silence and self._left > 0:
            self._pieces.append(text[: self._left])
            self._left -= len(text)

    def close(self) -> list[Block]:
        self._end_block()
        return self._blocks

    def _hides(self, tag: str, attributes: dict[str, str]) -> bool:
        if tag == "template":
            return "shadowrootmode" not in attributes and "shadowroot" not in attributes
        if tag == "noscript" and not self._whole:
            return True
        return (
            "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or (not self._whole and attributes.get("role") in _ROLES)
        )

    def _end_block(self) -> None:
        text = " ".join("".join(self._pieces).split())
        self._pieces.clear()
        if text:
            self._blocks.append((self._level, text))


def blocks_of(pieces: Iterable[str], most: int, *, whole: bool = False) -> list[Block]:
    """The blocks of a page that comes in pieces."""
    parser = HTMLParser(target=BlockReader(most, whole=whole), encoding="utf-8", huge_tree=True)
    with suppress(LxmlError):
        for piece in pieces:
            parser.feed(piece.encode("utf-8", "ignore"))
    result: list[Block] = parser.close()
    return result
