"""The engine can be known: the files that its page names are few, and short enough to be read."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def test_whoever_reads_two_thousand_lines_in_a_dozen_files_knows_the_engine() -> None:
    page = (PROJECT / "docs" / "engine.md").read_text(encoding="utf-8")
    named, _, _ = page.partition("read these twelve files in this order")[2].partition("Then ")
    files = [PROJECT / "docs" / place for place in re.findall(r"\]\((.+?)\)", named)]
    assert len(files) == 12
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) <= 2_000
