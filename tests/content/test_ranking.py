from __future__ import annotations

from fermata.content.model import IndexedSection
from fermata.content.question import question_of
from fermata.content.ranking import Found, Posting, Statistics, postings_of


def section(text: str, number: int = 0, **fields: object) -> IndexedSection:
    return IndexedSection("s", number, "T", (text,) if text else (), **fields)  # type: ignore[arg-type]


def test_postings_count_the_words_of_each_passage() -> None:
    found = postings_of([IndexedSection("s", 3, "T", ("one two two", "two"))])
    assert found["two"] == Posting("s", 3, entries=((3, 0, 2, 3), (3, 1, 1, 1)))
    assert found["one"] == Posting("s", 3, entries=((3, 0, 1, 3),))


def rank(*texts: str | IndexedSection, question: str) -> list[int]:
    sections = [
        text if isinstance(text, IndexedSection) else section(text, number) for number, text in enumerate(texts)
    ]
    asked = question_of(question)
    found = [postings_of([one]) for one in sections]
    postings = {term: [one[term] for one in found if term in one] for term in asked.terms}
    whole = Statistics(len(sections), sum(len(text.split()) for one in sections for text in one.passages))
    return [hit.section for hit in Found(postings, whole).ranked(asked)]


def test_more_of_the_words_come_before_fewer() -> None:
    assert rank("bee x y", "bee hive x", "x y z", question="bee hive") == [1, 0]


def test_a_rare_word_counts_more_than_a_common_one() -> None:
    assert rank("common x", "common y", "rare z", "common w", question="common rare")[0] == 2


def test_a_word_that_comes_often_counts_more_and_a_long_passage_less() -> None:
    assert rank("bee " + "x " * 3, "bee bee x x", "bee " + "x " * 30, question="bee") == [1, 0, 2]


def test_equal_passages_keep_the_order_of_their_places() -> None:
    assert rank("a b", "a c", "a d", question="a") == [0, 1, 2]


def test_a_heading_counts_more_than_the_text_and_is_found_without_one() -> None:
    texts = ("the bee flies", section("it flies", 1, path=("The bee",)), section("", 2, path=("A bee",)))
    assert rank(*texts, question="bee") == [1, 2, 0]


def test_titles_of_the_source_and_of_the_document_count_most() -> None:
    titled = IndexedSection("s", 1, "On bees", ("x y z",))
    called = IndexedSection("s", 2, "T", ("x y z",), document_title="On bees")
    assert rank(section("bees x y", 0), titled, called, question="bees") == [1, 2, 0]


def test_a_title_lifts_the_passage_that_has_the_other_word() -> None:
    texts = ("queen x", IndexedSection("s", 1, "Bees", ("queen x",)))
    assert rank(*texts, question="bees queen") == [1, 0]


def test_what_is_unwanted_is_left_out() -> None:
    assert rank("bee wasp", "bee x", section("bee y", 2, path=("Wasp",)), question="bee -wasp") == [1]


def test_title_looks_at_titles_and_headings_only() -> None:
    assert rank("bee x", section("y", 1, path=("The bee",)), question="title:bee") == [1]


def test_a_phrases_words_have_to_be_in_one_passage() -> None:
    assert rank("queen x", "bee y", "bee queen", question='"queen bee"') == [2]


def test_postings_ahead_of_the_sums_do_no_harm() -> None:
    postings = {"a": [Posting("s", number, entries=((number, 0, 1, 1),)) for number in range(5)]}
    assert len(Found(postings, Statistics()).ranked(question_of("a"))) == 5
