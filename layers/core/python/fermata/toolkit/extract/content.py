"""What reading a file gives, and the bounds of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

PAGE = 4_000
"""Characters that count as a page where the format knows no pages."""

MAX_TITLE = 500
"""Characters of a title, a heading or an author's name."""

MAX_CHARACTERS = 200_000
"""Characters of a document that are kept at most."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f\xad\ufeff\ufffe\uffff]")
"""Control characters, soft hyphens and marks of byte order."""
_BLANKS = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r" ?\n(?: ?\n)+ ?")


Block = tuple[int, str]
"""A paragraph or the like, and its level as a heading; 0 for one that is none."""


@dataclass(frozen=True)
class Links:
    """What an HTML page links to.

    Attributes:
        base: what the links are relative to; empty when to the page itself.
        urls: as they are written, in order, without repeats.
        nofollow: those of them that the page asks robots to leave alone.
    """

    base: str = ""
    urls: tuple[str, ...] = ()
    nofollow: tuple[str, ...] = ()


@dataclass(frozen=True)
class Content:
    """The text of a document.

    Attributes:
        format: ``pdf``, ``docx``, ``html``, ``xml``, ``markdown`` or ``text``.
        title: as the document itself gives it; may be empty.
        pages: the text of each page that was read.
        links: an HTML page's.
    """

    format: str
    title: str
    pages: tuple[str, ...]
    links: Links = Links()

    @property
    def text(self) -> str:
        return "\n\n".join(self.pages)


@dataclass(frozen=True)
class Section:
    """A part of a document.

    Attributes:
        path: the headings above it, outermost first.
        page: its page, from 1, where the format knows pages.
        takes_ocr: it shows more than it says, as a scan does.
    """

    path: tuple[str, ...]
    text: str
    page: int | None = None
    takes_ocr: bool = False


@dataclass(frozen=True)
class Outline:
    """A document's parts.

    Attributes:
        format, title: as for :class:`Content`.
        author: as the document itself gives it; may be empty.
        pages: how many, where the format knows pages; they are read one by one.
        sections: the document's text, where it does not.
        truncated: there is more than a document may have.
    """

    format: str
    title: str
    author: str
    pages: int
    sections: tuple[Section, ...]
    truncated: bool = False


def tidy(text: str) -> str:
    """The text without control characters, half characters, and blanks or blank lines in a row."""
    text = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8"))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    text = _BLANKS.sub(" ", _UNPRINTABLE.sub("", text))
    return _GAPS.sub("\n\n", text).strip()


def paged(text: str, pages: int) -> tuple[str, ...]:
    """The first ``pages`` pages of a text that has none, cut at a paragraph's, line's or word's end if possible."""
    found: list[str] = []
    text = tidy(text)
    while text and len(found) < pages:
        end = len(text) if len(text) <= PAGE else _cut(text)
        found.append(text[:end].strip())
        text = text[end:].lstrip()
    return tuple(found)


def _cut(text: str) -> int:
    ends = (text.rfind(separator, PAGE // 2, PAGE) for separator in ("\n\n", "\n", " "))
    return next((end for end in ends if end > 0), PAGE)
