"""From candidates to tags: clean, allowed and not twice the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

from fermata.toolkit.text.stems import stemmer

MAX_LENGTH = 60
"""Characters of a tag."""

_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{M}\p{N}_]*")
_EDGES = regex.compile(r"^[^\p{L}\p{N}]+|[^\p{L}\p{M}\p{N}+#)]+$")
_BLANKS = regex.compile(r"\s+")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")


def choose(
    candidates: Iterable[str],
    count: int,
    exclusion_words: Sequence[str] = (),
    language: str = "en",
    *,
    distinct_words: bool = False,
) -> list[str]:
    """The first ``count`` good candidates, in lower case.

    One that contains an exclusion word as a whole word or phrase is left out, whatever the case, and so is one that
    says the same as an earlier one but for the forms or the order of its words, by the stems of ``language``.
    ``distinct_words``: also one whose words all occur in an earlier one, or the other way round.
    """
    excluded = _pattern(exclusion_words)
    stem = stemmer(language) or str
    tags: list[str] = []
    seen: list[frozenset[str]] = []
    for candidate in candidates:
        tag = _clean(candidate)
        words = frozenset(map(stem, _WORD.findall(tag)))
        if not _fit(tag) or (excluded and excluded.search(tag)):
            continue
        if any(words == other or (distinct_words and _overlap(words, other)) for other in seen):
            continue
        tags.append(tag)
        seen.append(words)
        if len(tags) == count:
            break
    return tags


def _overlap(one: frozenset[str], two: frozenset[str]) -> bool:
    """Whether all words of one are among those of the other; where a script has no blanks, inside of them."""
    if one < two or two < one:
        return True
    written = ("".join(one), "".join(two))
    return _UNSPACED.search(written[0]) is not None and (written[0] in written[1] or written[1] in written[0])


def _clean(candidate: str) -> str:
    return str(_EDGES.sub("", _BLANKS.sub(" ", candidate).strip().casefold()))


def _fit(tag: str) -> bool:
    return 2 <= len(tag) <= MAX_LENGTH and any(letter.isalpha() for letter in tag)


def _pattern(exclusion_words: Sequence[str]) -> regex.Pattern[str] | None:
    phrases = [_phrase(words) for phrase in exclusion_words if (words := phrase.casefold().split())]
    return regex.compile("|".join(phrases)) if phrases else None


def _phrase(words: Sequence[str]) -> str:
    """The words one after another; where a script has no blanks, also inside of others."""
    text = r"\s+".join(map(regex.escape, words))
    if _UNSPACED.search(words[0] + words[-1]):
        return text
    return rf"(?<![\p{{L}}\p{{M}}\p{{N}}_]){text}(?![\p{{L}}\p{{M}}\p{{N}}_])"
