"""Places that a model names in a text, as mentions that the gazetteer is asked about."""

from __future__ import annotations

from pydantic import BaseModel, Field

from fermata.domain.kind import Unit
from fermata.toolkit.llm import Model, Usage, ask_for, fenced

RULES = (
    "You find the places that a text speaks of: cities, towns, regions, countries, rivers, mountains and the like.",
    "Name each as the text writes it. Leave out people, organisations and products that are called after places.",
    "Give the ISO 3166 code of the country that each is in, and its latitude and longitude in degrees if you know them.",
)
WEIGHT = 0.9


class NamedPlace(BaseModel):
    name: str = Field(min_length=1, max_length=200, description="As the text writes it.")
    country_code: str | None = Field(None, max_length=2, description="ISO 3166-1 alpha-2, in capitals.")
    latitude: float | None = Field(None, ge=-90, le=90)
    longitude: float | None = Field(None, ge=-180, le=180)


class NamedPlaces(BaseModel):
    places: list[NamedPlace] = Field(max_length=300)


def model_mentions(model: Model, text: str, unit: Unit) -> tuple[list[dict[str, object]], int, Usage]:
    """The mentions, how many names were dropped since the text does not have them, and what asking took."""
    from fermata.toolkit.places.mentions import Mention, quote_of

    unit.check()
    found, usage = ask_for(NamedPlaces, model, fenced(RULES, [text]), unit.settings, unit.deadline)
    mentions, unfounded = [], 0
    for place in found.places:
        at = text.casefold().find(place.name.casefold())
        if at < 0:
            unfounded += 1
            continue
        point = None
        if place.latitude is not None and place.longitude is not None:
            point = (place.latitude, place.longitude)
        quote = quote_of(text, at, at + len(place.name))
        country = (place.country_code or "").upper()
        mentions.append(Mention(place.name, quote, WEIGHT, country=country, point=point).shown())
    return mentions, unfounded, usage
