from __future__ import annotations

import pytest
from fermata.toolkit.papers import Ask


@pytest.mark.parametrize(
    ("query", "terms"),
    [
        ("bees and honey", ["bees", "and", "honey"]),
        ('bees "crop yield"', ["bees", "crop yield"]),
        ("title:bees (honey OR wax)", ["title", "bees", "honey", "OR", "wax"]),
        ("COVID-19 C++ F# p53 Kepler-22b", ["COVID-19", "C++", "F#", "p53", "Kepler-22b"]),
        ("-bees +honey ~wax^2", ["bees", "honey", "wax", "2"]),
        ('"unclosed phrase', ["unclosed", "phrase"]),
        ("Bienen: Ökologie? 蜜蜂", ["Bienen", "Ökologie", "蜜蜂"]),
        ("Alzheimer's", ["Alzheimer's"]),
        ('"" ()', []),
    ],
)
def test_words_and_phrases_lose_the_signs_that_services_read_as_orders(query: str, terms: list[str]) -> None:
    assert Ask(query, "").terms == terms


def test_a_question_shows_itself_without_its_key() -> None:
    assert "secret" not in repr(Ask("bees", "", key="secret"))
