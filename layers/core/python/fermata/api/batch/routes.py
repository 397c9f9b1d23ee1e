"""Start, watch, pause, resume and cancel batches, and read what became of their documents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Query, Response

from fermata.api import formatting
from fermata.api.batch.family import FAMILY, KIND, NAME, checked_id, ref_of
from fermata.api.batch.paths import check_paths
from fermata.api.batch.presenter import shown
from fermata.api.batch.schemas import (
    ActiveBatch,
    ActiveBatches,
    BatchMessage,
    BatchResults,
    BatchStatus,
    CancelledBatch,
    CheckedPaths,
    NewBatch,
    PathsToCheck,
    StartedBatch,
    TaggingConfig,
)
from fermata.api.context import Caller, DefaultModel, RequestContext
from fermata.api.idempotency import IdempotencyKey, digest_of
from fermata.api.request_fields import Note, reason_of
from fermata.api.responses import Answer
from fermata.api.result_export import RAW, RAW_CSV, download, page_of
from fermata.control import holds, starting, termination
from fermata.control.counts import counts_of, counts_of_all
from fermata.control.results import JobPosition
from fermata.domain.access import CONTROL
from fermata.domain.errors import InvalidInput
from fermata.domain.holds import described
from fermata.domain.jobs import Job
from fermata.domain.kind import Json
from fermata.domain.listing import Listing, created_key

MAX_DOCUMENTS = 100_000


@FAMILY.command("/start", "batch.start", response_model=StartedBatch, errors=(409,), summary="Start a batch")
def start_batch(call: Caller, body: NewBatch, idempotency_key: IdempotencyKey = None) -> StartedBatch:
    """Tag the documents of a batch.

    The documents come in the request or, where there are many, by reference as `documents_url`; then `total_documents` is 0
    here, and grows while the list is read. With a `job_id` of the caller's, the same request again starts nothing and gets the
    first answer; another request under this id is a 409. One document that is wrongly described refuses the whole request;
    one that can't be fetched or read fails alone.
    """
    keyed = digest_of(call, idempotency_key)
    job_id = f"batch-{keyed}" if keyed and body.job_id is None else checked_id(body.job_id, call.engine.clock.now())
    act = call.on(job_id)
    rows = _rows(call, body)
    new = starting.NewJob(
        family=NAME,
        id=job_id,
        kind=KIND,
        params=_params(body, call.services.model),
        files={"documents.jsonl": b"".join(_line(row) for row in rows)} if rows else {},
        expected=len(rows),
    )
    try:
        job, call.replayed = starting.accept(call.engine, act, new)
    except InvalidInput as error:
        raise _in_callers_words(error) from None
    return StartedBatch(job_id=job.public_id, total_documents=job.expected, message="Batch processing started")


@FAMILY.route(
    "POST",
    "/validate-paths",
    None,
    scope=CONTROL,
    response_model=CheckedPaths,
    summary="Look at documents before a batch is started",
)
def validate_batch_paths(call: Caller, body: PathsToCheck) -> CheckedPaths:
    """Whether the stack could read each of them: an address is asked by HEAD, or GET, and an object in S3 opened, by the rules
    that hold for the documents of a batch. Nothing is kept of it.

    Of a local file only its name is looked at: whether there is one shows when a batch reads it. What was not looked at within
    20 seconds is not valid, and its error says so.
    """
    return check_paths(call.engine.settings.narrowed(call.tenant), body.paths)


@FAMILY.control("pause", "Pause a batch", response_model=BatchMessage)
def pause_batch(call: Caller, job_id: str, body: Note | None = None) -> BatchMessage:
    """Stop after the documents in hand; the status is `paused` as soon as none is.

    Asking again before that is fine; a job that is paused, or over, is a 409.
    """
    ref = ref_of(call, job_id)
    holds.pause(call.engine, call.act, ref, holds.own_hold(call.engine, call.actor.user, reason_of(body)))
    return BatchMessage(message="Batch processing paused")


@FAMILY.control("resume", "Resume a batch", response_model=BatchMessage)
def resume_batch(call: Caller, job_id: str, body: Note | None = None) -> BatchMessage:
    """Go on where it stopped. A job that is not paused is a 409.

    A pause of the whole system goes on holding it: the message says so, and by whom and until when. Where nothing else holds
    the job, there is nothing to resume, and it is a 409 with the same facts.
    """
    job = holds.resume(call.engine, call.act, ref_of(call, job_id), reason_of(body))
    held = holds.still_held(call.engine, job)
    return BatchMessage(message=f"Pause removed, but {described(held)}" if held else "Batch processing resumed")


@FAMILY.control("cancel", "Cancel a batch", response_model=CancelledBatch)
def cancel_batch(call: Caller, job_id: str, body: Note | None = None) -> CancelledBatch:
    """Stop for good. Results of documents that are done stay readable. A job that is over is a 409."""
    job = termination.cancel(call.engine, call.act, ref_of(call, job_id), reason_of(body))
    return CancelledBatch(message="Batch processing cancelled", job_id=job.public_id)


def _rows(call: RequestContext, body: NewBatch) -> list[dict[str, Json]]:
    """The documents of the request, each checked. Raises InvalidInput."""
    if (body.documents is None) == (body.documents_url is None):
        raise InvalidInput("documents", "either documents or documents_url is needed, and not both")
    if body.documents is None:
        return []
    if not 1 <= len(body.documents) <= MAX_DOCUMENTS:
        raise InvalidInput("documents", f"must be 1 to {MAX_DOCUMENTS}; pass more by documents_url")
    from fermata.toolkit.documents import check_size, document_of, normal_mapping

    mapping = _mapping(body, normal_mapping)
    for place, row in enumerate(body.documents):
        try:
            document = document_of(row, mapping)
            check_size(row)
        except ValueError as error:
            raise InvalidInput(f"documents[{place}]", str(error)) from None
        if document.file_source_type == "local" and not call.engine.settings.allow_local_files:
            raise InvalidInput(f"documents[{place}].file_source_type", "this stack reads no local files")
    return body.documents


def _mapping(body: NewBatch, normal: Any) -> dict[str, str]:
    try:
        mapping: dict[str, str] = normal(body.column_mapping)
    except ValueError as error:
        raise InvalidInput("column_mapping", str(error)) from None
    return mapping


def _params(body: NewBatch, model: DefaultModel) -> dict[str, Json]:
    """The kind's parameters, with the stack's model where none is named; the kind checks them.

    The stack's key goes to the stack's endpoint alone, and pays for the stack's model alone where one is set.
    """
    given: dict[str, Json] = body.config.model_dump(exclude_none=True)
    name = given.get("model_name") or model.name
    if model.url is not None and name is not None and "base_url" not in given:
        given |= {"base_url": model.url, "model_name": name}
        if model.key is not None and name == (model.name or name):
            given.setdefault("api_key", model.key)
    if body.column_mapping:
        given["column_mapping"] = body.column_mapping
    if body.documents_url is not None:
        given["documents_url"] = body.documents_url
    return given


def _in_callers_words(error: InvalidInput) -> InvalidInput:
    """What the kind knows as a parameter, the caller has sent as a member of ``config``."""
    if error.field.partition(".")[0] not in TaggingConfig.model_fields:
        return error
    return InvalidInput(f"config.{error.field}", str(error).removeprefix(f"{error.field}: "))


def _line(row: dict[str, Json]) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


PAGE = 200
MAX_ACTIVE = 1_000
PAGE_ROWS = 100

DOWNLOADED = {
    200: {"content": {"text/csv": {}, "application/jsonl": {}}, "description": "A page, or a file"},
    303: {"description": "The whole file lies at `Location`, for ten minutes and without credentials"},
}


@FAMILY.query("/jobs/{job_id}/status", response_model=BatchStatus, errors=(404,), summary="How a batch stands")
def get_batch_status(call: Caller, job_id: str) -> BatchStatus:
    """The counts add up in every answer; `progress` is 1.0 only when every document is settled."""
    job = call.engine.store.job(ref_of(call, job_id))
    counts = counts_of(call.engine, job)
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
    counts = counts_of_all(call.engine, jobs)
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
    checks=(RAW_CSV,),
    summary="The tags of each document",
)
def get_batch_results(
    call: Caller,
    job_id: str,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[
        int | None,
        Query(ge=1, le=500, description="Rows of a page, at most (100); of a download all, unless told otherwise"),
    ] = None,
    format: Annotated[Literal["json", "csv", "jsonl"], Query(description="`csv` and `jsonl` are downloads")] = "json",
    raw: Annotated[bool, Query(description=RAW)] = False,
) -> Response:
    """Settled documents, while the batch runs and after, each with its tags or its error.

    A page ends early when it becomes large (about 4 MB). While the batch runs `next_cursor` is never null: an empty page says
    that nothing more is settled yet. A document that a retry runs again is shown again.

    A download without `cursor` of a batch that is over is the whole file: at once where it is small, else as a redirect to
    where it lies. A download of a batch that runs, of more than 200,000 documents, or with a `limit`, is a page of up to
    4 MB, with the rest under `Link: <…>; rel="next"`.
    """
    job = call.engine.store.job(ref_of(call, job_id))
    position = call.unseal(cursor, JobPosition.parse, *_owner(job)) if cursor is not None else None
    found = shown(call.engine, job, raw=raw)
    if format != "json":
        return download(found, position, format, lambda at: call.seal(str(at), *_owner(job)), limit)
    page = page_of(found, position or JobPosition({}), limit or PAGE_ROWS)
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
