"""The embedded tagger: keywords by statistics of the text alone (YAKE). No model, no download, no network."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fermata.toolkit.text.choice import choose
from fermata.toolkit.text.languages import language_of, stop_words

MAX_TEXT = 40_000
"""Characters that are looked at; the time grows with them."""

_WORDS = 3
_UNFINISHED = re.compile(r"(?<=\w)\s*\n\s*\n")
_VAGUE_WORDS = """
second seconds minute minutes hour hours day days week weeks month months year years time times metre metres meter
meters kilometre kilometres centimetre centimetres millimetre millimetres gram grams kilogram kilograms degree
degrees cent percent hundred thousand million half third number numbers way ways thing things part parts example
page pages figure table section chapter
"""
_VAGUE = frozenset(_VAGUE_WORDS.split())
"""Words that are no topic by themselves, however often they occur."""


def embedded_tags(text: str, count: int, exclusion_words: Sequence[str] = ()) -> list[str]:
    """At most ``count`` tags, the most telling first."""
    from yake import KeywordExtractor  # type: ignore[import-untyped]

    # Headings have no full stop, and would run into the sentence after them.
    text = _UNFINISHED.sub(".\n\n", text[:MAX_TEXT])
    language = language_of(text)
    extractor = KeywordExtractor(lan=language, n=_WORDS, dedup_lim=0.9, top=count * 10 + 100)
    keywords = (keyword for keyword, _ in extractor.extract_keywords(text))
    return choose(_ranked(keywords, text, stop_words(language)), count, exclusion_words, distinct_words=True)


def _ranked(keywords: Iterable[str], text: str, stops: frozenset[str]) -> list[str]:
    """Phrases that occur again before words that do, and those before what occurs once; else the extractor's order.

    A phrase that comes back is a term; one that comes once is mostly a piece of a sentence.
    """
    said = " ".join(re.findall(r"[\w'-]+|[^\w\s]", text.lower()))
    ranks: list[tuple[int, str]] = []
    for keyword in keywords:
        words = keyword.lower().split()
        # Shorter than a word, part of a number, or nothing but vague words: no topic.
        if all(word in _VAGUE or word in stops or len(word) < 3 for word in words):
            continue
        occurrences = len(re.findall(rf"(?<!\w){re.escape(' '.join(words))}(?!\w)", said))
        joined = any(word in stops or word in _VAGUE for word in words)
        rank = 3 if joined else 2 if occurrences < 2 else 1 if len(words) == 1 else 0
        ranks.append((rank, keyword))
    return [keyword for _, keyword in sorted(ranks, key=lambda ranked: ranked[0])]
