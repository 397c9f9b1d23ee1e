"""Questions as people type them, and the source that they mean; None: there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.errors import InvalidInput
from kind_fixtures import jobs, settings  # noqa: F401

TEXTS = Path(__file__).parent / "search"
CASES: list[tuple[str, str | None]] = json.loads((TEXTS / "expected.json").read_text())


def test_questions_find_what_is_meant(jobs: Any) -> None:  # noqa: F811
    for path in TEXTS.iterdir():
        if path.suffix in (".md", ".txt"):
            jobs.run("source.process", {"text": path.read_bytes()}, source_id=path.name, title=path.stem)
    content = jobs.content.workspace("default", "default")
    found = {question: next((hit.source for hit in content.search(question)), None) for question, _ in CASES}
    assert found == dict(CASES)


@pytest.mark.parametrize("question", ["-bee", '""', "…"])
def test_a_question_without_a_word_finds_nothing(jobs: Any, question: str) -> None:  # noqa: F811
    with pytest.raises(InvalidInput, match="no word"):
        jobs.content.workspace("default", "default").search(question)
