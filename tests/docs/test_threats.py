"""The page of threats names tests; they are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "threats.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


@pytest.mark.parametrize(("path", "test"), NAMED, ids=[test or path for path, test in NAMED])
def test_each_test_that_the_page_names_exists(path, test):
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert not test or test in there


def test_each_threat_has_a_test_or_a_tool():
    rows = [
        line for line in PAGE.splitlines() if line.startswith("| ") and "shown by" not in line and "---" not in line
    ]
    threats = [row for row in rows if row.count("|") == 4 and not row.startswith("| asset")]
    described = [row for row in threats if "tests/" in row or "make fuzz" in row]
    assets = PAGE.partition("## Boundaries")[0]
    assert [row for row in threats if row not in described and row not in assets] == []
