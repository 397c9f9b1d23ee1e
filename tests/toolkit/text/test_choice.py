from __future__ import annotations

import pytest
from fermata.toolkit.text.choice import choose


def test_tags_are_clean_and_in_lower_case() -> None:
    assert choose([' "Soil  Moisture." ', "C++", "#Ada", "x", "1984", "—", "a" * 61], 9) == [
        "soil moisture",
        "c++",
        "ada",
    ]


def test_there_are_no_more_than_asked_for() -> None:
    assert choose(["one", "two", "three"], 2) == ["one", "two"]


def test_what_says_the_same_again_is_dropped() -> None:
    assert choose(["Bees", "bee", "policies", "policy", "boxes", "box", "crop cover", "cover crops"], 9) == [
        "bees",
        "policies",
        "boxes",
        "crop cover",
    ]


def test_pieces_of_an_earlier_tag_are_dropped_on_request() -> None:
    assert choose(["tidal energy", "energy", "wind", "wind power"], 9, distinct_words=True) == ["tidal energy", "wind"]


@pytest.mark.parametrize("excluded", ["Soil", "SOIL MOISTURE", "soil  moisture", "moisture"])
def test_an_exclusion_word_is_a_whole_word_in_any_case(excluded: str) -> None:
    assert choose(["soil moisture", "soils", "subsoil"], 9, [excluded]) == ["soils", "subsoil"]


def test_exclusion_words_are_no_patterns() -> None:
    assert choose(["c++", "cat"], 9, ["c.t", "c++", " "]) == ["cat"]
