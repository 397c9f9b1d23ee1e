"""The stages of an import: read the document, find mentions, resolve them to places, and once a person approves, store them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from fermata.content.model import Record
from fermata.content.workspace import content_of
from fermata.domain.kind import Finishing, JobError, Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.domain.ranges import Ranges
from fermata.kinds.ai_location_import.model_mentions import model_mentions
from fermata.kinds.ai_location_import.parameters import AiLocationImport
from fermata.toolkit.extract import read
from fermata.toolkit.extract.content import paged, tidy
from fermata.toolkit.fetch import fetch
from fermata.toolkit.fetch.locations import source_type_of
from fermata.toolkit.llm import SECRETS, model_for, terms, total_usage
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

READ, FIND, PLACES, STORE = "read", "find", "places", "store"
BLOCKS = "blocks.json"
MAX_PLACES = 2_000


def plan_read(job: Planning) -> Iterator[Planned]:
    """The document."""
    if job.cursor is None:
        yield Planned({"url": job.params["url"]}, 1)


def read_document(unit: Unit) -> Json:
    """Keep the document's text in blocks: ``{"format", "title", "blocks", "characters"}``."""
    title = unit.params["title"]
    if unit.params["text"] is not None:
        blocks, format = paged(tidy(unit.params["text"]), 1_000), "text"
    else:
        url = unit.params["url"]
        with fetch(source_type_of(url), url, unit.settings, deadline=unit.deadline) as copy:
            content = read(copy.path, unit.params["max_pages"], copy.content_type, unit.deadline)
        blocks, format, title = content.pages, content.format, title or content.title
    if not any(map(str.strip, blocks)):
        raise UnitError("there is no text in the document")
    unit.files.put(BLOCKS, json.dumps(blocks).encode())
    return {"format": format, "title": title[:500], "blocks": len(blocks), "characters": sum(map(len, blocks))}


def plan_find(job: Planning) -> Iterator[Planned]:
    """The blocks that were read. Raises JobError where none could be."""
    for result in job.previous():
        if result.error is not None:
            raise JobError(f"the document can't be read: {result.error}")
        for number in range(result.value["blocks"]):
            yield Planned({"block": number}, None)


def find_mentions(unit: Unit) -> Json:
    """Names of places in a block: ``{"block", "mentions", "unfounded": names that a model made up, "usage"}``."""
    number = unit.value["block"]
    with patience():
        text = json.loads(unit.files.get(BLOCKS))[number]
    model = model_for(unit)
    if model is not None:
        mentions, unfounded, usage = model_mentions(model, text, unit)
        return {"block": number, "mentions": mentions, "unfounded": unfounded, "usage": usage.shown()}
    from fermata.toolkit.places.mentions import mentions as found  # loads libraries that only workers have

    return {"block": number, "mentions": [one.shown() for one in found(text)], "unfounded": 0, "usage": None}


def plan_places(job: Planning) -> Iterator[Planned]:
    """The places that the mentions of the whole document mean, in the order in which it names them."""
    from fermata.toolkit.places.mentions import Mention
    from fermata.toolkit.places.resolution import resolve

    results = list(job.previous())
    found = [result.value for result in results if result.error is None]
    if results and not found:
        raise JobError(f"no block of the document could be looked through: {results[0].error}")
    found.sort(key=lambda value: int(value["block"]))
    places = resolve(Mention.of(shown) for value in found for shown in value["mentions"])
    sure = [place for place in places if place.confidence >= job.params["min_confidence"]]
    for place in sure[:MAX_PLACES]:
        yield Planned(place.shown(), None)


def show_place(unit: Unit) -> Json:
    """The draft of one place.

    ``{"written": as in the text, "name", "kind": city, region, country or unknown, "latitude", "longitude", "country",
    "country_code", "region", "population", "geonames_id", "source": gazetteer or model, "mentions", "quotes", "confidence",
    "alternatives": other places of that name}``.
    """
    return unit.value


def plan_store(job: Planning) -> Iterator[Planned]:
    """The places that were approved, by the numbers that the draft gives them."""
    approved = None if job.params.get("approved") is None else Ranges.parse(job.params["approved"])
    for result in job.previous():
        chosen = approved is None or bool(approved & Ranges.span(result.number, result.number + 1))
        if result.error is None and chosen:
            yield Planned(result.value, None)


def store_place(unit: Unit) -> Json:
    """``{"key", "name", "stored": whether it is new to the table}``."""
    place: dict[str, Any] = {name: value for name, value in unit.value.items() if name != "alternatives"}
    key = f"geonames:{place['geonames_id']}" if place["geonames_id"] else f"place:{place['written'].casefold()[:200]}"
    origin = {"document": unit.params["title"] or unit.params["url"] or "", "job_id": unit.job_id}
    with patience():
        (stored,) = content_of(unit).add(unit.params["table"], [Record(key, unit.key, {**place, **origin})])
    return {"key": key, "name": place["name"], "stored": stored}


def summary(job: Finishing) -> Json:
    """``{"table", "mentions", "places": of the draft, "stored", "known": approved places that the table had, "usage": null
    without a model}``."""
    found = list(_values(job, FIND))
    stored = [value["stored"] for value in _values(job, STORE)]
    return {
        "table": job.params["table"],
        "mentions": sum(len(value["mentions"]) for value in found),
        "places": sum(1 for _ in _values(job, PLACES)),
        "stored": sum(stored),
        "known": len(stored) - sum(stored),
        "usage": total_usage(value["usage"] for value in found) if job.params["model_name"] else None,
    }


def _values(job: Finishing, stage: str) -> Iterator[Any]:
    return (result.value for result in job.results(stage) if result.error is None)


ASKING = Policy(concurrency=4, chunk_size=25, timeout=120.0, attempts=4, backoff=1.0)
POLICY = replace(ASKING, rated=False)

AI_LOCATION_IMPORT = Kind(
    name="ai_location_import",
    title="Import the places of a document",
    stages=(
        Stage(READ, plan_read, read_document, POLICY),
        Stage(FIND, plan_find, find_mentions, ASKING),
        Stage(PLACES, plan_places, show_place, POLICY),
        Stage(STORE, plan_store, store_place, POLICY, review=True),
    ),
    families=frozenset({"processes"}),
    parse=parser(AiLocationImport),
    schema=schema(AiLocationImport),
    finish=summary,
    secrets=SECRETS,
    terms=terms,
)
