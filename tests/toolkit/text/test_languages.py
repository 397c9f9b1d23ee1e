from __future__ import annotations

import pytest
from fermata.toolkit.text.languages import calendar_words, language_of, stop_words
from fermata.toolkit.text.stems import STEMMERS, stemmer


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The light on the rock is what it says that it is.", "en"),
        ("THE LIGHT ON THE ROCK IS WHAT IT SAYS.", "en"),
        ("Die Häuser der Stadt sind alt, und die Bewohner pflegen sie.", "de"),
        ("Les maisons de la ville sont vieilles, et les habitants les aiment.", "fr"),
        ("Маяк стоит на скале уже сто лет.", "ru"),
        ("Маяк стоїть на скелі вже сто років і вказує шлях.", "uk"),
        ("東京タワーは港区にある。", "ja"),
        ("北京大学的研究人员正在学习。", "zh"),
        ("ชาวนาปลูกข้าวในฤดูฝน", "th"),
        ("Fyret har stått på klippen i hundre år, og det viser skipene veien.", "no"),
        ("", ""),
        ("12 34", ""),
    ],
)
def test_the_language_of_a_text_is_told(text: str, language: str) -> None:
    assert language_of(text) == language


def test_languages_have_their_small_words() -> None:
    assert {"und", "der"} <= stop_words("de")
    assert stop_words("tlh") == stop_words("") == frozenset()


def test_languages_have_their_words_of_the_calendar() -> None:
    assert {"märz", "mittwoch", "stunden"} <= calendar_words("de")
    assert {"kwietnia", "godzin"} <= calendar_words("pl")
    assert calendar_words("tlh") == calendar_words("") == frozenset()


def test_every_stemmer_is_there() -> None:
    assert all(stemmer(language) for language in STEMMERS)
    assert stemmer("tlh") is None
