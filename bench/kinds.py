"""Quality where gold exists, and throughput, of the kinds: ``python -m bench.kinds`` writes bench/kinds.md, without a network."""

from __future__ import annotations

import json
import os
import platform
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fermata.content.model import Record
from fermata.testing import TestJob, Workbench

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("kinds.md")
PLACES = ROOT / "tests" / "corpus" / "places" / "expected.json"
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


def main() -> None:
    text = "\n".join(
        [
            "# Kinds: quality and throughput",
            "",
            f"Written by `make bench-kinds` on {os.cpu_count()} processors, Python {platform.python_version()}, in one process",
            "over memory: no queue, no network, no database. Quality does not depend on that; units a second do.",
            "",
            "## Quality",
            "",
            "| kind | on what | precision | recall | |",
            "|---|---|---|---|---|",
            *map(_row, (duplicates(), places())),
            "",
            "## Throughput",
            "",
            "| kind | job | units | seconds | units a second |",
            "|---|---|---|---|---|",
            *map(_row, throughput()),
            "",
        ]
    )
    RESULTS.write_text(text, encoding="utf-8")
    print(text)


def duplicates() -> tuple[str, ...]:
    """Pairs that ``dedup`` finds among generated records of which some are others once more."""
    records, pairs = papers(random.Random(7))
    bench = Workbench()
    for at in range(0, len(records), 100):
        bench.content.add("papers", records[at : at + 100])
    job = bench.run("dedup", merge="never")
    found = {
        tuple(sorted((one, other)))
        for group in job.values("group")
        for one in group["titles"]
        for other in group["titles"]
        if one < other
    }
    right = len(found & pairs)
    about = f"{len(records):,} generated records, {COPIES} of them others once more, {PARTS} second parts"
    return "`dedup`", about, _share(right, len(found)), _share(right, len(pairs)), f"{len(pairs)} pairs"


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


def places() -> tuple[str, ...]:
    """Names, each with its country and state, that ``ai_location_import`` finds in paragraphs named by hand."""
    right = found = wanted = 0
    cases = json.loads(PLACES.read_text(encoding="utf-8"))
    for case in cases:
        job = Workbench().run("ai_location_import", text=case["text"], min_confidence=0.0)
        got = {(place["written"], _where(place)) for place in job.values("places")}
        want = {tuple(place) for place in case["places"]}
        right, found, wanted = right + len(got & want), found + len(got), wanted + len(want)
    about = f"{len(cases)} paragraphs in four languages, their {wanted} places named by hand"
    return "`ai_location_import`", about, _share(right, found), _share(right, wanted), "country and state count"


def _where(place: Mapping[str, Any]) -> str:
    inside = place["country_code"] == "US" and place["kind"] != "country"
    return f"{place['country_code']}-{place['region']}" if inside else str(place["country_code"])


def throughput() -> Iterator[tuple[str, ...]]:
    from fermata.toolkit.places.gazetteer import gazetteer

    gazetteer()  # read once in a process, which is not the text's time
    text = (ROOT / "samples" / "journey.txt").read_text(encoding="utf-8")
    yield _timed("ai_location_import", "about 100,000 characters", Workbench(), text=(text * 200)[:99_000])
    bench = Workbench()
    rows = [
        Record(f"r:{n}", f"r:{n}", {"name": f"ANNA {n}", "note": "KÃ¶ln  is  far . It is far."}) for n in range(2_000)
    ]
    for at in range(0, len(rows), 100):
        bench.content.add("rows", rows[at : at + 100])
    yield _timed("ai_improvement", "2,000 records, all untidy, applied", bench, table="rows")
    bench = Workbench()
    records, _ = papers(random.Random(7))
    for at in range(0, len(records), 100):
        bench.content.add("papers", records[at : at + 100])
    yield _timed("dedup", f"{len(records):,} records, merged", bench, merge="now")
    table = "id,name,since\n" + "".join(f"{n},name {n},2026-01-{n % 28 + 1:02}\n" for n in range(3_000))
    yield _timed("csv_import", "3,000 rows, applied", Workbench(), text=table, unique="id")


def _timed(kind: str, about: str, bench: Workbench, **params: Any) -> tuple[str, ...]:
    began = time.perf_counter()
    job = bench.run(kind, **params)
    if job.status == "waiting_review":
        job.approve()
    took = time.perf_counter() - began
    if job.status != "completed":
        raise RuntimeError(f"{kind}: {job.status} {job.error}")
    units = _units(job)
    return f"`{kind}`", about, f"{units:,}", f"{took:.1f}", f"{units / took:,.0f}"


def _units(job: TestJob) -> int:
    succeeded, failed, _ = job.counts
    return succeeded + failed


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
