"""What became of a job's units."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from fastapi import Query, Response

from fermata.api.context import Caller, RequestContext
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, ref_of
from fermata.api.jobs.presenter import stage_names
from fermata.api.responses import Answer
from fermata.api.result_export import RAW, Inputs, ResultColumns, Row, download, page_of
from fermata.control.results import Position
from fermata.domain.errors import InvalidInput
from fermata.domain.jobs import Job
from fermata.domain.kind import Result

COLUMNS = ("unit", "value", "error", "input")

DOWNLOADED = {
    200: {"content": {"text/csv": {}, "application/jsonl": {}}, "description": "A page, or a file"},
    303: {"description": "The whole file lies at `Location`, for ten minutes and without credentials"},
}


@FAMILY.query(
    "/{job_id}/results",
    response_model=schemas.JobResults,
    responses=DOWNLOADED,
    errors=(404,),
    summary="What became of each unit",
)
def get_job_results(
    call: Caller,
    job_id: str,
    stage: Annotated[
        str | None, Query(max_length=64, description="By name; the first one unless told otherwise")
    ] = None,
    failed: Annotated[bool, Query(description="Only failed units")] = False,
    cursor: Annotated[
        str | None, Query(description="`next_cursor` of the page before, of the same stage and choice")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Rows of a page, at most")] = 100,
    format: Annotated[Literal["json", "csv", "jsonl"], Query(description="`csv` and `jsonl` are downloads")] = "json",
    raw: Annotated[bool, Query(description=RAW)] = False,
) -> Response:
    """Settled units of a stage, while the job runs and after.

    A page ends early when it becomes large (about 4 MB). While the job runs `next_cursor` is never null: an empty page says that
    nothing more is settled yet. A unit that a retry runs again is shown again. In a CSV file `value` and `input` are JSON.

    A download without `cursor` of a job that is over is the whole file: at once where it is small, else as a redirect to
    where it lies. A download of a job that runs, or of more than 200,000 units, is a page of up to 4 MB, whatever the
    `limit`, with the rest under `Link: <…>; rel="next"`.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    number, name = _stage(call, job, stage)
    owner = ("results", job.id, job.digest, str(job.created_at), str(number), str(failed))
    position = call.unseal(cursor, Position.parse, *owner) if cursor is not None else Position.parse("")
    shown = _shown(call, job, number, failed, raw=raw)
    if format != "json":
        kept = f"&stage={name}&failed={str(failed).lower()}"
        return download(shown, position, format, lambda at: call.seal(str(at), *owner) + kept)
    page = page_of(shown, position, limit)
    return Answer(
        {
            "job_id": job.id,
            "status": job.status.value,
            "stage": name,
            "results": page.rows,
            "next_cursor": call.seal(str(page.position), *owner) if page.more else None,
        }
    )


def _stage(call: RequestContext, job: Job, name: str | None) -> tuple[int, str]:
    names = stage_names(call.engine, job)
    if name is None:
        return 0, names[0]
    if name not in names:
        raise InvalidInput("stage", f"the job's stages are {', '.join(names)}")
    return names.index(name), name


def _shown(call: RequestContext, job: Job, stage: int, failed: bool, *, raw: bool) -> ResultColumns:
    inputs = Inputs(call.engine, job, stage)

    def row(result: Result) -> Row:
        about = inputs.of(result.number) if result.error is not None else None
        return {"unit": result.number, "value": result.value, "error": result.error, "input": about}

    name = f"results-{stage}-{'failed' if failed else 'all'}"
    return ResultColumns(call.engine, job, stage, row, COLUMNS, _cells, failed, name, raw)


def _cells(row: Row) -> Row:
    value = "" if row["error"] is not None else json.dumps(row["value"], ensure_ascii=False)
    about = "" if row["error"] is None else json.dumps(row["input"], ensure_ascii=False)
    return row | {"value": value, "input": about}
