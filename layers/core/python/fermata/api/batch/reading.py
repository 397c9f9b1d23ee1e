"""Status, active jobs and results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import Query, Response

from fermata.api import formatting
from fermata.api.batch.family import FAMILY, NAME, ref_of
from fermata.api.batch.presenter import shown
from fermata.api.batch.schemas import ActiveBatch, ActiveBatches, BatchResults, BatchStatus
from fermata.api.context import Caller, RequestContext
from fermata.api.responses import Answer
from fermata.api.result_export import RAW, download, page_of
from fermata.control.results import Position
from fermata.domain.jobs import Job
from fermata.domain.listing import Listing, created_key

PAGE = 200
MAX_ACTIVE = 1_000

DOWNLOADED = {
    200: {"content": {"text/csv": {}, "application/jsonl": {}}, "description": "A page, or a file"},
    303: {"description": "The whole file lies at `Location`, for ten minutes and without credentials"},
}


@FAMILY.query("/jobs/{job_id}/status", response_model=BatchStatus, errors=(404,), summary="How a batch stands")
def get_batch_status(call: Caller, job_id: str) -> BatchStatus:
    """The counts add up in every answer; `progress` is 1.0 only when every document is settled."""
    job = call.engine.store.job(ref_of(call, job_id))
    counts = formatting.counts_of(call.engine, job)
    return BatchStatus.model_construct(
        job_id=job.public_id,
        status=formatting.BATCH[job.status],
        total_documents=counts.total,
        processed_count=counts.succeeded,
        failed_count=counts.failed,
        progress=formatting.share(counts, job.status),
    )


@FAMILY.query("/active", response_model=ActiveBatches, summary="The caller's batches that are not over")
def list_active_batches(call: Caller) -> ActiveBatches:
    """Pending, processing and paused batches that the calling user started, newest first (the newest 1000).

    `started_at` is when the batch was accepted.
    """
    jobs = list(_active(call))
    counts = formatting.counts_of_all(call.engine, jobs)
    return ActiveBatches(
        jobs=[
            ActiveBatch(
                job_id=job.public_id,
                status=formatting.BATCH[job.status],  # type: ignore[arg-type]
                total_documents=count.total,
                processed_count=count.succeeded,
                started_at=formatting.zoned_time(job.created_at),
            )
            for job, count in zip(jobs, counts, strict=True)
        ]
    )


@FAMILY.query(
    "/jobs/{job_id}/results",
    response_model=BatchResults,
    responses=DOWNLOADED,
    errors=(404,),
    summary="The tags of each document",
)
def get_batch_results(
    call: Caller,
    job_id: str,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Rows of a page, at most")] = 100,
    format: Annotated[Literal["json", "csv", "jsonl"], Query(description="`csv` and `jsonl` are downloads")] = "json",
    raw: Annotated[bool, Query(description=RAW)] = False,
) -> Response:
    """Settled documents, while the batch runs and after, each with its tags or its error.

    A page ends early when it becomes large (about 4 MB). While the batch runs `next_cursor` is never null: an empty page says
    that nothing more is settled yet. A document that a retry runs again is shown again.

    A download without `cursor` of a batch that is over is the whole file: at once where it is small, else as a redirect to
    where it lies. A download of a batch that runs, or of more than 200,000 documents, is a page of up to 4 MB, whatever the
    `limit`, with the rest under `Link: <…>; rel="next"`.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    position = call.unseal(cursor, Position.parse, *_owner(job)) if cursor is not None else Position.parse("")
    if format != "json":
        return download(shown(call.engine, job, raw=raw), position, format, lambda at: call.seal(str(at), *_owner(job)))
    page = page_of(shown(call.engine, job, raw=raw), position, limit)
    return Answer(
        {
            "job_id": job.public_id,
            "status": formatting.BATCH[job.status],
            "results": page.rows,
            "next_cursor": call.seal(str(page.position), *_owner(job)) if page.more else None,
        }
    )


def _owner(job: Job) -> tuple[str, ...]:
    return ("results", job.id, job.digest, str(job.created_at))


def _active(call: RequestContext) -> Iterator[Job]:
    listing = Listing(call.tenant, (NAME,), active_user=call.actor.user, limit=PAGE)
    count = 0
    while count < MAX_ACTIVE and (page := call.engine.store.jobs(listing)):
        yield from page
        count += len(page)
        listing = replace(listing, before=created_key(page[-1]))
