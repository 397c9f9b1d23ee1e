from __future__ import annotations

import pytest
from fermata.content.words import terms, words
from fermata.toolkit.text.folding import folded


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat, the CAT!", ["the", "cat", "the", "cat"]),
        ("Crème brûlée — ÉTÉ", ["creme", "brulee", "ete"]),
        ("don't don’t rock'n'roll 'quoted'", ["don't", "don't", "rock'n'roll", "quoted"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("snake_case 3.14 10-20", ["snake", "case", "3", "14", "10", "20"]),
        ("서울의 도서관", ["서울", "울의", "도서", "서관"]),
        ("東京タワー abc漢字", ["東京", "京タ", "タワ", "ワー", "abc", "漢字"]),
        ("日", ["日"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ｆｕｌｌ ﬁne", ["full", "fine"]),
        ("Łódź Øresund Đà Nẵng Kadıköy Ærø cœur ðæþ", ["lodz", "oresund", "da", "nang", "kadikoy", "aero", "coeur", "daeth"]),
        ("İstanbul ISPARTA", ["istanbul", "isparta"]),
        ("co\u00adop zero\u200bwidth no\u2060break", ["coop", "zerowidth", "nobreak"]),
        ("... — !", []),
    ],
)  # fmt: skip
def test_words_are_compared_as_people_type_them(text: str, expected: list[str]) -> None:
    assert list(words(text)) == [(word,) for word in expected]


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", ["run", "runs", "running"]),
        ("de", ["Haus", "Häuser", "hauses", "hauser"]),
        ("fr", ["élève", "élèves", "eleve"]),
        ("es", ["educación", "educacion"]),
        ("ru", ["книга", "книги", "книгами"]),
        ("pl", ["kobieta", "kobiety"]),
    ],
)
def test_forms_of_a_word_share_a_term(language: str, forms: list[str]) -> None:
    first = set(terms(forms[0], language))
    assert all(first & set(terms(form, language)) for form in forms)


def test_a_word_of_an_unknown_language_is_found_by_itself() -> None:
    assert terms("Running", "") == terms("Running", "tlh") == ("running",)


def test_letters_of_other_scripts_stay() -> None:
    assert folded("Дом ΟΔΟΣ") == "дом οδοσ"


def test_a_word_with_a_hyphen_is_also_found_without_it() -> None:
    assert list(words("e-mail")) == [("e", "email"), ("mail",)]
    assert list(words("Re‑elected", "en")) == [("re", "reelect"), ("elect",)]
