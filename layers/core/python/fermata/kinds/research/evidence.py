"""Sentences of passages that speak of a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from fermata.toolkit.text.languages import language_of, stop_words
from fermata.toolkit.text.stems import stemmer

_SENTENCE = re.compile(r"\S.*?(?:[.!?…][\"”’)]*(?=\s|$)|[。！？]|\n\n|$)", re.DOTALL)
_WORD = re.compile(r"[^\W_]+")
SHORTEST, LONGEST = 30, 600
"""Characters of a sentence that can stand in a report."""

ALIKE = 0.6
"""Share of words that two sentences have in common, from which on the second says nothing new."""


def sentences(text: str) -> list[str]:
    """As they are written, blanks and line breaks made one blank."""
    found = (" ".join(match[0].split()) for match in _SENTENCE.finditer(text))
    return [sentence for sentence in found if SHORTEST <= len(sentence) <= LONGEST]


def terms(text: str, language: str) -> list[str]:
    stem, stops = stemmer(language) or str, stop_words(language)
    return [stem(word) for word in map(str.casefold, _WORD.findall(text)) if word not in stops and len(word) > 1]


def scored(question: str, passages: Sequence[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The sentences that have most of the question's words, rare ones before common ones: ``{"text", "passage": its place in the
    list, "score"}``, best first."""
    language = language_of(question) or language_of(passages[0]["text"] if passages else "") or "en"
    wanted = set(terms(question, language))
    read = [(place, sentence) for place, passage in enumerate(passages) for sentence in sentences(passage["text"])]
    words = {sentence: set(terms(sentence, language)) for _, sentence in read}
    common = Counter(word for found in words.values() for word in found & wanted)
    rows: list[dict[str, Any]] = []
    for place, sentence in dict.fromkeys(read):
        there = words[sentence] & wanted
        score = sum(1.0 / (1.0 + math.log(common[word])) for word in there) / math.sqrt(8 + len(words[sentence]))
        if there:
            rows.append({"text": sentence, "passage": place, "score": round(score, 4)})
    return sorted(rows, key=lambda row: (-row["score"], row["passage"]))[:most]


def chosen(rows: Iterable[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The best sentences of all documents that don't say the same as one before."""
    kept: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: -row["score"]):
        words = set(map(str.casefold, _WORD.findall(row["text"])))
        if all(_shared(words, one["words"]) < ALIKE for one in kept):
            kept.append({**row, "words": words})
        if len(kept) == most:
            break
    return [{name: value for name, value in row.items() if name != "words"} for row in kept]


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))
