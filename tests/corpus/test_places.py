"""Paragraphs whose places were named by hand: what is found, and in which country and state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.toolkit.places.mentions import mentions
from fermata.toolkit.places.resolution import resolve

CASES = json.loads((Path(__file__).parent / "places" / "expected.json").read_text())
WRONG = {"The University of Oxford"}
"""Where a place is taken for another; docs/kinds/ai_location_import.md says so."""


def places(text: str) -> set[tuple[str, str]]:
    found = set()
    for one in resolve(mentions(text)):
        assert one.place is not None
        state = f"-{one.place.region}" if one.place.country_code == "US" and one.place.kind != "country" else ""
        found.add((one.name, one.place.country_code + state))
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:24])
def test_the_places_of_a_paragraph_are_those_named_by_hand(case: dict[str, Any]) -> None:
    if case["text"][:24] in WRONG:
        pytest.xfail("the places around it are American")
    assert places(case["text"]) == {tuple(place) for place in case["places"]}
