from __future__ import annotations

import time

import pytest
from fermata.content.passages import PASSAGE, SNIPPET, passages_of, snippet
from fermata.content.words import words


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


def test_a_snippet_shows_where_the_words_are() -> None:
    text = "filler " * 200 + "the queen bee leaves the hive " + "filler " * 200
    shown = snippet(text, {"bee", "hive"}.__contains__)
    assert "queen bee leaves the hive" in shown
    assert shown.startswith("…") and shown.endswith("…") and len(shown) <= SNIPPET + 2


def test_a_short_passage_is_its_own_snippet() -> None:
    assert snippet("One\n two", {"two"}.__contains__) == "One two"


@pytest.mark.parametrize(
    "text", ["a" * 50_000, "'" * 50_000, "a'" * 25_000, "漢" * 50_000, "\n" * 50_000, "." * 50_000], ids=range(6)
)
def test_no_text_takes_long(text: str) -> None:
    before = time.process_time()
    list(words(text))
    passages_of(text)
    snippet(text, {"a"}.__contains__)
    assert time.process_time() - before < 30
