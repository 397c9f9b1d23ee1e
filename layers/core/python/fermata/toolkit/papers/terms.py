"""What is asked of a service."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TERM = re.compile(r'"([^"]+)"|(\S+)')
_SIGNS = re.compile(r"[^\w\s'’.+#/-]+|(?<![\w+#])[-+.]+|[-.](?![\w])|(?<!\w)[#/]+")


@dataclass(frozen=True)
class Ask:
    """One page of one service for one query.

    Attributes:
        query: words, and phrases in double quotes.
        offset: papers before the page.
        count: papers that the page may have.
        cursor: where the page begins, as the page before it said; services that count pages need none.
        contact: e-mail address that services ask for, so that they can write before they block.
        base: where the service is, without a slash at the end.
    """

    query: str
    base: str
    offset: int = 0
    count: int = 100
    cursor: str = ""
    year_from: int | None = None
    year_to: int | None = None
    contact: str = ""
    key: str = field(default="", repr=False)

    @property
    def terms(self) -> list[str]:
        """The words and phrases, without signs that mean something in a service's own language."""
        found = ((_SIGNS.sub(" ", phrase or word).split(), phrase) for phrase, word in _TERM.findall(self.query))
        return [term for words, phrase in found for term in ([" ".join(words)] if phrase else words) if term]


def quoted(term: str) -> str:
    """A phrase between double quotes, a word as it is."""
    return f'"{term}"' if " " in term else term
