"""A paper as every service describes it, in one form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

MAX_TITLE = 1_000
MAX_ABSTRACT = 20_000
MAX_AUTHORS = 200

_DOI = re.compile(r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_HEADING = re.compile(r"<(?:jats:)?title>\s*abstract\s*</(?:jats:)?title>", re.IGNORECASE)
_BLOCK = re.compile(r"</?(?:jats:)?(?:p|title|sec|div|h\d|li|br)\b[^<>]*>", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a service says of a paper.

    Attributes:
        service, id: who says it, and what the paper is called there.
        date: ISO 8601, as exact as it is known: a day, a month or a year.
        doi: bare and in lower case; empty: none is known.
        ids: what it is called elsewhere (``arxiv``, ``pmid``, ``pmcid`` …).
        citations: how many other papers cite it, as far as the service knows.
    """

    service: str
    id: str
    title: str
    authors: Sequence[str] = ()
    year: int | None = None
    date: str = ""
    venue: str = ""
    doi: str = ""
    abstract: str = ""
    url: str = ""
    pdf_url: str = ""
    type: str = ""
    language: str = ""
    citations: int | None = None
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same for a paper whoever speaks of it, where it has a DOI."""
        return f"doi:{self.doi}" if self.doi else f"{self.service}:{self.id}"

    def values(self) -> dict[str, Any]:
        """As a record of a table."""
        return {
            "title": self.title[:MAX_TITLE],
            "authors": list(self.authors[:MAX_AUTHORS]),
            "year": self.year,
            "date": self.date,
            "venue": self.venue,
            "doi": self.doi,
            "abstract": self.abstract[:MAX_ABSTRACT],
            "url": self.url,
            "pdf_url": self.pdf_url,
            "type": self.type,
            "language": self.language,
            "citations": self.citations,
            "ids": dict(self.ids),
            "service": self.service,
            "service_id": self.id,
        }


def normal_doi(text: Any) -> str:
    """The bare DOI in lower case, whose case never matters; empty for what is none."""
    match = _DOI.fullmatch(text.strip()) if isinstance(text, str) else None
    return match[1].lower() if match else ""


def plain(text: Any) -> str:
    """The text without the tags (JATS, HTML, MathML) and references that services leave in titles and abstracts."""
    if not isinstance(text, str):
        return ""
    if "<" in text or "&" in text:
        from selectolax.lexbor import LexborHTMLParser

        body = LexborHTMLParser(f"<body>{_BLOCK.sub(' ', _HEADING.sub('', text))}").body
        text = body.text(separator="") if body is not None else ""
    return " ".join(text.split())


def year_of(value: Any) -> int | None:
    """The year at the beginning of a number or a date; None without one."""
    match = re.match(r"\d{4}", str(value)) if value is not None and not isinstance(value, bool) else None
    return int(match[0]) if match and 1000 <= int(match[0]) <= 2999 else None
