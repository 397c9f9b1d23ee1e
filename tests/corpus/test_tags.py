"""Texts of many scripts, and what they are about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.toolkit.text.keywords import keywords

TEXTS = Path(__file__).parent / "tags"
EXPECTED: dict[str, dict[str, Any]] = json.loads((TEXTS / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_tags_are_words_of_the_text_that_say_what_it_is_about(name: str) -> None:
    expected = EXPECTED[name]
    found = keywords((TEXTS / name).read_text(), 8)
    assert set(expected.get("has", ())) <= set(found.words)
    assert not set(expected.get("never", ())) & set(found.words)
    assert found.reason == expected.get("reason", "")


def test_every_text_has_its_expectation() -> None:
    assert {path.name for path in TEXTS.glob("*.txt")} == set(EXPECTED)
