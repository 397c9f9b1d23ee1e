from __future__ import annotations

import pytest
from fermata.toolkit.places.gazetteer import fold, gazetteer
from fermata.toolkit.places.mentions import mentions


def names(text: str) -> list[str]:
    return [mention.name for mention in mentions(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They met in St. Petersburg and Rio de Janeiro.", ["St. Petersburg", "Rio de Janeiro"]),
        ("Baden-Baden is in Germany.", ["Baden-Baden", "Germany"]),
        ("London's rain reached Paris.", ["London", "Paris"]),
        ("Jack London wrote it.", []),
        ("Mr Paris and Dr. Lima came.", []),
        ("Reading is fun.", []),
        ("She lives in Reading.", ["Reading"]),
        ("the Kura and the Nile", []),
        ("LONDON AND PARIS", ["LONDON", "PARIS"]),
        ("他去了北京。", ["北京"]),
        ("", []),
        ("nothing of the kind", []),
    ],
)
def test_names_are_places_where_their_neighbours_say_so(text: str, found: list[str]) -> None:
    assert names(text) == found


def test_a_name_is_one_however_it_is_typed() -> None:
    assert fold("Saint-Étienne") == fold("saint etienne") == "saint etienne"


def test_a_country_stands_where_its_people_live() -> None:
    (france, *_) = gazetteer().named("France")
    assert 46 < france.latitude < 50 and 1 < france.longitude < 5


def test_codes_of_states_say_which_city_is_meant() -> None:
    assert [mention.qualifier for mention in mentions("Portland, OR")] == [5744337]
