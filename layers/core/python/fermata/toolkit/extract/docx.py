"""DOCX, by mammoth, which follows relationships and takes revisions as accepted.

What it passes over is put into its terms before: levels of headings, pages as Word laid them out, hidden text, other formats.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any

from lxml import etree

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import PAGE, Block, Content, tidy
from fermata.toolkit.extract.package import main_part, opened, related

PAGE_BREAK = "\f"
_PIECE = 1024 * 1024
"""Bytes of a document's body that are handed to the library at a time: it needs some thirty times as much memory."""

_MAX_CHUNK = 5 * 1024 * 1024
_LEVEL = "\ue000"
"""A character that no text has a use for: the next one is the paragraph's level as a heading."""

_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    etree.XMLSyntaxError,
    KeyError,
    EOFError,
    ValueError,
    RuntimeError,  # NotImplementedError too, for compressions that Word does not use
    OSError,
)
_PICTURES = ("{*}blip", "{*}imagedata", "{*}OLEObject")
_HELPERS = ("styles", "numbering", "footnotes", "endnotes", "comments")


@dataclass(frozen=True)
class Docx:
    """A document that is open.

    Attributes:
        title, author: as it says itself; may be empty.
        blocks: its text, page breaks as form feeds; read as it is asked for.
    """

    title: str
    author: str
    blocks: Iterator[Block]


def read_docx(stream: IO[bytes], pages: int) -> Content:
    """The first ``pages`` pages: up to a page break that Word wrote down, or a page's worth of characters. Raises UnitError."""
    with _damages():
        document = _opened(stream)
        return Content("docx", document.title, _pages(document.blocks, pages))


def headed_docx(stream: IO[bytes], most: int) -> tuple[str, str, list[Block]]:
    """Title, author, and up to ``most`` characters of paragraphs, each with its level as a heading, 0 for one that is none.

    Raises UnitError.
    """
    with _damages():
        document = _opened(stream)
        blocks: list[Block] = []
        for level, text in document.blocks:
            blocks.append((level, text.replace(PAGE_BREAK, "\n")))
            most -= len(text)
            if most <= 0:
                break
        return document.title, document.author, blocks


@contextmanager
def _damages() -> Iterator[None]:
    try:
        yield
    except (UnitError, MemoryError):
        raise
    except _DAMAGES:
        raise UnitError("the DOCX is damaged or incomplete and can't be read") from None


def _opened(stream: IO[bytes]) -> Docx:
    archive = zipfile.ZipFile(stream)
    main = main_part(archive)
    facts = {fact.rpartition("}")[2]: tidy(text) for fact, text in _facts(archive)}
    return Docx(facts.get("title", ""), facts.get("creator", ""), _blocks(archive, main))


def _facts(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    for name in related(archive, "", "/core-properties")[:1] or ["docProps/core.xml"]:
        if name in archive.namelist():
            for element in _parsed(archive, name).iter("{*}title", "{*}creator"):
                yield str(element.tag), element.text or ""


def _parsed(archive: zipfile.ZipFile, name: str) -> Any:
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
class _Helpers:
    """Parts besides the main one, as the library wants them, and what is asked of them here."""

    parts: dict[str, bytes] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    chunks: dict[str, str] = field(default_factory=dict)


def _blocks(archive: zipfile.ZipFile, main: str) -> Iterator[Block]:
    helpers = _helpers(archive, main)
    yield from _framed(archive, main, "/header")
    for piece in _bodies(archive, main, helpers):
        yield from _read(piece, helpers)
    yield from _framed(archive, main, "/footer")


def _framed(archive: zipfile.ZipFile, main: str, kind: str) -> Iterator[Block]:
    """The text of the headers or footers, each once."""
    seen = set()
    for name in related(archive, main, kind):
        if name in archive.namelist():
            text = "\n".join("".join(piece.itertext("{*}t")) for piece in _parsed(archive, name).iter("{*}p")).strip()
            if text and text not in seen:
                seen.add(text)
                yield 0, text


def _helpers(archive: zipfile.ZipFile, main: str) -> _Helpers:
    helpers = _Helpers()
    for kind in _HELPERS:
        for name in related(archive, main, f"/{kind}")[:1]:
            if name in archive.namelist():
                root = _parsed(archive, name)
                _adapt(root, helpers)
                helpers.parts[kind] = etree.tostring(root)
                if kind == "styles":
                    helpers.levels = _levels(root)
    folder, _, file = main.rpartition("/")
    relationships = f"{folder}/_rels/{file}.rels".lstrip("/")
    if relationships in archive.namelist():
        for entry in _parsed(archive, relationships):
            if entry.get("Type", "").endswith("/aFChunk") and entry.get("TargetMode") != "External":
                name = posixpath.normpath(posixpath.join("/" + folder, entry.get("Target", ""))).lstrip("/")
                helpers.chunks[entry.get("Id", "")] = _chunk(archive, name)
    return helpers


def _chunk(archive: zipfile.ZipFile, name: str) -> str:
    """The text of a part in another format, a paragraph a line."""
    if name not in archive.namelist():
        return ""
    with opened(archive, name) as part:
        data = part.read(_MAX_CHUNK)
    if data.startswith(b"PK"):
        _, _, blocks = headed_docx(io.BytesIO(data), _MAX_CHUNK)
    else:
        from fermata.toolkit.extract.texts import read_text_file

        blocks = read_text_file(data, "").blocks
    return "\n".join(text for _, text in blocks)


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


def _value(element: Any, name: str = "val") -> str:
    return next((str(value) for key, value in element.attrib.items() if key.rpartition("}")[2] == name), "")


def _bodies(archive: zipfile.ZipFile, main: str, helpers: _Helpers) -> Iterator[bytes]:
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


def _adapt(root: Any, helpers: _Helpers) -> None:
    """Say in elements that the library knows what it would pass over, and take out what is not shown."""
    for element in [run for run in root.iter("{*}r") if _is_hidden(run)] + list(root.iter(*_PICTURES)):
        _remove(element)
    for link in root.iter("{*}hyperlink"):
        link.attrib.clear()
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
            _insert_text(paragraph, f"{_LEVEL}{level}", first=True)


def _is_hidden(run: Any) -> bool:
    return any(_value(mark) not in ("0", "false", "off", "none") for mark in run.iterfind("{*}rPr/{*}vanish"))


def _remove(element: Any) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _replace_chunk(chunk: Any, helpers: _Helpers) -> None:
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


_END = b"</w:body></w:document>"
_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _read(body: bytes, helpers: _Helpers) -> Iterator[Block]:
    from mammoth.docx import read

    found = read(_package(body, helpers)).value
    yield from _walk(found.children, found)


def _package(body: bytes, helpers: _Helpers) -> IO[bytes]:
    """A document with this body and the parts that it speaks of, all of them parsed before."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "_rels/.rels",
            _relationships(f'<Relationship Id="r" Type="{_RELATIONS}/officeDocument" Target="word/document.xml"/>'),
        )
        archive.writestr(
            "word/document.xml",
            f'<w:document xmlns:w="{_SPACE}"><w:body>'.encode() + body + _END,
        )
        for kind in _HELPERS:
            if kind in helpers.parts:
                archive.writestr(f"word/{kind}.xml", helpers.parts[kind])
    file.seek(0)
    return file


def _relationships(entries: str) -> str:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{entries}</Relationships>'


def _walk(elements: list[Any], document: Any) -> Iterator[Block]:
    from mammoth import documents

    for element in elements:
        if isinstance(element, documents.Paragraph):
            yield from _paragraph(element, document)
        elif isinstance(element, documents.TableRow):
            yield 0, " ".join(text for _, text in _walk(element.children, document))
        elif isinstance(element, documents.HasChildren):
            yield from _walk(element.children, document)


def _paragraph(paragraph: Any, document: Any) -> Iterator[Block]:
    """The paragraph, and after it the notes and comments that it refers to."""
    referred: list[Any] = []
    text = "".join(_text(child, document, referred) for child in paragraph.children)
    level = int(text[1]) if text.startswith(_LEVEL) and text[1:2].isdecimal() else 0
    yield level, text[2:] if level else text
    for body in referred:
        yield from _walk(body, document)


def _text(element: Any, document: Any, referred: list[Any]) -> str:
    from mammoth import documents

    match element:
        case documents.Text():
            return str(element.value)
        case documents.Tab():
            return "\t"
        case documents.Break():
            return PAGE_BREAK if element.break_type == "page" else "\n"
        case documents.Checkbox():
            return "☒ " if element.checked else "☐ "
        case documents.NoteReference():
            referred.append(document.notes.resolve(element).body)
            return ""
        case documents.CommentReference():
            referred.extend(comment.body for comment in document.comments if comment.comment_id == element.comment_id)
            return ""
        case documents.Paragraph():  # in a text box
            return f"\n{''.join(_text(child, document, referred) for child in element.children)}\n"
        case documents.HasChildren():
            return "".join(_text(child, document, referred) for child in element.children)
        case _:
            return ""


def _pages(blocks: Iterator[Block], pages: int) -> tuple[str, ...]:
    found: list[str] = []
    page, size = [""], 0
    for _, paragraph in blocks:
        for number, piece in enumerate(paragraph.split(PAGE_BREAK)):
            if (number or size > PAGE) and size:
                found.append(tidy("\n".join(page)))
                page, size = [], 0
            if len(found) == pages:
                return tuple(found)
            page.append(piece)
            size += len(piece)
    return (*found, tidy("\n".join(page)))
