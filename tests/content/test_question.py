from __future__ import annotations

import pytest
from fermata.content.question import Clause, Question, question_of
from fermata.domain.errors import InvalidInput


def term(*alternatives: str) -> frozenset[str]:
    return frozenset(alternatives)


BEE, QUEEN, WASP = term("bee"), term("queen"), term("wasp")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bee queen bee", Question((BEE, QUEEN))),
        ('"queen bee"', Question((QUEEN, BEE), (Clause((QUEEN, BEE), phrase=True),))),
        ('"queen bee', Question((QUEEN, BEE), (Clause((QUEEN, BEE), phrase=True),))),
        ('"queen"', Question((QUEEN,))),
        ("bee -wasp", Question((BEE,), (), (Clause((WASP,)),))),
        ('bee -"queen wasp"', Question((BEE,), (), (Clause((QUEEN, WASP), phrase=True),))),
        ("title:bee queen", Question((BEE, QUEEN), (Clause((BEE,), title=True),))),
        ('TITLE:"queen bee"', Question((QUEEN, BEE), (Clause((QUEEN, BEE), phrase=True, title=True),))),
        ("bee -title:wasp", Question((BEE,), (), (Clause((WASP,), title=True),))),
        ("queen-bee", Question((frozenset({"queen", "queenbee"}), BEE))),
        ("bee - wasp", Question((BEE, WASP))),
        ("page:bee", Question((term("page"), BEE))),
        ('bee ""', Question((BEE,))),
    ],
)
def test_a_question_is_read_as_people_write_it(text: str, expected: Question) -> None:
    assert question_of(text) == expected


@pytest.mark.parametrize("text", ["", "… — !", "-bee", '""', "x" * 501])
def test_a_question_without_a_word_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        question_of(text)


def test_words_are_looked_for_by_the_stems_of_each_language_and_as_they_are() -> None:
    assert question_of("running", ["en", "de"]).ranked == (term("running", "run"),)


def test_a_question_has_a_bounded_number_of_words() -> None:
    asked = question_of(" ".join(f"w{number}" for number in range(50)))
    assert [sorted(word) for word in asked.ranked] == [[f"w{number}"] for number in range(16)]
