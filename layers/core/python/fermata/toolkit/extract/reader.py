"""A file as text, in this process. Untrusted files go through :mod:`fermata.toolkit.extract.sandbox` instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import MAX_CHARACTERS, MAX_TITLE, PAGE, Content, Links, paged
from fermata.toolkit.extract.detect import HEAD, binary_format
from fermata.toolkit.extract.texts import read_text_file

MAX_LINKS = 5_000
"""Links of a page that are kept."""

_SPARE = 8
"""Characters that are read for each that is asked for: blanks go, and what is no main text."""

MAX_TEXT = 50 * 1024 * 1024
"""Bytes of a text or HTML file that are looked at."""


def read_here(path: Path, pages: int, content_type: str = "", empty: bool = False) -> Content:
    """The first ``pages`` pages. Raises UnitError with a reason for the user; ``empty``: no text is no reason."""
    with path.open("rb") as stream:
        head = stream.read(HEAD)
        binary = binary_format(head, stream, content_type)
        stream.seek(0)
        if binary == "pdf":
            from fermata.toolkit.extract.pdf import read_pdf

            content = read_pdf(stream, pages)
        elif binary == "docx":
            from fermata.toolkit.extract.docx import read_docx

            content = read_docx(stream, pages)
        else:
            document = read_text_file(stream.read(MAX_TEXT), content_type, pages * PAGE * _SPARE)
            text = "\n\n".join(block for _, block in document.blocks)
            content = Content(document.format, document.title, paged(text, pages), document.links)
    if not any(content.pages) and not empty:
        raise UnitError(f"the {content.format.upper() if content.format != 'text' else 'file'} has no text in it")
    return _shortened(content)


def _shortened(content: Content) -> Content:
    left, kept = MAX_CHARACTERS, []
    for page in content.pages:
        kept.append(page[:left])
        left -= len(kept[-1])
    return replace(content, title=content.title[:MAX_TITLE], pages=tuple(kept), links=_few(content.links))


def _few(links: Links) -> Links:
    return replace(links, urls=links.urls[:MAX_LINKS], nofollow=links.nofollow[:MAX_LINKS])
