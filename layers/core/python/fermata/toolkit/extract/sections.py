"""A whole document as its parts: the pages of a PDF, what stands under each heading of the others, blocks of plain text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import MAX_TITLE, Block, Outline, Section, tidy
from fermata.toolkit.extract.detect import HEAD, binary_format
from fermata.toolkit.extract.reader import MAX_TEXT
from fermata.toolkit.extract.texts import MAX_CHARACTERS, Document, read_text_file

MAX_SECTIONS = 5_000
SECTION = 12_000
"""Characters of a section; a longer one is cut at a paragraph's end."""

MAX_READ = 2 * MAX_CHARACTERS
"""Characters that are looked at: blanks in a row go, and whether more are left is to be told."""

BLOCK = 4_000
"""Characters of a block of plain text, about."""


def outline_here(path: Path, content_type: str = "") -> Outline:
    """What the file is made of, read in this process. Raises UnitError with a reason for the user."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        binary = binary_format(head, stream, content_type)
        stream.seek(0)
        found = (
            _binary(stream, binary)
            if binary
            else _outlined(read_text_file(stream.read(MAX_TEXT), content_type, MAX_READ))
        )
    if not found.sections:
        raise UnitError(f"the {found.format.upper() if found.format != 'text' else 'file'} has no text in it")
    return replace(found, title=found.title[:MAX_TITLE], author=found.author[:MAX_TITLE])


def page_here(path: Path, number: int) -> Section:
    """One page of a PDF, from 1, read in this process. Raises UnitError."""
    from fermata.toolkit.extract.pdf import pdf_page

    with path.open("rb") as stream:
        return pdf_page(stream, number)


def _binary(stream: IO[bytes], format_: str) -> Outline:
    if format_ == "pdf":
        from fermata.toolkit.extract.pdf import pdf_outline

        return pdf_outline(stream, MAX_SECTIONS)
    from fermata.toolkit.extract.docx import headed_docx

    title, author, lines = headed_docx(stream, MAX_READ)
    return Outline("docx", title, author, 0, *_bounded(_sections(lines)))


def _outlined(document: Document) -> Outline:
    parts = (
        _cut((), tidy("\n\n".join(text for _, text in document.blocks)), BLOCK)
        if document.format == "text"
        else _sections(document.blocks)
    )
    return Outline(document.format, document.title, document.author, 0, *_bounded(parts))


def _sections(lines: Iterable[Block]) -> Iterator[Section]:
    """What stands between two headings, under the headings above it; nothing, where a heading has no text and none below it."""
    headings: list[Block] = []
    body: list[str] = []
    bare = False
    for level, text in lines:
        heading = " ".join(text.split())
        if not level or len(heading) > MAX_TITLE:  # what is longer only looks like a heading
            body.append(text)
            continue
        if "".join(body).strip() or (bare and headings[-1][0] >= level):
            yield Section(tuple(heading for _, heading in headings), "\n\n".join(body))
        body = []
        headings = [heading for heading in headings if heading[0] < level]
        bare = bool(heading)
        if heading:
            headings.append((level, heading))
    if "".join(body).strip() or bare:
        yield Section(tuple(heading for _, heading in headings), "\n\n".join(body))


def _bounded(sections: Iterable[Section]) -> tuple[tuple[Section, ...], bool]:
    """Those with text or a heading, none too long, up to what a document may have, and whether there are more."""
    kept: list[Section] = []
    left = MAX_CHARACTERS
    for whole in sections:
        cut = list(_cut(whole.path, tidy(whole.text), SECTION))
        for section in cut or ([Section(whole.path, "")] if whole.path else []):
            if left <= 0 or len(kept) == MAX_SECTIONS:
                return tuple(kept), True
            kept.append(Section(section.path, section.text[:left]))
            left -= len(section.text)
    return tuple(kept), left < 0


def _cut(path: tuple[str, ...], text: str, size: int) -> Iterator[Section]:
    start = 0
    while start < len(text):
        ends = (text.rfind(separator, start + size // 2, start + size) for separator in ("\n\n", "\n", ". ", " "))
        end = start + size
        if end < len(text):
            end = next((found + 1 for found in ends if found > 0), end)
        if part := text[start:end].strip():
            yield Section(path, part)
        start = end
