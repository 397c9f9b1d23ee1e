"""Rules that make a text tidier without knowing what it is about. Each is a pure function, and idempotent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from fermata.toolkit.text.folding import folded
from fermata.toolkit.text.languages import months

_BLANKS = re.compile(r"[^\S\n]+")
_AROUND_BREAKS = re.compile(r" ?\n ?")
_GAPS = re.compile(r"\n{3,}")
_BEFORE_STOP = re.compile(r"(?<=\w) +([,.])(?=\s|$)")
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+[\"”’)]*(?=\s|$)|[。！？]|\n|$)", re.DOTALL)
_FOLD = re.compile(r"\W+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NAMES = re.compile(
    r"(?:^|_|\b)(?:first|last|full|given|family|sur)?_?(?:name|surname|city|town|country|author|street)s?$", re.I
)
"""Fields whose values are names, as a rule."""

_PARTICLES = frozenset(
    ("a", "an", "and", "at", "by", "da", "de", "del", "der", "di", "do", "du", "e", "el", "et", "for")
) | {*("in", "la", "le", "of", "on", "or", "the", "to", "und", "van", "von", "y", "zu")}
_LEAST_REPEATED, _LEAST_SHOUTED = 3, 8
"""Words of a sentence that counts as repeated, and letters of a text that counts as shouted."""

_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl")
"""Languages whose names of months are known."""

_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_NUMBERS = re.compile(r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4})")
_DAY_MONTH = re.compile(r"(\d{1,2})(?:\.|st|nd|rd|th)?\s+(?:de\s+|of\s+)?([^\W\d_]+)\.?,?\s+(?:de\s+)?(\d{4})", re.I)
_MONTH_DAY = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.I)


def encoding(text: str, field: str = "", order: str | None = None) -> str:
    """Text that was decoded by the wrong charset, entities of HTML, ligatures and control characters put right."""
    import ftfy

    fixed: str = ftfy.fix_text(text, uncurl_quotes=False, fix_character_width=False, unescape_html=True)
    return fixed


def whitespace(text: str, field: str = "", order: str | None = None) -> str:
    text = _BLANKS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _BEFORE_STOP.sub(r"\1", _GAPS.sub("\n\n", _AROUND_BREAKS.sub("\n", text))).strip()


def repeats(text: str, field: str = "", order: str | None = None) -> str:
    """Without the sentences that stand in it already."""
    seen: set[str] = set()
    kept, at = "", 0
    for found in _SENTENCE.finditer(text):
        folded = _FOLD.sub(" ", found[0]).strip().casefold()
        if len(folded.split()) < _LEAST_REPEATED or folded not in seen:
            kept += text[at : found.end()]
            seen.add(folded)
        at = found.end()
    return (kept + text[at:]).rstrip() if kept != text[:at] else text


def case(text: str, field: str = "", order: str | None = None) -> str:
    """Shouted texts, and names in small letters, as they are written as a rule."""
    words = _WORD.findall(text)
    letters = sum(map(str.isalpha, text))
    is_name = _NAMES.search(field) is not None and len(words) <= 6
    if text.isupper() and letters >= _LEAST_SHOUTED and (len(words) > 1 or is_name):
        return _titled(text.lower()) if is_name or len(words) <= 8 else _sentence_cased(text)
    if is_name and text.islower() and letters > 1:
        return _titled(text)
    return text


def dates(text: str, field: str = "", order: str | None = None) -> str:
    """A text that is a date and nothing else, by ISO 8601; one that can be read in two ways only where the order is said."""
    text_ = text.strip()
    if found := _YEAR_FIRST.fullmatch(text_):
        return _iso(found[1], found[2], found[3]) or text
    if found := _NUMBERS.fullmatch(text_):
        return _iso(found[4], *_month_and_day(found[1], found[3], found[2], order)) or text
    if (found := _DAY_MONTH.fullmatch(text_)) and (month := _month(found[2])):
        return _iso(found[3], month, found[1]) or text
    if (found := _MONTH_DAY.fullmatch(text_)) and (month := _month(found[1])):
        return _iso(found[3], month, found[2]) or text
    return text


RULES: Mapping[str, Callable[[str, str, str | None], str]] = {
    "encoding": encoding,
    "whitespace": whitespace,
    "repeats": repeats,
    "case": case,
    "dates": dates,
}
"""In the order in which they are applied: each reads what the one before has put right."""


def tidied(text: str, field: str, rules: Sequence[str], order: str | None) -> tuple[str, list[str]]:
    """The text by the rules, and the names of those that changed it."""
    why = []
    for name, rule in RULES.items():
        if name in rules and (changed := rule(text, field, order)) != text:
            text = changed
            why.append(name)
    return text, why


def _titled(text: str) -> str:
    first = True

    def word(found: re.Match[str]) -> str:
        nonlocal first
        keep, first = not first and found[0] in _PARTICLES, False
        if keep:
            return found[0]
        head, mark, tail = found[0].partition("'") if "'" in found[0] else found[0].partition("’")
        # O'Neil, but the farmer's
        return f"{head.capitalize()}{mark}{tail.capitalize() if len(head) == 1 else tail}"

    return _WORD.sub(word, text)


def _sentence_cased(text: str) -> str:
    return re.sub(r"(?:^|[.!?]\s+)[^\W\d_]", lambda found: found[0].upper(), text.lower())


def _month(name: str) -> int | None:
    return next((month for language in _LANGUAGES if (month := months(language).get(folded(name)))), None)


def _month_and_day(one: str, other: str, mark: str, order: str | None) -> tuple[str, str]:
    """Of two numbers before a year; the same twice when it can't be told."""
    if mark == "." or int(one) > 12 or (order == "dmy" and int(other) <= 12):
        return other, one
    if int(other) > 12 or order == "mdy" or one == other:
        return one, other
    return "0", "0"


def _iso(year: str, month: str | int, day: str) -> str:
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return ""
