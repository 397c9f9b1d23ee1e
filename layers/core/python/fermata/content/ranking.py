"""Words, passages and their ranking: everything about search but where the index lies."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import log

from fermata.content.model import IndexedSection

PASSAGE = 200
"""Words that a passage has, about."""

LONG = 8
"""Characters of a long word, with its blank."""

MAX_WORD = 64
"""Characters of a word that count; no written word has more, what has more is no word."""

MAX_TERMS = 16
"""Different words of a question that are looked for."""

SNIPPET = 300
"""Characters."""

_K1, _B = 1.2, 0.75
"""The usual constants of BM25: how soon repeats of a word stop to count, and how much long passages are held back."""

_SPOKEN = r"\u0e00-\u0e4e\u0e80-\u0eff\u1000-\u1049\u1780-\u17d3\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts that write no blanks between words: Thai, Lao, Burmese, Khmer, Kana, Han."""

_MARKS = r"\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
"""Accents, and the vowel points that Hebrew and Arabic leave out as they please."""

_SIGNS = r"\u0900-\u0963\u0966-\u0dff"
"""Scripts of India, whose vowel signs are part of a word, though no letters to Python."""

_MARK = re.compile(f"[{_MARKS}]")
_UNSPACED = re.compile(f"[{_SPOKEN}]+")
_LETTER = rf"(?:[^\W_]|[{_MARKS}{_SIGNS}{_SPOKEN}])"
_WORD = re.compile(f"{_LETTER}+(?:['’]{_LETTER}+)*")
_SENTENCE = re.compile(r"(?<=[.!?…])[\"'”’)\]]*\s+|(?<=[。！？])|\n{2,}")


@dataclass(frozen=True)
class Posting:
    """Where a word is in a section.

    Attributes:
        entries: for each passage that has it: the passage's number, how often, and how many words the passage has.
    """

    source: str
    section: int
    entries: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Statistics:
    """How many passages and words a workspace's index has."""

    passages: int = 0
    words: int = 0


@dataclass(frozen=True)
class Scored:
    """A passage and how well it answers; comparable by rank, best first."""

    score: float
    source: str
    section: int
    passage: int

    @property
    def rank(self) -> tuple[float, str, int, int]:
        return (-self.score, self.source, self.section, self.passage)


def words(text: str) -> Iterator[str]:
    """The text's words as they are compared: without case and accents; of unspaced scripts, pairs of letters."""
    for match in _WORD.finditer(folded(text)):
        word = match[0].replace("’", "'")
        if _UNSPACED.search(word):
            yield from _unspaced(word)
        else:
            yield word[:MAX_WORD]


def folded(text: str) -> str:
    """Without case, accents and other ways to write the same letter."""
    split = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", _MARK.sub("", split))


def _unspaced(word: str) -> Iterator[str]:
    at = 0
    for match in _UNSPACED.finditer(word):
        if match.start() > at:
            yield word[at : match.start()][:MAX_WORD]
        run, at = match[0], match.end()
        yield from (run[start : start + 2] for start in range(max(1, len(run) - 1)))
    if at < len(word):
        yield word[at:][:MAX_WORD]


def terms_of(question: str) -> list[str]:
    """The different words to look for, at most :data:`MAX_TERMS`."""
    return list(dict.fromkeys(words(question)))[:MAX_TERMS]


def passages_of(text: str) -> list[str]:
    """The text in pieces of about :data:`PASSAGE` words that end with a sentence, each beginning with the last one's end."""
    found: list[str] = []
    piece: list[str] = []
    size = 0
    for sentence in _sentences(text):
        length = _length(sentence)
        if piece and size + length > PASSAGE:
            found.append(" ".join(piece))
            last = piece[-1]
            # A sentence that is nearly a passage by itself is not worth being found twice.
            piece = [last] if len(piece) > 1 and _length(last) + length <= PASSAGE else []
            size = sum(map(_length, piece))
        piece.append(sentence)
        size += length
    return [*found, " ".join(piece)] if piece else found


def _length(text: str) -> int:
    """In words; of a text without blanks, as many as it would be about."""
    return max(len(text.split()), len(text) // LONG)


def _sentences(text: str) -> Iterator[str]:
    for sentence in _SENTENCE.split(text):
        parts = sentence.split()
        for start in range(0, len(parts), PASSAGE):
            piece = " ".join(parts[start : start + PASSAGE])
            yield from (piece[at : at + PASSAGE * LONG] for at in range(0, len(piece), PASSAGE * LONG))


def postings_of(section: IndexedSection) -> dict[str, Posting]:
    """The section's words, and where each is."""
    entries: dict[str, list[tuple[int, int, int]]] = {}
    for number, text in enumerate(section.passages):
        counted = Counter(words(text))
        length = counted.total()
        for word, times in counted.items():
            entries.setdefault(word, []).append((number, times, length))
    return {word: Posting(section.source, section.number, tuple(found)) for word, found in entries.items()}


def statistics_of(section: IndexedSection) -> Statistics:
    return Statistics(len(section.passages), sum(sum(1 for _ in words(text)) for text in section.passages))


def ranked(postings: Mapping[str, Iterable[Posting]], whole: Statistics, limit: int) -> list[Scored]:
    """The best passages by BM25, for the postings of each word of a question; equal ones in order of their place."""
    scores: dict[tuple[str, int, int], float] = {}
    average = whole.words / whole.passages if whole.passages else PASSAGE
    for found in postings.values():
        entries = [(posting.source, posting.section, *entry) for posting in found for entry in posting.entries]
        # The counts may be a moment older than the postings; a word is never in more passages than there are.
        count = max(whole.passages, len(entries))
        rarity = log(1 + (count - len(entries) + 0.5) / (len(entries) + 0.5))
        for source, section, passage, times, length in entries:
            weight = times * (_K1 + 1) / (times + _K1 * (1 - _B + _B * length / max(average, 1.0)))
            place = (source, section, passage)
            scores[place] = scores.get(place, 0.0) + rarity * weight
    hits = (Scored(score, *place) for place, score in scores.items())
    return sorted(hits, key=lambda hit: hit.rank)[:limit]


def snippet(text: str, terms: Iterable[str]) -> str:
    """The stretch of a passage where most of the terms are, at most :data:`SNIPPET` characters and two ellipses."""
    text = " ".join(text.split())
    if len(text) <= SNIPPET:
        return text
    wanted = set(terms)
    places = [match.start() for match in re.finditer(r"\S+", text) if not wanted.isdisjoint(words(match[0]))]
    best = max(places, key=lambda at: (sum(at <= other < at + SNIPPET for other in places), -at), default=0)
    start = max(0, min(best - SNIPPET // 5, len(text) - SNIPPET))
    if start:
        start = text.find(" ", start, start + SNIPPET // 5) + 1 or start
    end = (
        len(text)
        if len(text) <= start + SNIPPET
        else (text.rfind(" ", start + 1, start + SNIPPET) + 1 or start + SNIPPET)
    )
    return ("…" if start else "") + text[start:end].strip() + ("…" if end < len(text) else "")
