from __future__ import annotations

import pytest
from fermata.toolkit.text.segments import sentences, without_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The C++ and AT&T's e-mail, 3.5 km.", ["The", "C++", "and", "AT&T's", "e-mail", ",", "3.5", "km", "."]),
        ("डायरी रखता है", ["डायरी", "रखता", "है"]),
        ("co\u00adop bee\u200bkeeper", ["coop", "beekeeper"]),
        ("می\u200cخواهم بروم", ["می\u200cخواهم", "بروم"]),
        ("机器学习很重要", ["机器", "学习", "很", "重要"]),
        ("京都の古い寺院", ["京都", "の", "古い", "寺院"]),
        ("ปลูกข้าว", ["ปลูก", "ข้าว"]),
        ("Tokyo東京タワー", ["Tokyo", "東京タワー"]),
    ],
)
def test_words_are_those_of_the_script(text: str, words: list[str]) -> None:
    assert [token for sentence in sentences(text) for token in sentence.tokens] == words


def test_a_line_that_ends_in_the_middle_of_a_sentence_is_joined() -> None:
    text = (
        "This report describes three seasons of field trials with cover\ncrops on sandy loam.\nNext one\n\nMenu\nShop"
    )
    assert [" ".join(sentence.tokens[-2:]) for sentence in sentences(text)] == ["loam .", "Next one", "Menu", "Shop"]


def test_prose_is_told_from_entries_of_a_menu() -> None:
    text = "Home\nShop now\nSwifts sleep while they glide, high above the town."
    assert [sentence.prose for sentence in sentences(text)] == [False, False, True]


def test_scripts_whose_words_can_not_be_told_apart_are_named() -> None:
    assert without_words("ការដាំស្រូវ") == "Khmer"
    assert without_words("Word ការ of English") == ""
