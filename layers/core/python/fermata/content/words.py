"""Words as they are compared: without case, accents and other spellings of one letter, and by their stems."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache

from fermata.toolkit.text.stems import stemmer

MAX_WORD = 64
"""Characters of a word that count; no written word has more, what has more is no word."""

REMEMBERED = 100_000
"""Words whose terms a process keeps in mind."""

_SPOKEN = r"\u0e00-\u0e4e\u0e80-\u0eff\u1000-\u1049\u1780-\u17d3\u3040-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Scripts that write no blanks between words: Thai, Lao, Burmese, Khmer, Kana, Han."""

_MARKS = r"\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670"
"""Accents, and the vowel points that Hebrew and Arabic leave out as they please."""

_SIGNS = r"\u0900-\u0963\u0966-\u0dff"
"""Scripts of India, whose vowel signs are part of a word, though no letters to Python."""

_HIDDEN = dict.fromkeys((0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
"""What may stand inside a word and can't be seen: soft hyphens, joiners, spaces of no width."""

_MARK = re.compile(f"[{_MARKS}]")
_UNSPACED = re.compile(f"[{_SPOKEN}]+")
_LETTER = rf"(?:[^\W_]|[{_MARKS}{_SIGNS}{_SPOKEN}])"
_WORD = re.compile(f"{_LETTER}+(?:['’]{_LETTER}+)*")
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
_BARRED = re.compile(r"LATIN SMALL (?:LETTER (?:DOTLESS )?|LIGATURE )(AE|OE|ETH|THORN|[A-Z])(?: WITH .+)?")
_AS_TYPED = {"ETH": "d", "THORN": "th"}


def words(text: str, language: str = "") -> Iterator[tuple[str, ...]]:
    """The terms of each word of the text, in order; see :func:`terms`. Of unspaced scripts, pairs of letters are words."""
    if text.isascii():
        yield from (terms(word, language) for word in _ASCII_WORD.findall(text.lower()))
        return
    for word in _WORD.findall(text.translate(_HIDDEN).casefold()):
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


def folded(text: str) -> str:
    """Without case, accents and other ways to write the same letter, as people type who lack it on their keyboard."""
    if text.isascii():
        return text.lower()
    split = unicodedata.normalize("NFKD", text.translate(_HIDDEN)).casefold()
    plain = unicodedata.normalize("NFC", _MARK.sub("", split))
    return plain if plain.isascii() else "".join(map(_typed, plain))


@cache
def _typed(letter: str) -> str:
    """The letter or letters of the keyboard that a Latin letter is typed as, by its name in Unicode."""
    found = _BARRED.fullmatch(unicodedata.name(letter, ""))
    return _AS_TYPED.get(found[1], found[1].lower()) if found else letter


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
