"""A file as text, in this process. Untrusted files go through :mod:`fermata.toolkit.extract.sandbox` instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.charset import declarations, declared_charset, decode
from fermata.toolkit.extract.content import MAX_CHARACTERS, Content, Links
from fermata.toolkit.extract.detect import HEAD, binary_format, text_format

MAX_LINKS = 5_000
"""Links of a page that are kept."""

MAX_TEXT = 5 * 1024 * 1024
"""Bytes of a text or HTML file that are looked at; far more than the pages anyone may ask for."""


def read_here(path: Path, pages: int, content_type: str = "", empty: bool = False) -> Content:
    """The first ``pages`` pages. Raises UnitError with a reason for the user; ``empty``: no text is no reason."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        binary = binary_format(head, stream)
        stream.seek(0)
        if binary == "pdf":
            from fermata.toolkit.extract.pdf import read_pdf

            content = read_pdf(stream, pages)
        elif binary == "docx":
            from fermata.toolkit.extract.docx import read_docx

            content = read_docx(stream, pages)
        else:
            content = _read_text(stream.read(MAX_TEXT), pages, content_type)
    if not any(content.pages) and not empty:
        raise UnitError(_no_text(content, pages))
    return _shortened(content)


def _read_text(data: bytes, pages: int, content_type: str) -> Content:
    text, _ = decode(data, (declared_charset(content_type), *declarations(data)))
    match text_format(text):
        case "html":
            from fermata.toolkit.extract.html import read_html

            return read_html(text, pages)
        case "markdown":
            from fermata.toolkit.extract.markdown import read_markdown

            return read_markdown(text, pages)
        case _:
            from fermata.toolkit.extract.content import paged

            return Content("text", "", paged(text, pages))


def _no_text(content: Content, pages: int) -> str:
    if content.format == "pdf":
        where = "its first page" if pages == 1 else f"its first {pages} pages"
        return f"the PDF has no text on {where}; it may be a scan"
    return f"the {content.format.upper() if content.format != 'text' else 'file'} has no text in it"


def _shortened(content: Content) -> Content:
    left, kept = MAX_CHARACTERS, []
    for page in content.pages:
        kept.append(page[:left])
        left -= len(kept[-1])
    return replace(content, title=content.title[:500], pages=tuple(kept), links=_few(content.links))


def _few(links: Links) -> Links:
    return replace(links, urls=links.urls[:MAX_LINKS], nofollow=links.nofollow[:MAX_LINKS])
