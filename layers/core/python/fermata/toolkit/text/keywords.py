"""The embedded tagger: keywords by statistics of the text alone. No model, no download, no network.

A candidate is a run of up to three words between small words and signs. It counts by how often it comes back, how early it comes
first and over how many sentences it is spread, as in the methods that need no training (RAKE, YAKE, TextRank); measured against
them in docs/libraries.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log

import regex

from fermata.toolkit.text.choice import choose
from fermata.toolkit.text.folding import folded
from fermata.toolkit.text.languages import calendar_words, language_of, stop_words
from fermata.toolkit.text.segments import Sentence, is_word, sentences, without_words
from fermata.toolkit.text.stems import stemmer

MAX_TEXT = 40_000
"""Characters that are looked at; the time grows with them."""

MAX_WORDS = 3
_MENU = 0.15
"""What a word counts in lines that are no prose, where there is prose."""

_PART, _PART_AGAIN = 0.3, 0.6
"""What an occurrence counts that is part of a longer run of words: of a phrase that comes once, and of one that comes back."""

_LONGER = (1.0, 2.0, 2.0)
"""What a phrase of one, two, three words counts."""

_SHORT, _AGAIN, _ONCE = 12, 1.5, 0.4
"""In a text of more sentences a term comes back; a phrase that comes once is mostly a piece of a sentence, and counts less."""

_ABSORBED = 0.3
"""What a word counts that is mostly said as part of a longer term."""

_CAPITALS = frozenset({"de", "lb"})
"""Languages that write nouns with a capital: what ends in a small letter names no thing."""

_IDEOGRAPHS = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]")
_HIRAGANA = regex.compile(r"\p{Hiragana}")
_NOUN = regex.compile(r"[\p{Han}\p{Katakana}ー々].*[\p{Han}\p{Katakana}ー々]")
_NUMBER = regex.compile(r"[\d.,:/%-]+")


Stem = Callable[[str], str]


@dataclass(frozen=True)
class Keywords:
    """What a text is about, the most telling first; ``reason``: why there is nothing."""

    words: tuple[str, ...]
    reason: str = ""


@dataclass
class _Candidate:
    """A phrase of up to three words.

    Attributes:
        first: number of the sentence that it comes in first.
        weight: of its occurrences; less than one each where they are in no prose.
        whole: weight of the occurrences that are no part of a longer run of words.
        absorbed: share of them that are part of a longer candidate that comes back.
        spread: weight of the sentences that it is in; ``last``: the last of them.
        forms: how it is written.
    """

    first: int
    weight: float = 0.0
    whole: float = 0.0
    absorbed: float = 0.0
    spread: float = 0.0
    last: int = -1
    forms: Counter[tuple[str, ...]] = field(default_factory=Counter)

    @property
    def written(self) -> tuple[str, ...]:
        return self.forms.most_common(1)[0][0]


def keywords(text: str, count: int, exclusion_words: Sequence[str] = ()) -> Keywords:
    """At most ``count`` of them, in lower case."""
    text = text[:MAX_TEXT]
    if script := without_words(text):
        return Keywords((), f"the text is in {script}, whose words can't be told apart")
    language = language_of(text)
    found = list(sentences(text))
    if not any(token.isalpha() for sentence in found for token in sentence.tokens):
        return Keywords((), "the text has no words")
    stops = frozenset[str]().union(
        *(words(code) for words in (stop_words, calendar_words) for code in (language, "en"))
    )
    candidates = _ranked(found, stops, stemmer(language) or str, capitals=language in _CAPITALS)
    tags = choose(candidates, count, exclusion_words, language, distinct_words=True)
    if tags:
        return Keywords(tuple(tags))
    if exclusion_words and candidates:
        return Keywords((), "all that the text is about has one of the exclusion words in it")
    return Keywords((), "the text has none but small words")


def _ranked(found: Sequence[Sentence], stops: frozenset[str], stem: Stem, *, capitals: bool) -> list[str]:
    """The candidates, best first, as they are mostly written; forms of a word are one. ``capitals``: nouns have them."""
    told = sum(len(sentence.tokens) for sentence in found if sentence.prose)
    prose = told * 3 > sum(len(sentence.tokens) for sentence in found)
    known: dict[tuple[str, ...], _Candidate] = {}
    for place, sentence in enumerate(found):
        weight = 1.0 if sentence.prose or not prose or place == 0 else _MENU
        for run in _runs(sentence.tokens, stops):
            _count(known, run, stem, place, weight)
    if capitals:
        known = {key: candidate for key, candidate in known.items() if not candidate.written[-1].islower()}
    _absorb(known)
    total = len(found)
    often = {key[0] for key, candidate in known.items() if len(key) == 1 and candidate.weight >= _AGAIN}
    scored = [
        (_score(candidate, total > _SHORT or not often.isdisjoint(key)), candidate.first, candidate)
        for key, candidate in known.items()
        if not prose or candidate.weight >= 1
    ]
    scored.sort(key=lambda entry: (-entry[0], entry[1]))
    return [_joined(candidate.written) for score, _, candidate in scored if score > 0]


def _count(known: dict[tuple[str, ...], _Candidate], run: Sequence[str], stem: Stem, place: int, weight: float) -> None:
    stems = [stem(word.casefold()) for word in run]
    for size in range(1, MAX_WORDS + 1):
        for start in range(len(run) - size + 1):
            key = tuple(stems[start : start + size])
            candidate = known.get(key)
            if candidate is None:
                candidate = known[key] = _Candidate(first=place)
            candidate.forms[tuple(run[start : start + size])] += 1
            candidate.weight += weight
            candidate.whole += weight * (size == len(run))
            if place != candidate.last:
                candidate.spread += weight
                candidate.last = place


def _absorb(known: Mapping[tuple[str, ...], _Candidate]) -> None:
    """Note of each candidate how much of it is part of a longer one that comes back."""
    for key, candidate in known.items():
        if len(key) > 1 and candidate.weight >= _AGAIN:
            for size in range(1, len(key)):
                for start in range(len(key) - size + 1):
                    if part := known.get(key[start : start + size]):
                        part.absorbed = max(part.absorbed, candidate.weight / part.weight)


def _score(candidate: _Candidate, returns: bool) -> float:
    """``returns``: whether a term would come back in this text, or a word of this one does."""
    words = candidate.written
    size = len(words)
    often: float = candidate.weight**0.5
    spread: float = candidate.spread**0.5
    early = 1.0 / log(2.7 + candidate.first)
    part = _PART if candidate.weight < _AGAIN else _PART_AGAIN
    whole = part + (1 - part) * candidate.whole / candidate.weight
    score = often * spread * early * whole * _LONGER[size - 1]
    if size > 1 and candidate.weight < _AGAIN and returns:
        score *= _ONCE
    return score * _ABSORBED if candidate.absorbed >= 0.5 else score


def _runs(tokens: Iterable[str], stops: frozenset[str]) -> Iterator[list[str]]:
    """The stretches between signs, small words and numbers."""
    run: list[str] = []
    for token in tokens:
        if is_word(token) and _tells(token, stops):
            run.append(token)
            continue
        if run:
            yield run
        run = []
    if run:
        yield run


def _tells(token: str, stops: frozenset[str]) -> bool:
    word = token.casefold()
    if word in stops or word.replace("’", "'") in stops or _NUMBER.fullmatch(word):
        return False
    if _HIRAGANA.search(word) and not _NOUN.fullmatch(word):
        return False  # particles, and what is inflected
    # Two Latin letters are a word where they have a mark, as in Hà Nội; without one they are what is left of another, or a code.
    marked = not word.isascii() and folded(word).isascii()
    return len(word) >= (2 if marked or _IDEOGRAPHS.search(word) else 3) or token.isupper()


def _joined(words: Sequence[str]) -> str:
    """As a person writes it: words of scripts without blanks have none between them."""
    text = words[0]
    for word in words[1:]:
        text += ("" if _IDEOGRAPHS.match(word) and _IDEOGRAPHS.match(text[-1]) else " ") + word
    return text
