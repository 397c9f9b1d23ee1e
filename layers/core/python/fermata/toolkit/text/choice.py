"""From candidates to tags: clean, allowed and not twice the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

MAX_LENGTH = 60
"""Characters of a tag."""

_WORD = re.compile(r"\w+", re.UNICODE)
_EDGES = re.compile(r"^[\W_]+|[^\w+#)]+$")
_BLANKS = re.compile(r"\s+")


def choose(
    candidates: Iterable[str], count: int, exclusion_words: Sequence[str] = (), *, distinct_words: bool = False
) -> list[str]:
    """The first ``count`` good candidates, in lower case.

    One that contains an exclusion word as a whole word or phrase is left out, whatever the case, and so is one that
    says the same as an earlier one but for number or order of words. ``distinct_words``: also one whose words all occur
    in an earlier one, or the other way round.
    """
    excluded = _pattern(exclusion_words)
    tags: list[str] = []
    seen: list[frozenset[str]] = []
    for candidate in candidates:
        tag = _clean(candidate)
        words = frozenset(map(_stem, _WORD.findall(tag)))
        if not _fit(tag) or (excluded and excluded.search(tag)):
            continue
        if any(words == other or (distinct_words and (words < other or other < words)) for other in seen):
            continue
        tags.append(tag)
        seen.append(words)
        if len(tags) == count:
            break
    return tags


def _clean(candidate: str) -> str:
    return _EDGES.sub("", _BLANKS.sub(" ", candidate).strip().casefold())


def _fit(tag: str) -> bool:
    return 2 <= len(tag) <= MAX_LENGTH and any(letter.isalpha() for letter in tag)


def _pattern(exclusion_words: Sequence[str]) -> re.Pattern[str] | None:
    phrases = [r"\s+".join(map(re.escape, phrase.casefold().split())) for phrase in exclusion_words if phrase.strip()]
    return re.compile(rf"(?<!\w)(?:{'|'.join(phrases)})(?!\w)") if phrases else None


def _stem(word: str) -> str:
    """The word without an English plural's ending; good enough to see that two tags differ in number only."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
