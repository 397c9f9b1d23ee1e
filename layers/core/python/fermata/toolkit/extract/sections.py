"""A whole document as its parts: the pages of a PDF, what stands under each heading of the others, blocks of plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.charset import declarations, declared_charset, decode
from fermata.toolkit.extract.content import Outline, Section, tidy
from fermata.toolkit.extract.detect import HEAD, binary_format, text_format

MAX_TEXT = 20 * 1024 * 1024
"""Bytes of a text or HTML file that are read."""

MAX_CHARACTERS = 5_000_000
"""Characters of a document's text that are kept; about 2,000 pages."""

MAX_SECTIONS = 5_000
SECTION = 12_000
"""Characters of a section; a longer one is cut at a paragraph's end."""

BLOCK = 4_000
"""Characters of a block of plain text, about."""

MAX_HEADING = 200
WHOLE = 100_000
"""Pages of Markdown: more than any section has."""

_FENCE = re.compile(r"\s{0,3}(```+|~~~+)")
_HASHES = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-+)[ \t]*$")

Line = tuple[int, str]
"""A line or paragraph and its level as a heading; 0 for one that is none."""


def outline_here(path: Path, content_type: str = "") -> Outline:
    """What the file is made of, read in this process. Raises UnitError with a reason for the user."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        binary = binary_format(head, stream)
        stream.seek(0)
        found = _binary(stream, binary) if binary else _text(_decoded(stream.read(MAX_TEXT), content_type))
    if not found.sections:
        raise UnitError(f"the {found.format.upper() if found.format != 'text' else 'file'} has no text in it")
    return found


def page_here(path: Path, number: int) -> Section:
    """One page of a PDF, from 1, read in this process. Raises UnitError."""
    from fermata.toolkit.extract.pdf import pdf_page

    with path.open("rb") as stream:
        return pdf_page(stream, number)


def _decoded(data: bytes, content_type: str) -> str:
    return decode(data, (declared_charset(content_type), *declarations(data)))[0]


def _binary(stream: IO[bytes], format_: str) -> Outline:
    if format_ == "pdf":
        from fermata.toolkit.extract.pdf import pdf_outline

        return pdf_outline(stream, MAX_SECTIONS)
    from fermata.toolkit.extract.docx import headed_docx

    title, author, lines = headed_docx(stream)
    return Outline("docx", title, author, 0, _bounded(_sections(lines)))


def _text(text: str) -> Outline:
    format_ = text_format(text)
    if format_ == "html":
        from fermata.toolkit.extract.html import HEADING, headed_html

        title, author, main = headed_html(text)
        lines = ((int(line[1]), line[2:]) if line.startswith(HEADING) else (0, line) for line in main.split("\n"))
        return Outline("html", title, author, 0, _bounded(_sections(lines)))
    if format_ == "markdown":
        from fermata.toolkit.extract.markdown import read_markdown, without_front_matter

        sections = [
            Section(section.path, "\n\n".join(read_markdown(section.text, WHOLE).pages))
            for section in _sections(_markdown_lines(without_front_matter(text)))
        ]
        title = next((section.path[0] for section in sections if section.path), "")
        return Outline("markdown", title, "", 0, _bounded(sections))
    return Outline("text", "", "", 0, _bounded(_cut((), tidy(text), BLOCK)))


def _sections(lines: Iterable[Line]) -> Iterator[Section]:
    """What stands between two headings, under the headings above it; nothing, where a heading has no text and none below it."""
    headings: list[Line] = []
    body: list[str] = []
    bare = False
    for level, text in lines:
        if not level:
            body.append(text)
            continue
        if "".join(body).strip() or (bare and headings[-1][0] >= level):
            yield Section(tuple(heading for _, heading in headings), "\n".join(body))
        body = []
        headings = [heading for heading in headings if heading[0] < level]
        heading = " ".join(text.split())[:MAX_HEADING]
        bare = bool(heading)
        if heading:
            headings.append((level, heading))
    if "".join(body).strip() or bare:
        yield Section(tuple(heading for _, heading in headings), "\n".join(body))


def _markdown_lines(text: str) -> Iterator[Line]:
    fence = ""
    held: str | None = None
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if mark and (not fence or mark[1].startswith(fence)):
            fence = "" if fence else mark[1]
        underline = _UNDERLINE.match(line) if held and held.strip() and not fence and not mark else None
        if underline and held is not None:
            yield (1 if underline[1][0] == "=" else 2, held)
            held = None
            continue
        if held is not None:
            yield (0, held)
        held = None
        hashes = _HASHES.match(line) if not fence and not mark else None
        if hashes:
            yield (len(hashes[1]), hashes[2])
        elif fence or mark or line.startswith((" ", "\t", "-", "*", ">", "|")):
            yield (0, line)
        else:
            held = line
    if held is not None:
        yield (0, held)


def _bounded(sections: Iterable[Section]) -> tuple[Section, ...]:
    """Those with text or a heading, none too long, up to what a document may have."""
    kept: list[Section] = []
    left = MAX_CHARACTERS
    for whole in sections:
        cut = list(_cut(whole.path, tidy(whole.text), SECTION))
        for section in cut or ([Section(whole.path, "")] if whole.path else []):
            if left <= 0 or len(kept) == MAX_SECTIONS:
                return tuple(kept)
            kept.append(Section(section.path, section.text[:left]))
            left -= len(section.text)
    return tuple(kept)


def _cut(path: tuple[str, ...], text: str, size: int) -> Iterator[Section]:
    while text:
        ends = (text.rfind(separator, size // 2, size) for separator in ("\n\n", "\n", ". ", " "))
        end = len(text) if len(text) <= size else next((end + 1 for end in ends if end > 0), size)
        if part := text[:end].strip():
            yield Section(path, part)
        text = text[end:].lstrip()
