"""Tables as programs and people write them, and what an import makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kind_fixtures import jobs, settings  # noqa: F401

FILES = Path(__file__).parent / "csv"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FILES / "expected.json").read_text())


@pytest.mark.parametrize("name", EXPECTED)
def test_a_table_is_read_as_a_spreadsheet_program_would(jobs: Any, name: str) -> None:  # noqa: F811
    expected = EXPECTED[name]
    drafts = jobs.values(jobs.run("csv_import", {"input.csv": (FILES / name).read_bytes()}))
    seen = {
        "encoding": drafts[0]["assumed"]["encoding"],
        "above": drafts[0]["assumed"]["rows_above_header"],
        "renamed": drafts[0]["assumed"]["renamed_columns"],
        "names": [column["name"] for column in drafts[0]["columns"]],
        "types": [column["type"] for column in drafts[0]["columns"]],
        "decimals": [column.get("decimals") for column in drafts[0]["columns"]],
        "rows": [record[1:] for draft in drafts for record in draft["records"]],
    }
    assert {part: value for part, value in expected.items() if part != "problems"} == {
        part: seen[part] for part in expected if part != "problems"
    }
    problems = [problem for draft in drafts for problem in draft["problems"]]
    assert [problem["row"] for problem in problems] == [row for row, _, _ in expected.get("problems", ())]
    assert all(
        text in problem["message"] for problem, (_, _, text) in zip(problems, expected.get("problems", ()), strict=True)
    )


def test_every_file_has_its_expectation() -> None:
    assert {path.name for path in FILES.glob("*.csv")} == set(EXPECTED)
