"""XML of any vocabulary, feeds too: the text of its elements in blocks."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from lxml.etree import LxmlError, XMLParser

from fermata.toolkit.extract.blocks import blocks_of
from fermata.toolkit.extract.content import Block


class XmlReader:
    """Target of an lxml parser. An element that begins within a line of text belongs to the line, any other is a block."""

    def __init__(self, most: int) -> None:
        self.title = ""
        self.blocks: list[Block] = []
        self._left = most
        self._within: list[bool] = []
        self._pieces: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        within = bool("".join(self._pieces).strip())
        self._within.append(within)
        if not within:
            self._pieces.clear()

    def end(self, tag: str) -> None:
        if not self._within.pop():
            text = self._flush()
            self.title = self.title or (" ".join(text.split()) if tag.rpartition("}")[2] == "title" else "")

    def data(self, text: str) -> None:
        if self._left > 0:
            self._pieces.append(text[: self._left])
            self._left -= len(text)

    def close(self) -> XmlReader:
        self._flush()
        return self

    def _flush(self) -> str:
        text = "".join(self._pieces)
        self._pieces.clear()
        if "</" in text or "/>" in text:  # feeds have HTML as text
            self.blocks.extend(blocks_of([text], len(text)))
        elif text.strip():
            self.blocks.append((0, " ".join(text.split())))
        return text


def read_xml(pieces: Iterable[str], most: int) -> XmlReader:
    """The title and the blocks, up to ``most`` characters; what is not well formed is read as far as it is."""
    reader = XmlReader(most)
    parser = XMLParser(
        target=reader, encoding="utf-8", resolve_entities=False, no_network=True, recover=True, huge_tree=True
    )
    with suppress(LxmlError):
        for piece in pieces:
            parser.feed(piece.encode("utf-8", "ignore"))
        parser.close()
    return reader
