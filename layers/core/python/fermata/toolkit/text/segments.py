"""Words of a text, sentence by sentence; also where a script writes no blanks between them."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import regex

_HIDDEN = dict.fromkeys((0xAD, 0x200B, 0x2060, 0xFEFF))
"""Soft hyphens and spaces of no width: they may stand inside a word, and can't be seen."""

_BROKEN = regex.compile(
    r"(?<=[^\n]{45}[^\n.!?:;…。！？])[ \t]*\n[ \t]*(?=[\p{L}\p{N}(])|(?<=[\p{Ll},])[ \t]*\n[ \t]*(?=\p{Ll})"
)
"""Where a line ends but no sentence does: after a full line, or before a small letter."""

_SENTENCE = regex.compile(r"(?<=[.!?…][\"'”’)\]]*)\s+|(?<=[。！？])|\n+")
_TOKEN = regex.compile(
    r"[\p{L}\p{N}][\p{L}\p{M}\p{N}\u200c\u200d]*(?:['’.&/+-][\p{L}\p{N}][\p{L}\p{M}\p{N}\u200c\u200d]*)*[+#]{0,2}|[^\s\p{Z}]"
)
_UNSPACED = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}ー]+")
_WORD = regex.compile(r"[\p{L}\p{N}]")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_COMPOUND = regex.compile(r"[\p{Han}\p{Katakana}ー々]{2,}")
_PARTICLES = regex.compile(r"[をはがにでとのもへや]+$")
_SCRIPTS = {
    "Thai": regex.compile(r"\p{Thai}"),
    "Lao": regex.compile(r"\p{Lao}"),
    "Khmer": regex.compile(r"\p{Khmer}"),
    "Burmese": regex.compile(r"\p{Myanmar}"),
}
_NO_DICTIONARY = ("Lao", "Khmer", "Burmese")


@dataclass(frozen=True)
class Sentence:
    """A sentence or a line of a text.

    Attributes:
        tokens: its words and signs, as they are written.
        prose: whether it reads like one, rather than like an entry of a menu or a table.
    """

    tokens: tuple[str, ...]
    prose: bool


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences that have a word in them."""
    text = unicodedata.normalize("NFC", text.translate(_HIDDEN))
    text = _BROKEN.sub(" ", text)
    split = _segmenter(_language_of_script(text))
    for line in _SENTENCE.split(text):
        tokens = tuple(token for found in _TOKEN.finditer(line or "") for token in _words(found[0], split))
        if any(map(is_word, tokens)):
            yield Sentence(tokens, _is_prose(tokens))


def is_word(token: str) -> bool:
    return _WORD.match(token) is not None


def without_words(text: str) -> str:
    """The script that most of the text is in, where its words can't be told apart; else empty."""
    letters = sum(map(str.isalpha, text)) or 1
    return next((name for name in _NO_DICTIONARY if len(_SCRIPTS[name].findall(text)) * 2 > letters), "")


def _is_prose(tokens: tuple[str, ...]) -> bool:
    return len(tokens) >= 20 or (len(tokens) >= 5 and tokens[-1] in ".!?…。！？।؟\"'”’)")


def _words(token: str, split: Callable[[str], list[str]]) -> Iterator[str]:
    at = 0
    for run in _UNSPACED.finditer(token):
        if token[at : run.start()]:
            yield token[at : run.start()]
        yield from split(run[0])
        at = run.end()
    if token[at:]:
        yield token[at:]


def _language_of_script(text: str) -> str:
    sample = text[:20_000]
    if _SCRIPTS["Thai"].search(sample):
        return "thai"
    han = [letter for letter in sample if "\u4e00" <= letter <= "\u9fff"]
    if len(_KANA.findall(sample)) * 10 > len(han):
        return "japanese"
    # Each of the old charsets has the characters of one way to write Chinese only.
    simplified, traditional = (sum(_encodes(letter, charset) for letter in han) for charset in ("gb2312", "big5"))
    return "traditional_chinese" if traditional > simplified else "simplified_chinese"


def _encodes(letter: str, charset: str) -> bool:
    try:
        letter.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _segmenter(script: str) -> Callable[[str], list[str]]:
    import budoux

    if script == "japanese":
        parser = budoux.load_default_japanese_parser()
        return lambda run: [word for phrase in parser.parse(run) for word in _nouns(phrase)]
    parse: Callable[[str], list[str]] = getattr(budoux, f"load_default_{script}_parser")().parse
    return parse


def _nouns(phrase: str) -> Iterator[str]:
    """A Japanese phrase: its word, and the particles that are bound to it."""
    bound = _PARTICLES.search(phrase)
    word = phrase[: bound.start()] if bound else phrase
    at = 0
    for found in _COMPOUND.finditer(word):
        if word[at : found.start()]:
            yield word[at : found.start()]
        yield found[0]
        at = found.end()
    if word[at:]:
        yield word[at:]
    if bound:
        yield bound[0]
