"""DOCX: a ZIP archive with the text as XML. Only the text, the page breaks and the title are of interest here."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import iterparse  # type: ignore[import-untyped]

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import PAGE, Content, tidy

MAX_ENTRIES = 10_000
MAX_XML = 64 * 1024 * 1024
MAX_RATIO = 300
_SMALL = 1024 * 1024

_DAMAGES = (
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    KeyError,
    EOFError,
    ValueError,
    RuntimeError,  # NotImplementedError too, for compressions that Word does not use
    OSError,
)

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TITLE = "{http://purl.org/dc/elements/1.1/}title"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_PAGE_BREAK = "\f"


def read_docx(stream: IO[bytes], pages: int) -> Content:
    """The first ``pages`` pages: up to a page break that Word wrote down, or a page's worth of characters."""
    try:
        with zipfile.ZipFile(stream) as archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise UnitError("the DOCX has too many parts")
            with _entry(archive, "word/document.xml") as part:
                texts = _pages(part, pages)
            return Content("docx", _title(archive), texts)
    except _DAMAGES:
        raise UnitError("the DOCX is damaged or incomplete and can't be read") from None


def headed_docx(stream: IO[bytes]) -> tuple[str, str, list[tuple[int, str]]]:
    """Title, author, and each paragraph with its level as a heading, 0 for one that is none."""
    try:
        with zipfile.ZipFile(stream) as archive:
            if len(archive.infolist()) > MAX_ENTRIES:
                raise UnitError("the DOCX has too many parts")
            levels = _levels(archive)
            with _entry(archive, "word/document.xml") as part:
                found = [
                    (_level(element, levels), _words(element).replace(_PAGE_BREAK, "\n")) for element in _elements(part)
                ]
            return _title(archive), _fact(archive, _CREATOR), found
    except _DAMAGES:
        raise UnitError("the DOCX is damaged or incomplete and can't be read") from None


def _levels(archive: zipfile.ZipFile) -> dict[str, int]:
    """Style → level, of the styles that make headings. Their names are English in every language, their ids are not."""
    levels: dict[str, int] = {}
    if "word/styles.xml" not in archive.namelist():
        return levels
    with _entry(archive, "word/styles.xml") as part:
        for _, element in iterparse(part, forbid_dtd=True):
            if element.tag == f"{_W}style":
                name = element.find(f"{_W}name")
                words = (name.get(f"{_W}val") or "").lower().split() if name is not None else []
                if len(words) == 2 and words[0] == "heading" and words[1].isdecimal():
                    levels[element.get(f"{_W}styleId") or ""] = int(words[1])
    return levels


def _level(paragraph: Element, levels: dict[str, int]) -> int:
    style, outline = paragraph.find(f"{_W}pPr/{_W}pStyle"), paragraph.find(f"{_W}pPr/{_W}outlineLvl")
    if outline is not None and (outline.get(f"{_W}val") or "").isdecimal():
        level = int(outline.get(f"{_W}val") or 9) + 1
        return level if level <= 9 else 0
    return levels.get(style.get(f"{_W}val") or "", 0) if style is not None else 0


def _entry(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    entry = archive.getinfo(name)
    if entry.flag_bits & 1:
        raise UnitError("the DOCX is encrypted with a password")
    # zipfile gives no more bytes than the size that the entry declares, so the declared size is a bound that holds.
    if entry.file_size > MAX_XML or entry.file_size > max(_SMALL, entry.compress_size * MAX_RATIO):
        raise UnitError("the DOCX unpacks to more data than is allowed")
    return archive.open(entry)


def _pages(part: IO[bytes], pages: int) -> tuple[str, ...]:
    found, page, size = [], [""], 0
    for paragraph in _paragraphs(part):
        for number, piece in enumerate(paragraph.split(_PAGE_BREAK)):
            if (number or size > PAGE) and size:
                found.append(tidy("\n".join(page)))
                page, size = [], 0
            if len(found) == pages:
                return tuple(found)
            page.append(piece)
            size += len(piece)
    return (*found, tidy("\n".join(page)))


def _paragraphs(part: IO[bytes]) -> Iterator[str]:
    """The text of each paragraph, page breaks as form feeds."""
    return (_words(element) for element in _elements(part))


def _elements(part: IO[bytes]) -> Iterator[Element]:
    """Each paragraph; what has been seen is forgotten."""
    fallbacks = 0
    body: list[Element] = []
    for event, element in iterparse(part, events=("start", "end"), forbid_dtd=True):
        if element.tag == _FALLBACK:
            # Says the same as its sibling again, for older programs.
            fallbacks += 1 if event == "start" else -1
        if event == "start":
            if element.tag == f"{_W}body":
                body.append(element)
        elif element.tag == f"{_W}p":
            if not fallbacks:
                yield element
            element.clear()
            if body and body[0] and body[0][-1] is element:
                body[0].clear()


def _words(paragraph: Element) -> str:
    return "".join(map(_piece, paragraph.iter()))


def _piece(element: Element) -> str:
    match element.tag.removeprefix(_W) if isinstance(element.tag, str) else "":
        case "t":
            return element.text or ""
        case "tab":
            return "\t"
        case "br" if element.get(f"{_W}type") == "page":
            return _PAGE_BREAK
        case "lastRenderedPageBreak":
            return _PAGE_BREAK
        case "br" | "cr":
            return "\n"
        case _:
            return ""


def _title(archive: zipfile.ZipFile) -> str:
    return _fact(archive, _TITLE)


def _fact(archive: zipfile.ZipFile, tag: str) -> str:
    if "docProps/core.xml" not in archive.namelist():
        return ""
    with _entry(archive, "docProps/core.xml") as part:
        for _, element in iterparse(part, forbid_dtd=True):
            if element.tag == tag:
                return tidy(element.text or "")
    return ""
