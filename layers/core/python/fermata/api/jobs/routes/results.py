"""What became of a job's units."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from fastapi import Query, Response

from fermata.api.context import Caller, RequestContext
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, ref_of
from fermata.api.jobs.presenter import stage_names, stage_number
from fermata.api.responses import Answer
from fermata.api.result_export import RAW, RAW_CSV, Inputs, ResultColumns, Row, download, page_of
from fermata.control.results import JobPosition
from fermata.domain.jobs import Job
from fermata.domain.kind import Result

COLUMNS = ("stage", "unit", "value", "error", "input", "attempts")
PAGE_ROWS = 100

DOWNLOADED = {
    200: {"content": {"text/csv": {}, "application/jsonl": {}}, "description": "A page, or a file"},
    303: {"description": "The whole file lies at `Location`, for ten minutes and without credentials"},
}


@FAMILY.query(
    "/{job_id}/results",
    response_model=schemas.JobResults,
    responses=DOWNLOADED,
    errors=(404,),
    checks=(RAW_CSV,),
    summary="What became of each unit",
)
def get_job_results(
    call: Caller,
    job_id: str,
    stage: Annotated[str | None, Query(max_length=64, description="Only of this stage, by name")] = None,
    failed: Annotated[bool, Query(description="Only failed units")] = False,
    cursor: Annotated[
        str | None, Query(description="`next_cursor` of the page before, of the same stage and choice")
    ] = None,
    limit: Annotated[
        int | None,
        Query(ge=1, le=500, description="Rows of a page, at most (100); of a download all, unless told otherwise"),
    ] = None,
    format: Annotated[Literal["json", "csv", "jsonl"], Query(description="`csv` and `jsonl` are downloads")] = "json",
    raw: Annotated[bool, Query(description=RAW)] = False,
) -> Response:
    """Settled units of all stages, stage by stage, or of one, while the job runs and after.

    A page ends early when it becomes large (about 4 MB). While the job runs `next_cursor` is never null: an empty page says that
    nothing more is settled yet. A unit that a retry runs again is shown again. In a CSV file `value` and `input` are JSON.

    A download without `cursor` of a job that is over is the whole file: at once where it is small, else as a redirect to
    where it lies. A download of a job that runs, of more than 200,000 units, or with a `limit`, is a page of up to 4 MB, with
    the rest under `Link: <…>; rel="next"`.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    number = _stage(call, job, stage)
    owner = ("results", job.id, job.digest, str(job.created_at), "all" if number is None else str(number), str(failed))
    parse = partial(JobPosition.parse, stage=number or 0)
    position = call.unseal(cursor, parse, *owner) if cursor is not None else None
    shown = _shown(call, job, number, failed, raw=raw)
    if format != "json":
        kept = f"{f'&stage={stage}' if stage else ''}&failed={str(failed).lower()}"
        return download(shown, position, format, lambda at: call.seal(str(at), *owner) + kept, limit)
    page = page_of(shown, position or JobPosition({}), limit or PAGE_ROWS)
    return Answer(
        {
            "job_id": job.id,
            "status": job.status.value,
            "stage": stage,
            "results": page.rows,
            "next_cursor": call.seal(str(page.position), *owner) if page.more else None,
        }
    )


def _stage(call: RequestContext, job: Job, name: str | None) -> int | None:
    """Its number; None: all."""
    return stage_number(stage_names(call.engine, job), name) if name is not None else None


def _shown(call: RequestContext, job: Job, only: int | None, failed: bool, *, raw: bool) -> ResultColumns:
    names = dict(enumerate(stage_names(call.engine, job)))
    stages = {stage: _row(call, job, stage, name) for stage, name in names.items() if only in (None, stage)}
    file = f"unit-results-{'all' if only is None else only}-{'failed' if failed else 'all'}"
    return ResultColumns(call.engine, job, stages, COLUMNS, _cells, failed, file, raw)


def _row(call: RequestContext, job: Job, stage: int, name: str) -> Callable[[Result], Row]:
    inputs = Inputs(call.engine, job, stage)

    def row(result: Result) -> Row:
        about = inputs.of(result.number) if result.error is not None else None
        facts = {"stage": name, "unit": result.number, "value": result.value, "error": result.error}
        return {**facts, "input": about, "attempts": result.attempts}

    return row


def _cells(row: Row) -> Row:
    value = "" if row["error"] is not None else json.dumps(row["value"], ensure_ascii=False)
    about = "" if row["error"] is None else json.dumps(row["input"], ensure_ascii=False)
    return row | {"value": value, "input": about}
