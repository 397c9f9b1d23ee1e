from __future__ import annotations

from collections.abc import Callable

import pytest
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_content
from fermata.content.model import IndexedSection
from fermata.content.search import Hit

Search = Callable[..., list[Hit]]


@pytest.fixture
def search() -> Search:
    """Finds in sources, each a section of one passage."""

    def search(question: str, *sections: str | IndexedSection, limit: int = 10) -> list[Hit]:
        content = memory_content(State()).workspace("acme", "default")
        for number, text in enumerate(sections):
            section = (
                text
                if isinstance(text, IndexedSection)
                else IndexedSection(f"s{number}", 0, "T", (text,), language="en")
            )
            content.index([section])
        return content.search(question, limit)

    return search


def sources(hits: list[Hit]) -> list[str]:
    return [hit.source for hit in hits]


def test_a_phrase_is_found_where_its_words_follow_one_another(search: Search) -> None:
    texts = ("The queen and the bee.", "A queen bee.", "Queen bees fly.", "bee queen")
    assert sorted(sources(search('"queen bee"', *texts))) == ["s1", "s2"]


def test_a_phrase_is_looked_for_below_the_best_passages(search: Search) -> None:
    texts = [*["bee queen " * 5] * 60, "one queen bee among a hundred other words " + "x " * 50]
    assert sources(search('"queen bee"', *texts, limit=1)) != []
    assert sources(search('"queen bee among"', *texts, limit=3)) == ["s60"]


def test_an_unwanted_phrase_is_left_out(search: Search) -> None:
    assert sources(search('bee -"queen bee"', "A queen bee.", "A bee and a queen.")) == ["s1"]


def test_a_heading_without_text_is_found_and_shown(search: Search) -> None:
    hits = search("drones", IndexedSection("s1", 4, "Bees", (), path=("Castes", "Drones"), language="en"))
    assert [(hit.section, hit.path, hit.snippet) for hit in hits] == [(4, ("Castes", "Drones"), "Drones")]


def test_the_title_of_a_document_finds_its_beginning(search: Search) -> None:
    block = IndexedSection(
        "s1", 0, "upload-7.pdf", ("First.", "Second."), document_title="Annual Report", language="en"
    )
    assert [(hit.source, hit.passage) for hit in search("annual reports", block)] == [("s1", 0)]


def test_a_snippet_shows_other_forms_of_the_word(search: Search) -> None:
    hit = search("swarm", "filler " * 200 + "all of the bees had swarmed " + "filler " * 200)[0]
    assert "swarmed" in hit.snippet


def test_people_find_names_as_they_type_them(search: Search) -> None:
    texts = ("Mieszka w Łodzi.", "Broen over Øresund.", "Đặng Văn", "Kadıköy", "Ærø")
    found = [sources(search(question, *texts)) for question in ("lodzi", "oresund", "dang", "kadikoy", "aero")]
    assert found == [["s0"], ["s1"], ["s2"], ["s3"], ["s4"]]
