from __future__ import annotations

import time

import pytest
from fermata.content.model import IndexedSection
from fermata.content.ranking import (
    PASSAGE,
    SNIPPET,
    Posting,
    Statistics,
    passages_of,
    postings_of,
    ranked,
    snippet,
    terms_of,
    words,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat, the CAT!", ["the", "cat", "the", "cat"]),
        ("Crème brûlée — ÉTÉ", ["creme", "brulee", "ete"]),
        ("don't don’t rock'n'roll 'quoted'", ["don't", "don't", "rock'n'roll", "quoted"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("snake_case e-mail 3.14", ["snake", "case", "e", "mail", "3", "14"]),
        ("東京タワー abc漢字", ["東京", "京タ", "タワ", "ワー", "abc", "漢字"]),
        ("日", ["日"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ｆｕｌｌ ﬁne", ["full", "fine"]),
        ("... — !", []),
    ],
)
def test_words_are_compared_as_people_mean_them(text: str, expected: list[str]) -> None:
    assert list(words(text)) == expected


def test_a_question_has_a_bounded_number_of_terms_each_once() -> None:
    assert terms_of("a b a " + " ".join(f"w{number}" for number in range(50))) == [
        "a", "b", *(f"w{number}" for number in range(14))
    ]  # fmt: skip


def sentences(count: int, size: int = 20) -> list[str]:
    return [f"Sentence {number} " + "word " * (size - 3) + "end." for number in range(count)]


def test_passages_end_with_a_sentence_and_begin_with_the_last_one() -> None:
    given = sentences(25)
    found = passages_of(" ".join(given))
    assert all(len(passage.split()) <= PASSAGE for passage in found)
    assert [passage.split()[1] for passage in found] == ["0", "9", "18"]
    assert all(sentence in " ".join(found) for sentence in given)


@pytest.mark.parametrize(
    ("text", "count"), [("", 0), ("  \n", 0), ("One.", 1), ("word " * 450, 3), ("漢" * 4_000, 3)], ids=range(5)
)
def test_any_text_is_cut_into_passages(text: str, count: int) -> None:
    assert len(passages_of(text)) == count


def test_postings_count_the_words_of_each_passage() -> None:
    found = postings_of(IndexedSection("s", 3, "T", ("one two two", "two")))
    assert found["two"] == Posting("s", 3, ((0, 2, 3), (1, 1, 1)))
    assert found["one"] == Posting("s", 3, ((0, 1, 3),))


def rank(*texts: str, question: str) -> list[int]:
    parts = [IndexedSection("s", number, "T", (text,)) for number, text in enumerate(texts)]
    whole = Statistics(len(parts), sum(len(text.split()) for text in texts))
    postings = {
        term: [found[term] for found in map(postings_of, parts) if term in found] for term in terms_of(question)
    }
    return [hit.section for hit in ranked(postings, whole, 10)]


def test_more_of_the_words_come_before_fewer() -> None:
    assert rank("bee x y", "bee hive x", "x y z", question="bee hive") == [1, 0]


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    assert rank("common x", "common y", "rare z", "common w", question="common rare")[0] == 2


def test_a_word_that_comes_often_counts_more_and_a_long_passage_less() -> None:
    assert rank("bee " + "x " * 3, "bee bee x x", "bee " + "x " * 30, question="bee") == [1, 0, 2]


def test_equal_passages_keep_the_order_of_their_places() -> None:
    assert rank("a b", "a c", "a d", question="a") == [0, 1, 2]


def test_postings_ahead_of_the_sums_do_no_harm() -> None:
    postings = {"a": [Posting("s", number, ((0, 1, 1),)) for number in range(5)]}
    assert len(ranked(postings, Statistics(), 3)) == 3


def test_a_snippet_shows_where_the_words_are() -> None:
    text = "filler " * 200 + "the queen bee leaves the hive " + "filler " * 200
    shown = snippet(text, ["bee", "hive"])
    assert "queen bee leaves the hive" in shown
    assert shown.startswith("…") and shown.endswith("…") and len(shown) <= SNIPPET + 2


def test_a_short_passage_is_its_own_snippet() -> None:
    assert snippet("One\n two", ["two"]) == "One two"


@pytest.mark.parametrize(
    "text", ["a" * 50_000, "'" * 50_000, "a'" * 25_000, "漢" * 50_000, "\n" * 50_000, "." * 50_000], ids=range(6)
)
def test_no_text_takes_long(text: str) -> None:
    before = time.process_time()
    list(words(text))
    passages_of(text)
    snippet(text, ["a"])
    assert time.process_time() - before < 30
