"""PDF, page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import Content, Outline, Section, tidy

if TYPE_CHECKING:
    from pypdf import PdfReader

MAX_BOOKMARKS, MAX_DEPTH = 5_000, 9

_HYPHENATED = re.compile(r"(?<=[a-zà-ÿ])-\n(?=[a-zà-ÿ])")


def read_pdf(stream: IO[bytes], pages: int) -> Content:
    """The first ``pages`` pages. Raises UnitError for a PDF that is damaged, locked, empty or grows too large."""
    with _opened(stream) as reader:
        count = len(reader.pages)
        texts = tuple(_text(reader.pages[number].extract_text()) for number in range(min(count, pages)))
        return Content("pdf", _fact(reader, "title"), texts)


def pdf_outline(stream: IO[bytes], most: int) -> Outline:
    """The first ``most`` pages as sections without text, each under the bookmarks that lead to it; errors as before."""
    with _opened(stream) as reader:
        count = len(reader.pages)
        marks = _bookmarks(reader)
        sections: list[Section] = []
        path: tuple[str, ...] = ()
        for number in range(1, min(count, most) + 1):
            # A page belongs to the chapter that begins on it, or else to the one that goes on.
            sections.append(Section(marks.get(number, [path])[0], "", number))
            path = marks.get(number, [path])[-1]
        return Outline("pdf", _fact(reader, "title"), _fact(reader, "author"), count, tuple(sections))


def pdf_page(stream: IO[bytes], number: int) -> Section:
    """One page, from 1; errors as before."""
    with _opened(stream) as reader:
        return Section((), _text(reader.pages[number - 1].extract_text()), number)


@contextmanager
def _opened(stream: IO[bytes]) -> Iterator[PdfReader]:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError

    try:
        reader = PdfReader(stream)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnitError("the PDF is encrypted with a password")
        if not len(reader.pages):
            raise UnitError("the PDF has no pages")
        yield reader
    except (UnitError, MemoryError):
        raise
    except LimitReachedError:
        raise UnitError("the PDF unpacks to more data than is allowed") from None
    except (FileNotDecryptedError, DependencyError):
        raise UnitError("the PDF is encrypted in a way that can't be read") from None
    except Exception:
        # The library lets any exception out when a file breaks its expectations; whichever it is, the file is at fault.
        raise UnitError("the PDF is damaged or incomplete and can't be read") from None


def _bookmarks(reader: PdfReader) -> dict[int, list[tuple[str, ...]]]:
    """Page → the paths of the bookmarks to it, in order. A page is still read when its bookmarks are broken."""
    found: dict[int, list[tuple[str, ...]]] = {}

    def walk(entries: list[Any], path: tuple[str, ...]) -> None:
        title = ""
        for entry in entries[:MAX_BOOKMARKS]:
            if isinstance(entry, list):
                if len(path) < MAX_DEPTH:
                    walk(entry, (*path, title) if title else path)
                continue
            title = tidy(str(entry.title or ""))[:200]
            number = reader.get_destination_page_number(entry)
            if title and number is not None and number >= 0:
                found.setdefault(number + 1, []).append((*path, title))

    try:
        walk(reader.outline, ())
    except Exception:
        return {}
    return found


def _text(extracted: str) -> str:
    return _HYPHENATED.sub("", tidy(extracted))


def _fact(reader: PdfReader, name: str) -> str:
    try:
        return tidy(str(getattr(reader.metadata, name) or ""))[:500]
    except Exception:
        return ""
