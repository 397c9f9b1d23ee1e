"""Mentions of places in a text: names of the gazetteer that stand where the name of a place would."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import regex

from fermata.toolkit.places.gazetteer import Gazetteer, Place, fold, gazetteer
from fermata.toolkit.places.signs import CUES, MODIFIERS, PLAIN_WORDS, TITLES, WHOLES

LEAST = 0.5
"""How likely something has to be a place, to count as one."""

MAX_WORDS = 6
QUOTE = 80
"""Characters on each side of a mention that its quote has."""

_TOKEN = regex.compile(r"[\p{L}\p{M}]+(?:['’](?!s\b)[\p{L}\p{M}]+)*")
_JOINT = regex.compile(r"[ \u00a0]|\n|[-‐‑]|\. ?")
_BEHIND = regex.compile(r"\s*[,(]\s*|\s+in\s+")
_CODE = regex.compile(r"([A-Z]{2})\b")
_SENTENCE_END = regex.compile(r"(?:^|[.!?…:;\n\"“”»«)\]•*|>—–])\s*$")
_UNSPACED = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}ー・]{2,}")
_LIST = regex.compile(r"\s*(?:,|،|、|/|;|&|\b(?:and|or|und|et|y|e|i|oder|ou)\b|,\s*(?:and|or))\s*")
_BIG = 100_000
"""People of a place, below which its name needs more of a sign that a place is meant."""


@dataclass(frozen=True)
class Mention:
    """A name in a text that is taken for a place.

    Attributes:
        weight: how likely it is one, from 0 to 1.
        qualifier: what stands behind it to say which: GeoNames' number of a region or country.
        country: code of the country that a model said; empty: nobody said.
        point: latitude and longitude that a model said.
    """

    name: str
    quote: str
    weight: float
    qualifier: int | None = None
    country: str = ""
    point: tuple[float, float] | None = None

    def shown(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "quote": self.quote,
            "weight": self.weight,
            "qualifier": self.qualifier,
            "country": self.country,
            "point": self.point,
        }

    @classmethod
    def of(cls, shown: Any) -> Self:
        """The inverse of :meth:`shown`."""
        return cls(**{**shown, "point": tuple(shown["point"]) if shown["point"] else None})


@dataclass(frozen=True)
class _Token:
    text: str
    start: int
    end: int

    @property
    def capital(self) -> bool:
        return self.text[0].isupper() or (self.text[1:2] in ("'", "’") and self.text[2:3].isupper())

    @property
    def cased(self) -> bool:
        return unicodedata.category(self.text[0]) in ("Lu", "Ll")


def mentions(text: str) -> list[Mention]:
    """Those of a text, in order. Needs the libraries of workers."""
    known = gazetteer()
    found = [*_spaced(text, known), *_unspaced(text, known)]
    return [mention for _, mention in sorted(found, key=lambda pair: pair[0])]


def quote_of(text: str, start: int, end: int) -> str:
    """The words around a mention."""
    return " ".join(text[max(0, start - QUOTE) : end + QUOTE].split())


def _spaced(text: str, known: Gazetteer) -> Iterator[tuple[int, Mention]]:
    tokens = [_Token(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]
    small = {token.text for token in tokens if token.cased and not token.capital}
    at, last_end = 0, -1
    while at < len(tokens):
        size, places = _longest(text, tokens, at, known)
        if not size:
            at += 1
            continue
        start, end = tokens[at].start, tokens[at + size - 1].end
        qualifier = _qualifier(text, end, places, known)
        listed = (last_end >= 0 and _LIST.fullmatch(text[last_end:start]) is not None) or _goes_on(text, end, known)
        weight = _weight(text, tokens, at, size, places, small, listed=listed, qualified=qualifier is not None)
        if weight >= LEAST:
            name, said = text[start:end], qualifier.id if qualifier else None
            yield start, Mention(" ".join(name.split()), quote_of(text, start, end), round(weight, 2), said)
            last_end = end
        at += size


def _longest(text: str, tokens: Sequence[_Token], at: int, known: Gazetteer) -> tuple[int, tuple[Place, ...]]:
    """How many tokens the longest name has that begins here, 0 for none, and whose name it is."""
    first = tokens[at]
    if first.cased and not first.capital:
        return 0, ()
    best: tuple[int, tuple[Place, ...]] = (0, ())
    for size in range(1, MAX_WORDS + 1):
        last = at + size - 1
        if last >= len(tokens) or (size > 1 and not _JOINT.fullmatch(text[tokens[last - 1].end : tokens[last].start])):
            break
        if tokens[last].cased and not tokens[last].capital:
            continue
        if places := known.named(text[first.start : tokens[last].end]):
            best = (size, places)
    if best[0] == 1 and not first.cased and (len(first.text) < 3 or best[1][0].population < _BIG):
        return 0, ()
    return best


def _unspaced(text: str, known: Gazetteer) -> Iterator[tuple[int, Mention]]:
    """Names in scripts that write no blanks: the longest of big places that begin at each letter."""
    for run in _UNSPACED.finditer(text):
        at = 0
        while at < len(run[0]):
            for end in range(min(len(run[0]), at + 12), at + 1, -1):
                name = run[0][at:end]
                places = known.named(name)
                if places and (places[0].kind == "country" or places[0].population >= _BIG):
                    start = run.start() + at
                    quote = quote_of(text, start, start + len(name))
                    yield start, Mention(name, quote, 0.8 if len(name) > 2 else 0.6)
                    at = end
                    break
            else:
                at += 1


def _qualifier(text: str, end: int, places: Sequence[Place], known: Gazetteer) -> Place | None:
    """The region or country behind a comma or bracket that one of the places lies in."""
    behind = _BEHIND.match(text, end)
    if behind is None:
        return None
    if (code := _CODE.match(text, behind.end())) and (region := known.regions.get(code[1])) is not None:
        wanted: list[Place] = [region]
    else:
        wanted = []
        tokens = [_Token(found[0], found.start(), found.end()) for found in _first_tokens(text, behind.end())]
        for size in range(len(tokens), 0, -1):
            wanted += known.named(text[tokens[0].start : tokens[size - 1].end])
    wholes = (place for place in wanted if place.kind != "city")
    return next((whole for whole in wholes if any(lies_in(place, whole) for place in places)), None)


def _goes_on(text: str, end: int, known: Gazetteer) -> bool:
    """Whether the name is the first of a list of places."""
    joint = _LIST.match(text, end)
    tokens = [] if joint is None else _first_tokens(text, joint.end())
    return any(known.named(text[tokens[0].start() : token.end()]) for token in tokens)


def _first_tokens(text: str, at: int) -> list[Any]:
    found: list[Any] = []
    for token in _TOKEN.finditer(text, at, at + 60):
        if token.start() > at and not _JOINT.fullmatch(text[found[-1].end() : token.start()] if found else " "):
            break
        found.append(token)
        if len(found) == 4:
            break
    return found if found and found[0].start() == at else []


def lies_in(place: Place, whole: Place) -> bool:
    if place is whole or place.country_code != whole.country_code:
        return False
    return whole.kind == "country" or (place.kind == "city" and place.region == whole.region)


def _weight(
    text: str,
    tokens: Sequence[_Token],
    at: int,
    size: int,
    places: Sequence[Place],
    small: set[str],
    *,
    listed: bool,
    qualified: bool,
) -> float:
    """How likely a name is that of a place here, by its neighbours."""
    if qualified:
        return 0.97
    first, last = tokens[at], tokens[at + size - 1]
    name = text[first.start : last.end]
    before = tokens[at - 1] if at and not text[tokens[at - 1].end : first.start].strip(" \u00a0\n-.") else None
    if before is not None and fold(before.text) in TITLES:
        return 0.1
    if before is not None and "." in text[before.end : first.start]:
        before = None
    after = (
        tokens[at + size] if at + size < len(tokens) and text[last.end : tokens[at + size].start] in " \u00a0" else None
    )
    begins = _SENTENCE_END.search(text[max(0, first.start - 3) : first.start]) is not None or first.start == 0
    cue = listed or (before is not None and _is_cue(tokens, at, text))
    country, big = places[0].kind == "country", places[0].population >= _BIG
    plain = size == 1 and (fold(name) in PLAIN_WORDS or name.lower() in small or len(name) < 3)
    shouted = name.isupper() and len(name) > 3
    if first.cased and not shouted:
        foreign = before is not None and before.capital and not begins and not cue
        if foreign and before is not None and fold(before.text) not in MODIFIERS | PLAIN_WORDS:
            return 0.4 if country or size > 1 else 0.2
        if after is not None and after.capital and not after.text.isupper():
            if fold(after.text) in WHOLES:
                return 0.75 if cue or big or country else 0.4
            if not country and fold(after.text) not in MODIFIERS and not _known(after.text):
                return 0.55 if cue and big else 0.25
    if before is not None and before.text == "the" and not country:
        return 0.3  # a river, a hotel, a ship
    if plain:
        return 0.7 if cue and not begins and fold(name) not in _NEVER else 0.2
    weight = 0.9 if country else 0.75 if big else 0.55
    if begins and size == 1 and not (country or cue):
        weight -= 0.1 if big else 0.3
    return min(0.97, weight + (0.2 if cue else 0.0))


_NEVER = frozenset({"of", "the", "no", "most", "may", "march", "sunday", "english", "god"})


def _known(name: str) -> bool:
    return bool(gazetteer().named(name))


def _is_cue(tokens: Sequence[_Token], at: int, text: str) -> bool:
    """Whether a word such as "in" stands before, or before what may stand between it and a name."""
    for back in range(at - 1, max(-1, at - 4), -1):
        word = fold(tokens[back].text)
        if "\n\n" in text[tokens[back].end : tokens[back + 1].start] or any(
            sign in text[tokens[back].end : tokens[back + 1].start] for sign in ".!?;:"
        ):
            return False
        if word in CUES:
            return True
        if word not in MODIFIERS and word not in ("the", "city", "town", "der", "die", "la", "le", "el"):
            return False
    return False
