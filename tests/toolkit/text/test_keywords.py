from __future__ import annotations

from pathlib import Path

import pytest
from fermata.toolkit.extract.reader import read_here
from fermata.toolkit.text.keywords import keywords

GERMAN = (
    "Der Leuchtturm steht seit hundert Jahren auf dem Felsen und weist den Schiffen den Weg durch die Klippen. "
    "Die Wärter des Leuchtturms haben das Licht bei jedem Wetter gehütet, und die Schiffe haben ihnen vertraut. "
)


@pytest.mark.parametrize(
    ("sample", "tags"),
    [
        ("cover-crops.pdf", {"soil moisture", "cover crop"}),
        ("beekeeping.docx", {"honey", "hive"}),
        ("tidal-energy.html", {"tidal energy", "turbines"}),
        ("sourdough.txt", {"dough", "flour"}),
        ("swifts.md", {"swifts", "congo basin"}),
    ],
)
def test_a_document_gets_tags_that_say_what_it_is_about(samples: Path, sample: str, tags: set[str]) -> None:
    found = keywords(read_here(samples / sample, 3).text, 8).words
    assert tags <= set(found)
    assert len(found) == 8


def test_an_excluded_word_makes_room_for_another(samples: Path) -> None:
    text = read_here(samples / "beekeeping.docx", 3).text
    found = keywords(text, 5, ["Honey"]).words
    assert len(found) == 5
    assert not any("honey" in tag.split() for tag in found)


def test_small_words_of_the_texts_language_are_no_tags() -> None:
    found = keywords(GERMAN, 8).words
    assert "leuchtturm" in found
    assert not {"und", "der", "die", "haben"} & set(found)


def test_forms_of_a_word_are_one_tag_in_the_form_that_is_written_most() -> None:
    text = "Turbines turn. A turbine turns slowly. Turbines need wind. The turbines stand still."
    assert [word for word in keywords(text, 8).words if "turbine" in word] == ["turbines"]


def test_a_word_of_a_term_that_comes_back_is_no_tag_beside_it() -> None:
    text = "Cover crops hold the soil. Cover crops need water. Farmers sow cover crops in autumn."
    found = keywords(text, 8).words
    assert "cover crops" in found
    assert not {"cover", "crops"} & set(found)


def test_in_german_what_ends_in_a_small_letter_is_no_tag_and_takes_nothing_from_the_noun_in_it() -> None:
    text = (
        "Unsere Gewässer sind schnell verschmutzt, und wer Gewässer sauber hält, findet schnell mehr Fische. "
        "Die Fische finden schnell ihre Plätze, wo man Gewässer sauber hält."
    )
    assert keywords(text, 8).words == ("gewässer", "fische", "plätze")


@pytest.mark.parametrize(
    "text",
    [
        "Im Februar fällt am Montag Schnee. Auch im Februar, am Montag, schmilzt der Schnee in wenigen Stunden.",
        "In February snow falls on Monday. In February, on a Monday, the snow melts within hours.",
        "Śnieg pada 5 lutego, w poniedziałek. Już 9 lutego śnieg topnieje w kilka godzin, w poniedziałek.",
    ],
)
def test_days_months_and_hours_are_no_topics(text: str) -> None:
    found = " ".join(keywords(text, 8).words)
    assert found and not any(
        word in found for word in ("februar", "montag", "stunden", "monday", "hours", "lutego", "poniedz", "godzin")
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no words"),
        ("1 2 3 — !?", "no words"),
        ("the and of", "none but small words"),
        ("ການປູກເຂົ້າໃນພາກເໜືອ", "in Lao"),
        ("စပါးစိုက်ပျိုးခြင်း", "in Burmese"),
    ],
)
def test_an_empty_result_says_why(text: str, reason: str) -> None:
    found = keywords(text, 8)
    assert found.words == ()
    assert reason in found.reason


def test_a_result_that_exclusions_have_emptied_says_so() -> None:
    assert keywords("Honey. Honey. Honey.", 8, ["honey"]).reason.endswith("exclusion words in it")
