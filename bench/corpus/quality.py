"""How good a text is, by what people have said of it, or by what several readers agree on."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_HIDDEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_WORD = re.compile(r"\w+")
_BROKEN = re.compile(r"(?<=\w)[-\u00ad\u2010]\s*\n\s*(?=\w)")
"""Where a line's end divides a word: some readers join it, which is not what is compared."""


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: float = 0
    whole: float = 0

    def __add__(self, other: Share) -> Share:
        return Share(self.part + other.part, self.whole + other.whole)

    @property
    def percent(self) -> float:
        return 100 * self.part / self.whole if self.whole else 0.0


def plain(text: str) -> str:
    """The text with one blank between words, composed, without signs that nobody sees."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_HIDDEN).split())


def snippets(text: str | None, wanted: Iterable[str]) -> Share:
    """How many of the snippets are in a text."""
    words = plain(text or "")
    found = [plain(snippet) in words for snippet in wanted]
    return Share(sum(found), len(found))


def agreement(texts: Mapping[str, str | None]) -> dict[str, tuple[Share, Share]]:
    """For each reader of one file: how much it has of the words that two others, or all others, have, and how many of its words
    nobody else has."""
    words = {reader: _whole_words(text or "") for reader, text in texts.items()}
    result = {}
    for reader, own in words.items():
        others = [found for name, found in words.items() if name != reader and texts[name] is not None]
        counts = Counter(word for found in others for word in found)
        agreed = {word for word, count in counts.items() if count >= min(2, len(others))}
        result[reader] = (Share(len(own & agreed), len(agreed)), Share(len(own - counts.keys()), len(own)))
    return result


@dataclass(frozen=True)
class Page:
    """What is known of a page: its title, what people want of it and don't, and what readers take for its main text."""

    title: str
    wanted: Sequence[str]
    unwanted: Sequence[str]
    texts: Sequence[str]


class Frames:
    """What stands around the texts of many sites, told by what people marked as unwanted and as wanted on their pages."""

    SITES, TIMES = 3, 3

    def __init__(self, pages: Iterable[tuple[str, Sequence[str], Sequence[str]]]) -> None:
        """``pages``: each its site, its wanted and its unwanted snippets."""
        wanted: dict[str, set[str]] = {}
        unwanted: dict[str, set[str]] = {}
        for site, good, bad in pages:
            for snippets_, sites in ((good, wanted), (bad, unwanted)):
                for word in {word for snippet in snippets_ for word in _words(snippet)}:
                    sites.setdefault(word, set()).add(site)
        self._words = frozenset(
            word
            for word, sites in unwanted.items()
            if len(sites) >= self.SITES and len(sites) >= self.TIMES * len(wanted.get(word, ()))
        )

    def has(self, tag: str, page: Page) -> bool:
        """Whether a tag of a page is boilerplate: it stands in what is unwanted on it, or all of its words are of the kind that
        stands around texts everywhere, or none of the readers has it in its main text; and neither in its title nor in what is
        wanted."""
        if any(_stands(tag, text) for text in (page.title, *page.wanted)):
            return False
        return (
            any(_stands(tag, snippet) for snippet in page.unwanted)
            or all(word in self._words for word in _words(tag))
            or not any(_stands(tag, text) for text in page.texts)
        )


def _whole_words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(plain(_BROKEN.sub("", text)).casefold()))


def _words(text: str) -> list[str]:
    return _WORD.findall(plain(text).casefold())


def _stands(tag: str, text: str) -> bool:
    return f" {' '.join(_words(tag))} " in f" {' '.join(_words(text))} "
