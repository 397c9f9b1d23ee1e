"""Words as they are compared: without case, accents and other spellings of one letter, and by their stems."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from fermata.toolkit.text.folding import HIDDEN, MARKS, folded
from fermata.toolkit.text.stems import stemmer

MAX_WORD = 64
"""Characters of a word that count; no written word has more, what has more is no word."""

REMEMBERED = 100_000
"""Words whose terms a process keeps in mind."""

_SPOKEN = r"\u0e00-\u0e4e\u0e80-\u0eff\u1000-\u1049\u1780-\u17d3\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts that write no blanks between words: Thai, Lao, Burmese, Khmer, Kana, Han."""

_SIGNS = r"\u0900-\u0963\u0966-\u0dff"
"""Scripts of India, whose vowel signs are part of a word, though no letters to Python."""

_UNSPACED = re.compile(f"[{_SPOKEN}]+")
_LETTER = rf"(?:[^\W_]|[{MARKS}{_SIGNS}{_SPOKEN}])"
_WORD = re.compile(f"{_LETTER}+(?:['’]{_LETTER}+)*")
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")


def words(text: str, language: str = "") -> Iterator[tuple[str, ...]]:
    """The terms of each word of the text, in order; see :func:`terms`. Of unspaced scripts, pairs of letters are words."""
    if text.isascii():
        yield from (terms(word, language) for word in _ASCII_WORD.findall(text.lower()))
        return
    for word in _WORD.findall(text.translate(HIDDEN).casefold()):
        if _UNSPACED.search(word):
            yield from ((pair,) for pair in _pairs(word))
        else:
            yield terms(word, language)


@lru_cache(maxsize=REMEMBERED)
def terms(word: str, language: str = "") -> tuple[str, ...]:
    """What a word is found by, most telling first: its stem, the stem of how it is written without accents, or both.

    A word of a language without stems, and one that looks like none, is found by itself.
    """
    plain = folded(word)[:MAX_WORD].replace("’", "'")
    stem = stemmer(language)
    if stem is None or not plain.isalpha():
        return (plain,)
    if word.isascii():
        return (stem(plain) or plain,)
    accented = word.casefold()[:MAX_WORD]
    return tuple(dict.fromkeys((folded(stem(accented)) or plain, folded(stem(plain)) or plain)))


def _pairs(word: str) -> Iterator[str]:
    word = folded(word)
    at = 0
    for match in _UNSPACED.finditer(word):
        if match.start() > at:
            yield word[at : match.start()][:MAX_WORD]
        run, at = match[0], match.end()
        yield from (run[start : start + 2] for start in range(max(1, len(run) - 1)))
    if at < len(word):
        yield word[at:][:MAX_WORD]
