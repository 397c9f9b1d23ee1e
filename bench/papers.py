"""Generated records of papers, some of which are others once more."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from fermata.content.model import Record

WORKS, COPIES, PARTS = 1_000, 400, 100


def _words(text: str) -> list[str]:
    return text.split()


WORDS = _words(
    """
    yield orchard honey pollen glacier sediment harbour lantern turbine tidal granite archive lexicon census
    migration vaccine protein membrane polymer catalyst quartz basalt monsoon irrigation terrace wetland
    estuary plankton coral mangrove savanna tundra lichen moss beetle swift falcon otter salmon sturgeon
    barley millet sorghum lentil saffron vineyard cellar furnace
    """
)
NAMES = _words(
    """
    Doe Roe Poe Lee Ito Kim Diaz Novak Silva Okafor Haddad Larsen Weber Rossi Dubois Kaya Nowak Popescu Mehta
    Tran
    """
)


def papers(chance: random.Random) -> tuple[list[Record], set[tuple[str, ...]]]:
    """Records, and the pairs that mean the same."""
    works = [
        {
            "title": " ".join(chance.sample(WORDS, 7)).capitalize(),
            "authors": [f"{chance.choice('ABCDEFG')}. {name}" for name in chance.sample(NAMES, 3)],
            "year": chance.randint(1990, 2025),
            "doi": f"10.1000/{number}",
        }
        for number in range(WORKS)
    ]
    records = [Record(f"w:{number}", f"w:{number}", work) for number, work in enumerate(works)]
    pairs: set[tuple[str, ...]] = set()
    for number in chance.sample(range(WORKS), COPIES):
        records.append(Record(f"c:{number}", f"c:{number}", _again(works[number], chance)))
        pairs.add((f"c:{number}", f"w:{number}"))
    for number in chance.sample(range(WORKS), PARTS):
        part = {**works[number], "title": f"{works[number]['title']}, part 2", "doi": ""}
        records.append(Record(f"p:{number}", f"p:{number}", part))
    return records, pairs


def _again(work: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    """The work as another service has it."""
    title = str(work["title"])
    at = chance.randrange(1, len(title) - 2)
    change = chance.randrange(5)
    titles = (
        title.upper(),
        title[:at] + title[at + 1] + title[at] + title[at + 2 :],
        title.replace(" ", "-", 1) + ".",
        f"{title}: a review",
        title,
    )
    years = {"year": work["year"] + chance.randrange(2)}
    return {**work, **years, "title": titles[change], "doi": work["doi"] if change == 4 else ""}
