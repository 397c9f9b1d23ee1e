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

_SPOKEN = (
    r"\u0e00-\u0e4e\u0e80-\u0eff\u1000-\u1049\u1780-\u17d3\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\uac00-\ud7a3\uf900-\ufaff"
)
"""Scripts that write no blanks between words: Thai, Lao, Burmese, Khmer, Kana, Han; and Hangul, whose words end in particles."""

_SIGNS = r"\u0900-\u0963\u0966-\u0dff"
"""Scripts of India, whose vowel signs are part of a word, though no letters to Python."""

_HYPHENS = r"\-\u2010\u2011"
_UNSPACED = re.compile(f"[{_SPOKEN}]+")
_LETTER = rf"(?:[^\W_]|[{MARKS}{_SIGNS}{_SPOKEN}])"
_WORD = re.compile(f"{_LETTER}+(?:['’{_HYPHENS}]{_LETTER}+)*")
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:['-][a-z0-9]+)*")
_HYPHEN = re.compile(f"[{_HYPHENS}]")


def words(text: str, language: str = "") -> Iterator[tuple[str, ...]]:
    """The terms of each word of the text, in order; see :func:`terms`. Of unspaced scripts, pairs of letters are words."""
    for word in (_ASCII_WORD if text.isascii() else _WORD).findall(_plain(text)):
        ascii_ = word.isascii()
        if not ascii_ and _UNSPACED.search(word):
            yield from ((pair,) for part in _HYPHEN.split(word) for pair in _pairs(part))
        elif "-" in word or (not ascii_ and _HYPHEN.search(word)):
            yield from _of_compound(_HYPHEN.split(word), language)
        else:
            yield terms(word, language)


def _plain(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(HIDDEN).casefold()


def _of_compound(parts: list[str], language: str) -> Iterator[tuple[str, ...]]:
    """The words of ``e-mail``, the first of which is also found as ``email``, as others write the whole."""
    first, *others = parts
    whole = terms("".join(parts), language) if all(map(str.isalpha, parts)) else ()
    yield tuple(dict.fromkeys((*terms(first, language), *whole)))
    yield from (terms(part, language) for part in others)


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
