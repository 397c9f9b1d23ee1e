from __future__ import annotations

import pytest
from fermata.toolkit.llm.answers import tags_in


@pytest.mark.parametrize(
    "answer",
    [
        '["bees", "honey"]',
        '{"tags": ["bees", "honey"]}',
        '{"note": "x", "Keywords": ["bees", "honey"]}',
        '```json\n["bees", "honey"]\n```',
        'Here are the tags [as asked]: ["bees", "honey"]. Enjoy!',
        '[{"tag": "bees"}, {"tag": "honey"}]',
        '<think>Perhaps ["wasps"]?</think>\nbees, honey',
        "bees, honey",
        "bees; honey",
        "- bees\n- honey",
        "Tags:\n1. bees\n2. honey\n",
        "```\nbees\nhoney\n```",
    ],
)
def test_tags_are_found_in_any_usual_form(answer: str) -> None:
    assert tags_in(answer) == ["bees", "honey"]


@pytest.mark.parametrize("answer", ["", "\n", "[]", "<think>endless", '{"tags": [1, null]}'])
def test_an_answer_without_tags_gives_none_worth_keeping(answer: str) -> None:
    assert not any(tag.isalpha() for tag in tags_in(answer))
