"""DOCX, by mammoth, which follows relationships and takes revisions as accepted."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from lxml import etree

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import PAGE, Block, Content, tidy
from fermata.toolkit.extract.package import main_part, related
from fermata.toolkit.extract.word_parts import HELPERS, LEVEL, Helpers, bodies, helpers_of, parsed

PAGE_BREAK = "\f"
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
            for element in parsed(archive, name).iter("{*}title", "{*}creator"):
                yield str(element.tag), element.text or ""


def _blocks(archive: zipfile.ZipFile, main: str) -> Iterator[Block]:
    helpers = helpers_of(archive, main)
    yield from _framed(archive, main, "/header")
    for piece in bodies(archive, main, helpers):
        yield from _read(piece, helpers)
    yield from _framed(archive, main, "/footer")


def _framed(archive: zipfile.ZipFile, main: str, kind: str) -> Iterator[Block]:
    """The text of the headers or footers, each once."""
    seen = set()
    for name in related(archive, main, kind):
        if name in archive.namelist():
            text = "\n".join("".join(piece.itertext("{*}t")) for piece in parsed(archive, name).iter("{*}p")).strip()
            if text and text not in seen:
                seen.add(text)
                yield 0, text


_END = b"</w:body></w:document>"
_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def _read(body: bytes, helpers: Helpers) -> Iterator[Block]:
    from mammoth.docx import read

    found = read(_package(body, helpers)).value
    yield from _walk(found.children, found)


def _package(body: bytes, helpers: Helpers) -> IO[bytes]:
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
        for kind in HELPERS:
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
    level = int(text[1]) if text.startswith(LEVEL) and text[1:2].isdecimal() else 0
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
            with suppress(KeyError):  # a note that is not there
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
