from __future__ import annotations

import pytest
from fermata.toolkit.extract.reader import read_here
from fermata.toolkit.text import embedded_tags
from fermata.toolkit.text.languages import language_of

GERMAN = (
    "Der Leuchtturm steht seit hundert Jahren auf dem Felsen und weist den Schiffen den Weg durch die Klippen. "
    "Die Wärter des Leuchtturms haben das Licht bei jedem Wetter gehütet, und die Schiffe haben ihnen vertraut. "
)


@pytest.mark.parametrize(
    ("sample", "tags"),
    [
        ("cover-crops.pdf", {"soil moisture", "cover crops", "winter rye"}),
        ("beekeeping.docx", {"honey", "hive"}),
        ("tidal-energy.html", {"tidal energy", "turbines"}),
        ("sourdough.txt", {"dough", "flour"}),
        ("swifts.md", {"swifts", "migration"}),
    ],
)
def test_a_document_gets_tags_that_say_what_it_is_about(samples, sample: str, tags: set[str]) -> None:  # type: ignore[no-untyped-def]
    found = embedded_tags(read_here(samples / sample, 3).text, 8)
    assert tags <= set(found)
    assert len(found) == 8


def test_an_excluded_word_makes_room_for_another(samples) -> None:  # type: ignore[no-untyped-def]
    text = read_here(samples / "beekeeping.docx", 3).text
    found = embedded_tags(text, 5, ["Honey"])
    assert len(found) == 5
    assert not any("honey" in tag.split() for tag in found)


def test_the_language_is_seen_and_its_small_words_are_no_tags() -> None:
    assert language_of(GERMAN) == "de"
    assert language_of("The light on the rock is what it says that it is.") == "en"
    found = embedded_tags(GERMAN, 8)
    assert "leuchtturm" in " ".join(found)
    assert not {"und", "der", "die", "haben"} & set(found)


@pytest.mark.parametrize("text", ["", "1 2 3", "a", "!?", "the and of", "日本語"])
def test_a_text_without_topics_gets_no_tags_or_few(text: str) -> None:
    assert len(embedded_tags(text, 8)) <= 1
