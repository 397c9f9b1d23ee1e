from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.toolkit.llm.json_answers import MAX_REPAIRED
from fermata.toolkit.llm.tag_answers import tags_in

FORMS = json.loads((Path(__file__).parents[2] / "corpus" / "model_answers" / "forms.json").read_text())


@pytest.mark.parametrize("case", FORMS["tags"], ids=lambda case: str(case["form"]))
def test_tags_are_what_a_person_would_read(case: Any) -> None:
    assert tags_in(case["answer"]) == case["tags"]


@pytest.mark.parametrize("answer", FORMS["none"])
def test_an_answer_in_prose_has_no_tags(answer: str) -> None:
    assert tags_in(answer) == []


ENDLESS = {
    "arrays": "[" * 5_000,
    "objects": '{"a":' * 5_000,
    "broken JSON": "[x," * (MAX_REPAIRED // 3),
    "thoughts": "<think>" * 50_000,
    "bullets": "* " * 50_000,
    "blanks": " " * 200_000 + "x",
    "numbers": "1. 2. " * 30_000,
    "channels": "<|channel|>a" * 20_000,
    "elements": "<tag>" * 30_000,
}


@pytest.mark.parametrize("form", ENDLESS)
def test_an_answer_without_end_ends(form: str) -> None:
    assert not any(len(tag) > 2 for tag in tags_in(ENDLESS[form]))
