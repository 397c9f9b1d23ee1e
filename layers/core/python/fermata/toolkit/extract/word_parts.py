"""The parts of a Word document in the terms of the library that reads it.

What mammoth passes over is said in elements that it knows: levels of headings, pages as Word laid them out, formulas, parts in
other formats; what is not shown is taken out.
"""

from __future__ import annotations

import email
import email.policy
import io
import posixpath
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import Block
from fermata.toolkit.extract.package import opened, related

HELPERS = ("styles", "numbering", "footnotes", "endnotes", "comments")
LEVEL = "\ue000"
"""A character that no text has a use for: the next one is the paragraph's level as a heading."""

_PIECE = 1024 * 1024
"""Bytes of a document's body that are handed to the library at a time: it needs some thirty times as much memory."""

_MAX_CHUNK = 5 * 1024 * 1024
_MAX_ANCESTORS = 20
_PICTURES = ("{*}blip", "{*}imagedata", "{*}OLEObject")


def parsed(archive: zipfile.ZipFile, name: str) -> Any:
    with opened(archive, name) as part:
        root = etree.parse(part, _parser())
    if root.docinfo.internalDTD is not None:
        raise ValueError("a DTD")
    return root.getroot()


def _parser() -> Any:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True, remove_pis=True
    )


@dataclass
class Helpers:
    """Parts besides the main one, as the library wants them, and what is asked of them here.

    Attributes:
        levels: of the styles that make headings.
        hidden: styles of what is not shown.
        chunks: texts of the parts in other formats, by the ids of their relationships.
    """

    parts: dict[str, bytes] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    chunks: dict[str, str] = field(default_factory=dict)


def helpers_of(archive: zipfile.ZipFile, main: str) -> Helpers:
    helpers = Helpers()
    for kind in HELPERS:
        for name in related(archive, main, f"/{kind}")[:1]:
            if name in archive.namelist():
                root = parsed(archive, name)
                if kind == "styles":
                    helpers.levels, helpers.hidden = _levels(root), _hidden(root)
                _adapt(root, helpers)
                helpers.parts[kind] = etree.tostring(root)
    folder, _, file = main.rpartition("/")
    relationships = f"{folder}/_rels/{file}.rels".lstrip("/")
    if relationships in archive.namelist():
        for entry in parsed(archive, relationships):
            if entry.get("Type", "").endswith("/aFChunk") and entry.get("TargetMode") != "External":
                name = posixpath.normpath(posixpath.join("/" + folder, entry.get("Target", ""))).lstrip("/")
                helpers.chunks[entry.get("Id", "")] = _chunk(archive, name)
    return helpers


def _chunk(archive: zipfile.ZipFile, name: str) -> str:
    """The text of a part in another format, a paragraph a line; empty for one that can't be read."""
    if name not in archive.namelist():
        return ""
    with opened(archive, name) as part:
        data = part.read(_MAX_CHUNK)
    with suppress(UnitError):
        return "\n".join(text for _, text in _chunk_blocks(data))
    return ""


def _chunk_blocks(data: bytes) -> list[Block]:
    from fermata.toolkit.extract.detect import HEAD, binary_format
    from fermata.toolkit.extract.docx import headed_docx
    from fermata.toolkit.extract.texts import read_text_file

    if b"mime-version:" in data[:1024].lower() and not data.lstrip().startswith(b"<"):
        return [block for page in _saved_pages(data) for block in read_text_file(page, "text/html").blocks]
    if binary_format(data[:HEAD], io.BytesIO(data)) == "docx":
        return headed_docx(io.BytesIO(data), _MAX_CHUNK)[2]
    return read_text_file(data, "").blocks


def _saved_pages(data: bytes) -> Iterator[bytes]:
    """The pages in a web page that was saved as one file (MHTML, RFC 2557)."""
    for part in email.message_from_bytes(data, policy=email.policy.HTTP).walk():
        if part.get_content_type() == "text/html":
            yield str(part.get_content()).encode("utf-8", "ignore")


def _levels(styles: Any) -> dict[str, int]:
    """Style → level, of the styles that make headings. Their names are English in every language, their ids are not."""
    levels: dict[str, int] = {}
    for style in styles.iter("{*}style"):
        names = [_value(name).lower().split() for name in style.iter("{*}name")][:1]
        outline = next((_value(mark) for mark in style.iter("{*}outlineLvl")), "")
        if names and len(names[0]) == 2 and names[0][0] == "heading" and names[0][1].isdecimal():
            levels[_value(style, "styleId")] = int(names[0][1])
        elif outline.isdecimal() and int(outline) < 9:
            levels[_value(style, "styleId")] = int(outline) + 1
    return levels


def _hidden(styles: Any) -> frozenset[str]:
    """The styles whose text is not shown, by themselves or by what they are based on."""
    found = {_value(style, "styleId"): style for style in styles.iter("{*}style")}

    def hides(name: str, depth: int = 0) -> bool:
        style = found.get(name)
        if style is None or depth > _MAX_ANCESTORS:
            return False
        own = _vanishes(style.find("{*}rPr"))
        based = style.find("{*}basedOn")
        return own if own is not None else based is not None and hides(_value(based), depth + 1)

    return frozenset(filter(hides, found))


def _vanishes(properties: Any) -> bool | None:
    """Whether properties of a run hide it; None when they say nothing of it."""
    mark = None if properties is None else properties.find("{*}vanish")
    return None if mark is None else _value(mark) not in ("0", "false", "off", "none")


def _value(element: Any, name: str = "val") -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def bodies(archive: zipfile.ZipFile, main: str, helpers: Helpers) -> Iterator[bytes]:
    """The paragraphs and tables of the body in documents of their own, none too large to be read at once."""
    with opened(archive, main) as part:
        pieces: list[bytes] = []
        size = 0
        events = etree.iterparse(
            part, events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=True, remove_comments=True
        )
        body = None
        for event, element in events:
            if event == "start":
                if body is None and element.getroottree().docinfo.internalDTD is not None:
                    raise ValueError("a DTD")
                if body is None and etree.QName(element).localname == "body":
                    body = element
            elif body is not None and element.getparent() is body:
                _adapt(element, helpers)
                pieces.append(etree.tostring(element, with_tail=False))
                size += len(pieces[-1])
                while element.getprevious() is not None:
                    del body[0]
                if size > _PIECE:
                    yield b"".join(pieces)
                    pieces, size = [], 0
        yield b"".join(pieces)


def _adapt(root: Any, helpers: Helpers) -> None:
    """Say in elements that the library knows what it would pass over, and take out what is not shown."""
    for element in [run for run in root.iter("{*}r") if _is_hidden(run, helpers.hidden)] + list(root.iter(*_PICTURES)):
        _remove(element)
    for link in root.iter("{*}hyperlink"):
        link.attrib.clear()
    for formula in list(root.iter("{*}oMath")):
        _replace_formula(formula)
    for ruby in list(root.iter("{*}ruby")):
        base = "".join(ruby.xpath(".//*[local-name()='rubyBase']//*[local-name()='t']/text()"))
        ruby.tag = ruby.tag.replace("}ruby", "}t")
        ruby.clear()
        ruby.text = base
    for mark in list(root.iter("{*}lastRenderedPageBreak")):
        mark.tag = mark.tag.replace("lastRenderedPageBreak", "br")
        mark.set(mark.tag.replace("}br", "}type"), "page")
    for chunk in list(root.iter("{*}altChunk")):
        _replace_chunk(chunk, helpers)
    for paragraph in root.iter("{*}p"):
        level = _level(paragraph, helpers.levels)
        if level:
            _insert_text(paragraph, f"{LEVEL}{level}", first=True)


def _is_hidden(run: Any, hidden: frozenset[str]) -> bool:
    own = _vanishes(run.find("{*}rPr"))
    if own is not None or not hidden:
        return bool(own)
    styles = (run.find("{*}rPr/{*}rStyle"), run.find("../{*}pPr/{*}pStyle"))
    return any(style is not None and _value(style) in hidden for style in styles)


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _replace_formula(formula: Any) -> None:
    text = "".join(formula.itertext("{*}t"))
    paragraph = next((above for above in formula.iterancestors("{*}p")), None)
    if paragraph is not None:
        space = paragraph.tag.removesuffix("p")
        formula.tag, tail = f"{space}r", formula.tail
        formula.clear()
        formula.tail = tail
        etree.SubElement(formula, f"{space}t").text = text
        if formula.getparent().tag.endswith("}oMathPara"):
            formula.getparent().tag = f"{space}smartTag"


def _replace_chunk(chunk: Any, helpers: Helpers) -> None:
    text = helpers.chunks.get(next((str(value) for key, value in chunk.attrib.items() if key.endswith("}id")), ""), "")
    chunk.tag = chunk.tag.replace("altChunk", "p")
    chunk.clear()
    for number, line in enumerate(text.split("\n")):
        if number:
            run = etree.SubElement(chunk, chunk.tag.replace("}p", "}r"))
            etree.SubElement(run, chunk.tag.replace("}p", "}br"))
        _insert_text(chunk, line)


def _insert_text(paragraph: Any, text: str, *, first: bool = False) -> None:
    run = etree.Element(paragraph.tag.replace("}p", "}r"))
    etree.SubElement(run, paragraph.tag.replace("}p", "}t")).text = text
    properties = paragraph.find("{*}pPr")
    paragraph.insert((0 if properties is None else 1) if first else len(paragraph), run)


def _level(paragraph: Any, levels: dict[str, int]) -> int:
    outline = paragraph.find("{*}pPr/{*}outlineLvl")
    if outline is not None and _value(outline).isdecimal():
        level = int(_value(outline)) + 1
        return level if level <= 9 else 0
    style = paragraph.find("{*}pPr/{*}pStyle")
    return levels.get(_value(style), 0) if style is not None else 0
