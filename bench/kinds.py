"""Quality where gold exists, and throughput, of the kinds: ``python -m bench.kinds`` writes bench/kinds.md, without a network."""

from __future__ import annotations

import json
import os
import platform
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fermata.testing import Workbench

from bench.kind_throughput import throughput
from bench.papers import COPIES, PARTS, papers

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("kinds.md")
PLACES = ROOT / "tests" / "corpus" / "places" / "expected.json"


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
            "What waits, as a service asks between two requests, does so by a clock that is moved on, and takes no time here.",
            "`source.process` is also told by what it reads.",
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


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f}" if whole else "-"


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
