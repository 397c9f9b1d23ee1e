"""Which of the places of a name is meant, by what else the document names."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fermata.toolkit.places.gazetteer import Gazetteer, Place, fold, gazetteer
from fermata.toolkit.places.mentions import Mention, lies_in

MAX_ALTERNATIVES = 5
MAX_QUOTES = 3
NAMED, IMPLIED = 0.8, 0.3
"""What it says for a place that its country or region is named too, or that another place surely lies there."""

DOMINANT = 10
"""How many times as populous a place is as the next of its name, to be the one that is meant when nothing else is said."""

NEAR = 200.0
"""Kilometres from the point that a model gives, within which the gazetteer's place is the one it means."""

SURE = 0.4
"""By how much the first candidate leads, where there is no doubt."""


@dataclass(frozen=True)
class Resolved:
    """A place of a document.

    Attributes:
        name: as the document writes it first.
        place: None where the gazetteer knows none of that name.
        point: latitude and longitude that a model gave for it.
        alternatives: others of that name, the likeliest first.
        confidence: from 0 to 1.
    """

    name: str
    place: Place | None
    mentions: int
    quotes: tuple[str, ...]
    confidence: float
    alternatives: tuple[Place, ...] = ()
    point: tuple[float, float] | None = None
    country: str = ""

    def shown(self) -> dict[str, Any]:
        known = self.place.shown() if self.place else _unknown(self)
        return {
            **known,
            "written": self.name,
            "source": "gazetteer" if self.place else "model",
            "mentions": self.mentions,
            "quotes": list(self.quotes),
            "confidence": self.confidence,
            "alternatives": [place.shown() for place in self.alternatives],
        }


def resolve(mentions: Iterable[Mention]) -> list[Resolved]:
    """The places of one document, in the order of their first mention. Needs the libraries of workers."""
    known = gazetteer()
    groups = _grouped(list(mentions))
    candidates = [_candidates(group, known) for group in groups]
    context = _context(candidates, groups)
    resolved = (_resolved(group, found, context) for group, found in zip(groups, candidates, strict=True))
    places: dict[Any, Resolved] = {}
    for one in resolved:
        key = one.place.id if one.place else fold(one.name)
        places[key] = _joined(places[key], one) if key in places else one
    return list(places.values())


def _grouped(mentions: Sequence[Mention]) -> list[list[Mention]]:
    """Mentions that mean one place: of one name, and said to be in one country or region if any is said."""
    groups: dict[tuple[str, Any], list[Mention]] = {}
    said: dict[str, list[Any]] = defaultdict(list)
    for mention in mentions:
        if (qualifier := mention.qualifier or mention.country) and qualifier not in said[fold(mention.name)]:
            said[fold(mention.name)].append(qualifier)
    for mention in mentions:
        name = fold(mention.name)
        alone = said[name][0] if len(said[name]) == 1 else None
        groups.setdefault((name, mention.qualifier or mention.country or alone), []).append(mention)
    return list(groups.values())


def _candidates(group: Sequence[Mention], known: Gazetteer) -> tuple[Place, ...]:
    """The gazetteer's places of the group's name, as far as they fit what is said of it; none that fits a model's point: none."""
    places = known.named(group[0].name)
    qualifier = next((mention.qualifier for mention in group if mention.qualifier), None)
    if whole := known.areas.get(qualifier or 0):
        return tuple(place for place in places if lies_in(place, whole)) or places
    country = next((mention.country for mention in group if mention.country), "")
    inside = tuple(place for place in places if place.country_code == country)
    point = next((mention.point for mention in group if mention.point), None)
    if point is None or inside:
        return inside or places
    return tuple(place for place in places if place.kind != "city" or kilometres(place, point) < NEAR)


def kilometres(place: Place, point: tuple[float, float]) -> float:
    """The distance on the sphere."""
    one, other = math.radians(place.latitude), math.radians(point[0])
    turn = math.radians(point[1] - place.longitude)
    cosine = math.sin(one) * math.sin(other) + math.cos(one) * math.cos(other) * math.cos(turn)
    return 6_371.0 * math.acos(max(-1.0, min(1.0, cosine)))


def _context(
    candidates: Sequence[Sequence[Place]], groups: Sequence[Sequence[Mention]]
) -> dict[tuple[str, str], float]:
    """Country codes, and pairs of country and region: how surely the document speaks of them."""
    context: dict[tuple[str, str], float] = defaultdict(float)
    for places, group in zip(candidates, groups, strict=True):
        if not places:
            continue
        first, second = places[0], places[1] if len(places) > 1 else None
        said = any(mention.qualifier or mention.country for mention in group)
        if first.kind != "city" and (second is None or second.kind == "city"):
            context[first.country_code, ""] = NAMED
            context[first.country_code, first.region] = NAMED
        elif said or second is None or first.population > DOMINANT * second.population:
            context[first.country_code, ""] = max(IMPLIED, context[first.country_code, ""])
            if first.kind == "city":
                context[first.country_code, first.region] = max(IMPLIED, context[first.country_code, first.region])
    return context


def _score(place: Place, name: str, context: Mapping[tuple[str, str], float]) -> float:
    score = math.log10(place.population + 10) / 4
    score += 0.3 if fold(place.name) == name or place.population >= 1_000_000 else 0.0
    score += {"country": 0.5, "region": -0.2, "city": 0.0}[place.kind]
    if place.kind != "country":
        score += context.get((place.country_code, ""), 0.0)
    if place.kind == "city" and place.country_code == "US":
        score += context.get(("US", place.region), 0.0)
    return score


def _resolved(group: Sequence[Mention], places: Sequence[Place], context: Mapping[tuple[str, str], float]) -> Resolved:
    name, weight = fold(group[0].name), max(mention.weight for mention in group)
    ranked = sorted(places, key=lambda place: -_score(place, name, context))
    quotes = tuple(dict.fromkeys(mention.quote for mention in group))[:MAX_QUOTES]
    point = next((mention.point for mention in group if mention.point), None)
    country = next((mention.country for mention in group if mention.country), "")
    if not ranked:
        return Resolved(group[0].name, None, len(group), quotes, round(weight / 2, 2), (), point, country)
    lead = 1.0
    if len(ranked) > 1:
        lead = min(1.0, (_score(ranked[0], name, context) - _score(ranked[1], name, context)) / SURE)
    confidence = round(weight * (0.5 + 0.5 * lead), 2)
    return Resolved(group[0].name, ranked[0], len(group), quotes, confidence, tuple(ranked[1 : MAX_ALTERNATIVES + 1]))


def _joined(one: Resolved, other: Resolved) -> Resolved:
    """Two names of one place."""
    quotes = tuple(dict.fromkeys([*one.quotes, *other.quotes]))[:MAX_QUOTES]
    best = max(one, other, key=lambda each: each.confidence)
    return Resolved(
        one.name, one.place, one.mentions + other.mentions, quotes, best.confidence, best.alternatives, one.point
    )


def _unknown(resolved: Resolved) -> dict[str, Any]:
    latitude, longitude = resolved.point or (None, None)
    return {
        "geonames_id": None,
        "name": resolved.name,
        "kind": "unknown",
        "country": None,
        "country_code": resolved.country or None,
        "region": None,
        "latitude": latitude,
        "longitude": longitude,
        "population": None,
    }
