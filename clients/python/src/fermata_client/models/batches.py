"""Batches of documents to tag."""

from __future__ import annotations

from fermata_client.models.base import Answer, Json, Time
from fermata_client.words import BatchStatus


class BatchStarted(Answer):
    """Receipt of a new batch; ``total_documents`` is 0 while a list by reference has not been read."""

    job_id: str
    total_documents: int
    message: str


class CheckedPath(Answer):
    """Whether a document can be read; ``error`` says why it can't."""

    path: str
    valid: bool
    error: str | None
    content_type: str | None
    size: int | None


class CheckedPaths(Answer):
    """What was found of documents, in the order of the request."""

    results: list[CheckedPath]
    total: int
    valid_count: int
    invalid_count: int


class Batch(Answer):
    """A batch as it was when it was read. ``processed_count`` counts documents that succeeded."""

    job_id: str
    status: BatchStatus
    total_documents: int
    processed_count: int
    failed_count: int
    progress: float


class ActiveBatch(Answer):
    """A batch that is not over."""

    job_id: str
    status: BatchStatus
    total_documents: int
    processed_count: int
    started_at: Time


class ActiveBatches(Answer):
    """The caller's batches that are not over, newest first."""

    jobs: list[ActiveBatch]


class BatchMessage(Answer):
    """What was done, in words."""

    message: str


class BatchCancelled(Answer):
    """Receipt of a cancel."""

    message: str
    job_id: str


class Document(Answer):
    """A settled document: its tags, a note why there are none, or its error. ``row`` counts from 1."""

    row: int
    title: str | None
    file_path: str | None
    file_source_type: str | None
    columns: dict[str, Json]
    tags: list[str] | None
    error: str | None
    note: str | None = None
    attempts: int = 1


class DocumentPage(Answer):
    """Settled documents of a batch."""

    job_id: str
    status: BatchStatus
    results: list[Document]
    next_cursor: str | None
