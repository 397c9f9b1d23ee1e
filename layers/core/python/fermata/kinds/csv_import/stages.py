"""The stages of an import: validate, compare, and once a person approves, apply."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fermata.content.model import Record
from fermata.content.workspace import content_of
from fermata.domain.kind import Finishing, Json, Kind, Planned, Planning, Policy, Stage, Unit
from fermata.domain.ranges import Ranges
from fermata.kinds.csv_import.blocks import Problem, load_layout, plan_blocks, read_block
from fermata.kinds.csv_import.columns import Column
from fermata.kinds.csv_import.ledger import Ledger, duplicates_in
from fermata.kinds.csv_import.parameters import CsvImport
from fermata.kinds.csv_import.patterns import budgeted
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.storage import patience

MAX_PROBLEMS = 200
"""Problems that a block's result lists; more are counted."""

VALIDATE, COMPARE, APPLY = "validate", "compare", "apply"


def validate_block(unit: Unit) -> Json:
    """One block of the draft.

    ``{"first": its first row, "rows", "valid", "invalid": counts of rows, "columns": [{"name", "type", "decimals"?}],
    "records": [[row, value, …]] for each valid row, "problems": [{"row", "column", "message"}], "problems_found"}``; the first
    block's has also ``"assumed": {"encoding", "delimiter", "quote", "rows_above_header", "renamed_columns"}``.
    """
    with patience(), budgeted():
        layout = load_layout(unit.files)
        rows = list(read_block(unit.files, layout, unit.value, unit.params["unique"]))
    problems = [problem for row in rows for problem in row.problems]
    records = [[row.row, *row.values] for row in rows if not row.problems]
    return {
        "first": unit.value["first"],
        "rows": len(rows),
        "valid": len(records),
        "invalid": len(rows) - len(records),
        **({"assumed": layout.table.assumed()} if unit.value["first"] == 1 else {}),
        "columns": [_shown(column) for column in layout.columns],
        "records": records,
        **_listed(problems),
    }


def plan_compare(job: Planning) -> Iterator[Planned]:
    """The blocks that were validated, once the keys of them all are known."""
    ledger, unique = Ledger.load(job.files), job.params["unique"]
    for result in job.previous():
        if result.error is None:
            ledger.add(result.number, _keys(result.value, unique))
    ledger.save(job.files)
    blocks = list(job.units(VALIDATE))
    for number in ledger.blocks:
        yield Planned(blocks[number], None)


def compare_block(unit: Unit) -> Json:
    """What is wrong with a block's rows beside those of others: ``{"block", "repeated": rows, "problems"…}``."""
    with patience():
        duplicates = duplicates_in(unit.files, unit.value)
    column = unit.params["unique"]
    problems = [Problem(row, column, f"is the same as in row {first}") for row, first in sorted(duplicates.items())]
    return {"block": unit.value, "repeated": len(problems), **_listed(problems)}


def plan_apply(job: Planning) -> Iterator[Planned]:
    """The blocks with a row that was approved."""
    approved = _approved(job.params)
    for result in job.previous():
        if result.error is None:
            block = result.value["block"]
            span = Ranges.span(block["first"], block["first"] + block["rows"])
            if approved is None or approved & span:
                yield Planned(block, None)


def apply_block(unit: Unit) -> Json:
    """Store a block's approved rows: ``{"first", "rows", "applied", "taken": rows whose key the table has, "problems"…}``."""
    with patience(), budgeted():
        records = list(_records(unit))
        stored = content_of(unit).add(unit.params["table"], [record for _, record in records])
    taken = [row for (row, _), there in zip(records, stored, strict=True) if not there]
    problems = [Problem(row, unit.params["unique"], "is in the table already") for row in taken]
    return {
        "first": unit.value["first"],
        "rows": unit.value["rows"],
        "applied": len(records) - len(taken),
        "taken": len(taken),
        **_listed(problems),
    }


def summary(job: Finishing) -> Json:
    """``{"table", "rows", "valid", "invalid", "repeated", "applied", "skipped": valid rows that were not applied}``."""
    total = {"rows": 0, "valid": 0, "invalid": 0, "repeated": 0, "applied": 0}
    for stage, names in ((VALIDATE, ("rows", "valid", "invalid")), (COMPARE, ("repeated",)), (APPLY, ("applied",))):
        for result in job.results(stage):
            if result.error is None:
                for name in names:
                    total[name] += result.value[name]
    return {"table": job.params["table"], **total, "skipped": total["valid"] - total["applied"]}


def _records(unit: Unit) -> Iterator[tuple[int, Record]]:
    """Each row that is to be stored. The row is its part in the key of who stores it, so that a repeat is known as one."""
    layout, unique = load_layout(unit.files), unit.params["unique"]
    approved, duplicates = _approved(unit.params), duplicates_in(unit.files, unit.value)
    names = [column.name for column in layout.columns]
    for row in read_block(unit.files, layout, unit.value, unique):
        if row.problems or row.row in duplicates or (approved is not None and row.row not in approved):
            continue
        values = dict(zip(names, row.values, strict=True))
        key = f"{unit.job_id}#{row.row:08}" if unique is None else f"{unique}={values[unique]}"
        yield row.row, Record(key, f"{unit.key}/{row.row}", values)


def _keys(block: Mapping[str, Any], unique: str | None) -> list[tuple[int, Json]]:
    if unique is None:
        return []
    place = [column["name"] for column in block["columns"]].index(unique) + 1
    return [(record[0], record[place]) for record in block["records"]]


def _approved(params: Mapping[str, Json]) -> Ranges | None:
    """The rows that a reviewer chose, None for all."""
    text = params.get("approved")
    return None if text is None else Ranges.parse(text)


def _shown(column: Column) -> dict[str, Json]:
    decimals = {} if column.decimals is None else {"decimals": column.decimals}
    return {"name": column.name, "type": column.type, **decimals}


def _listed(problems: list[Problem]) -> dict[str, Json]:
    return {
        "problems": [problem.shown() for problem in problems[:MAX_PROBLEMS]],
        "problems_found": len(problems),
    }


POLICY = Policy(chunk_size=10, timeout=120.0, attempts=5, backoff=1.0)

CSV_IMPORT = Kind(
    name="csv_import",
    title="Import a CSV file",
    stages=(
        Stage(VALIDATE, plan_blocks, validate_block, POLICY),
        Stage(COMPARE, plan_compare, compare_block, POLICY),
        Stage(APPLY, plan_apply, apply_block, POLICY, review=True),
    ),
    families=frozenset({"processes"}),
    parse=parser(CsvImport),
    schema=schema(CsvImport),
    finish=summary,
)
