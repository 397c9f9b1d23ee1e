"""PDF, page by page, by PDFium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import Content, Outline, Section, tidy
from fermata.toolkit.extract.plausibility import implausible

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

MAX_BOOKMARKS, MAX_DEPTH = 5_000, 9
MAX_PAGES = 5_000
"""Pages that are looked at for whether they have text."""

MAX_DRAWN = 1_000_000
"""Characters that are read of a page."""

_SAMPLE = 5_000
"""Characters of a page that say whether its fonts name them."""

_COVERED = 0.5
"""Share of a page that its images cover when it is a scan."""

_BROKEN = "\ufffe"
"""What PDFium has for a hyphen at a line's end, and the end of the line."""

_WORD = re.compile(rf"(\w+){_BROKEN}(\w+)")
_FONTS = "its fonts don't say which characters they show, so that it takes OCR to read it"


def read_pdf(stream: IO[bytes], pages: int) -> Content:
    """The first ``pages`` pages. Raises UnitError for a PDF that is damaged, locked, empty, or can't be read without OCR."""
    with opened_pdf(stream) as document:
        numbers = range(min(len(document), pages))
        texts = [_text(document[number]) for number in numbers]
        if not any(texts):
            raise UnitError(_no_text(document, pages, gibberish=None in texts))
        return Content("pdf", _fact(document, "Title"), tuple(text or "" for text in texts))


def pdf_outline(stream: IO[bytes], most: int) -> Outline:
    """The first ``most`` pages as sections without text, each under the bookmarks that lead to it; errors as before."""
    with opened_pdf(stream) as document:
        count = len(document)
        marks = _bookmarks(document)
        sections: list[Section] = []
        path: tuple[str, ...] = ()
        for number in range(1, min(count, most) + 1):
            # A page belongs to the chapter that begins on it, or else to the one that goes on.
            sections.append(Section(marks.get(number, [path])[0], "", number))
            path = marks.get(number, [path])[-1]
        return Outline(
            "pdf", _fact(document, "Title"), _fact(document, "Author"), count, tuple(sections), truncated=count > most
        )


def pdf_page(stream: IO[bytes], number: int) -> Section:
    """One page, from 1; errors as before. A page without text and images has an empty one, and so has one that takes OCR."""
    with opened_pdf(stream) as document:
        return _section(document, number)


class KeptPdf:
    """A PDF that stays open while its pages are asked for: opening one of thousands takes longer than to read a page of it."""

    def __init__(self) -> None:
        self._file: tuple[Path, int, int, int] | None = None
        self._open = ExitStack()
        self._document: PdfDocument

    def page(self, path: Path, number: int) -> Section:
        """As :func:`pdf_page`."""
        facts = path.stat()
        file = path, facts.st_ino, facts.st_mtime_ns, facts.st_size
        try:
            if file != self._file:
                self.close()
                self._document = self._open.enter_context(opened_pdf(self._open.enter_context(path.open("rb"))))
                self._file = file
            with _damages():
                return _section(self._document, number)
        except UnitError:
            self.close()
            raise

    def close(self) -> None:
        self._file = None
        self._open.close()


def _section(document: PdfDocument, number: int) -> Section:
    page = document[number - 1]
    text = _text(page)
    return Section((), text or "", number, takes_ocr=_takes_ocr(page, text))


def pages_without_text(stream: IO[bytes], most: int = MAX_PAGES) -> tuple[int, list[int]]:
    """How many pages there are, and the numbers, from 1, of those of the first ``most`` that take OCR; errors as before.

    A page without text and images is empty, and takes none.
    """
    with opened_pdf(stream) as document:
        count = len(document)
        pages = (document[number] for number in range(min(count, most)))
        return count, [number for number, page in enumerate(pages, start=1) if _takes_ocr(page, _text(page))]


def _takes_ocr(page: PdfPage, text: str | None) -> bool:
    """Whether a page with this text shows more than it says: its fonts don't say which characters they show, or it is a scan."""
    return text is None or (not text and _is_scan(page))


@contextmanager
def opened_pdf(stream: IO[bytes]) -> Iterator[PdfDocument]:
    """The document, for as long as the context lasts. Raises UnitError for one that can't be read."""
    from pypdfium2 import PdfDocument, PdfiumError

    try:
        document = PdfDocument(stream)
    except PdfiumError as error:
        raise UnitError(_reason(str(error), stream)) from None
    try:
        with _damages():
            if not len(document):
                raise UnitError("the PDF has no pages")
            yield document
    finally:
        document.close()


@contextmanager
def _damages() -> Iterator[None]:
    from pypdfium2 import PdfiumError

    try:
        yield
    except PdfiumError:
        raise UnitError("the PDF is damaged or incomplete and can't be read") from None


def _reason(error: str, stream: IO[bytes]) -> str:
    stream.seek(0)
    # PDFium keeps the code of an earlier error, so that its word for it alone proves nothing.
    if b"/Encrypt" in stream.read():
        return "the PDF is encrypted " + ("with a password" if "password" in error else "in a way that can't be read")
    return "the PDF is damaged or incomplete and can't be read"


def _text(page: PdfPage) -> str | None:
    """The page's text, None when it would be gibberish."""
    from pypdfium2 import raw

    text_page = page.get_textpage()
    count = min(text_page.count_chars(), MAX_DRAWN)
    if not count:
        return ""
    # What PDFium gives as text lacks the control characters that gibberish has, so each character is looked at by itself; one of
    # mathematics or of a rare script comes as a pair of UTF-16.
    sample = range(min(count, _SAMPLE))
    units = "".join(chr(raw.FPDFText_GetUnicode(text_page.raw, index)) for index in sample)
    drawn = units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    unmapped = sum(raw.FPDFText_HasUnicodeMapError(text_page.raw, index) == 1 for index in sample)
    if implausible(drawn, unmapped / len(sample)):
        return None
    return tidy(_joined(text_page.get_text_range(0, count).replace("\r\n", "\n")))


def _joined(text: str) -> str:
    """The text with the words whole that a line's end divides.

    A hyphen stays where the document has the word with it elsewhere and without it nowhere, and before a capital letter.
    """
    words = set(text.split())

    def join(match: re.Match[str]) -> str:
        first, second = match.groups()
        keeps = second[0].isupper() or (f"{first}-{second}" in words and first + second not in words)
        return f"{first}-{second}" if keeps else first + second

    return _WORD.sub(join, text).replace(_BROKEN, "-\n")


def _no_text(document: PdfDocument, pages: int, *, gibberish: bool) -> str:
    if gibberish:
        return f"the PDF has no text that can be read on {_first(pages)}: {_FONTS}"
    if any(_is_scan(document[number]) for number in range(min(len(document), pages))):
        return f"the PDF has no text on {_first(pages)}, only images: it is a scan, and it takes OCR to read it"
    return f"the PDF has no text on {_first(pages)}"


def _first(pages: int) -> str:
    return "its first page" if pages == 1 else f"its first {pages} pages"


def _is_scan(page: PdfPage) -> bool:
    from pypdfium2 import raw

    width, height = page.get_size()
    covered = 0.0
    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = image.get_bounds()
        covered += max(0.0, min(right, width) - max(left, 0.0)) * max(0.0, min(top, height) - max(bottom, 0.0))
    return bool(covered >= width * height * _COVERED)


def _bookmarks(document: PdfDocument) -> dict[int, list[tuple[str, ...]]]:
    """Page → the paths of the bookmarks to it, in order. A page is still read when its bookmarks are broken."""
    from pypdfium2 import PdfiumError

    found: dict[int, list[tuple[str, ...]]] = {}
    path: list[str] = []
    try:
        for seen, mark in enumerate(document.get_toc(max_depth=MAX_DEPTH)):
            if seen == MAX_BOOKMARKS:
                break
            del path[mark.level :]
            path.extend([""] * (mark.level - len(path)))
            path.append(tidy(mark.get_title())[:200])
            destination = mark.get_dest()
            number = destination.get_index() if destination else None
            if path[-1] and number is not None:
                found.setdefault(number + 1, []).append(tuple(filter(None, path)))
    except PdfiumError:
        return {}
    return found


def _fact(document: PdfDocument, name: str) -> str:
    return tidy(document.get_metadata_value(name))[:500]
