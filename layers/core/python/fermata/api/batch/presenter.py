"""Results as rows: what became of each document."""

from __future__ import annotations

import json
from collections.abc import Mapping

from fermata.api.result_export import Inputs, ResultColumns, Row
from fermata.control.engine import Engine
from fermata.domain.jobs import Job
from fermata.domain.kind import Json, Result
from fermata.toolkit.documents import FIELDS, document_of

STAGE = 0
COLUMNS = ("row", "title", "file_path", "file_source_type", "columns", "tags", "note", "error", "attempts")


def shown(engine: Engine, job: Job, *, raw: bool = False) -> ResultColumns:
    """A batch's results. A failed one does not say which document it was, so its document is looked up."""
    inputs = Inputs(engine, job, STAGE)

    def row(result: Result) -> Row:
        value = result.value if result.error is None else document(job, inputs.of(result.number))
        known: Mapping[str, Json] = value if isinstance(value, Mapping) else {}
        return {
            "row": result.number + 1,
            **{name: known.get(name) for name in FIELDS},
            "columns": known.get("columns", {}),
            "tags": known.get("tags"),
            "note": known.get("note"),
            "error": result.error,
            "attempts": result.attempts,
        }

    return ResultColumns(engine, job, {STAGE: row}, COLUMNS, cells, raw=raw)


def cells(row: Row) -> Row:
    """Tags are joined by semicolons; the caller's other columns are one JSON object, since rows differ in them."""
    columns = json.dumps(row["columns"], ensure_ascii=False) if row["columns"] else ""
    return row | {"columns": columns, "tags": "; ".join(row["tags"] or ())}


def document(job: Job, value: Json) -> Row:
    """What a row of the request says of its document; empty where it is none."""
    try:
        found = document_of(value, job.params.get("column_mapping"))
    except ValueError:
        return {}
    return {
        "title": found.title,
        "file_path": found.file_path,
        "file_source_type": found.file_source_type,
        "columns": dict(found.columns),
    }
