"""Batches of documents to tag."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from fermata_client import routes
from fermata_client._sync.clock import sleep
from fermata_client._sync.handle import Handle
from fermata_client._sync.jobs import REST, Job, Jobs
from fermata_client._sync.transport import Transport
from fermata_client.words import BatchStatus

if TYPE_CHECKING:
    from fermata_client import models

ActiveList: TypeAlias = "list[models.ActiveBatch]"


class Batch(Handle):
    """A batch. ``data`` is its state as it was read last."""

    def __init__(self, transport: Transport, data: models.Batch) -> None:
        super().__init__(transport)
        self.data = data

    def __str__(self) -> str:
        failed = f", {self.data.failed_count} of them failed" if self.data.failed_count else ""
        return f"{self.id} is {self.status}, {self.settled} of {self.data.total_documents} documents done{failed}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    @property
    def id(self) -> str:
        return self.data.job_id

    @property
    def status(self) -> BatchStatus:
        return self.data.status

    @property
    def settled(self) -> int:
        """Documents that are done, well or not."""
        return self.data.processed_count + self.data.failed_count

    @property
    def progress(self) -> float:
        return self.data.progress

    @property
    def over(self) -> bool:
        return self.status.final

    @property
    def succeeded(self) -> bool:
        return self.status == BatchStatus.COMPLETED

    def refresh(self) -> Self:
        path = routes.BATCHES_STATUS.at(job_id=self.id)
        self.data = self._read(routes.BATCHES_STATUS, path) or self.data
        return self

    def pause(self, *, reason: str | None = None) -> Self:
        """Stop after the documents in hand. Raises Conflict when it is paused, or over."""
        self._batches.pause(self.id, reason=reason)
        return self.refresh()

    def resume(self, *, reason: str | None = None) -> Self:
        """Go on where it stopped. Raises Conflict when it is not paused."""
        self._batches.resume(self.id, reason=reason)
        return self.refresh()

    def cancel(self, *, reason: str | None = None) -> Self:
        """Stop for good; results stay readable. Raises Conflict when it is over."""
        self._batches.cancel(self.id, reason=reason)
        return self.refresh()

    def results(self, *, wait: bool = False) -> Iterator[models.Document]:
        """Its settled documents; with ``wait`` until it is over, else as many as there are now."""
        for document in self._batches.results(self.id, wait=wait):
            yield document

    def download(self, format: Literal["csv", "jsonl"] = "csv", *, raw: bool = False) -> Iterator[bytes]:
        """The settled documents as a file; ``raw``: also cells that a spreadsheet would take for formulas."""
        for part in self._batches.download(self.id, format, raw=raw):
            yield part

    def job(self) -> Job:
        """The same as a job, with its holds, history and reasons."""
        return Jobs(self._transport).get(f"batch:{self.id}")

    @property
    def _batches(self) -> Batches:
        return Batches(self._transport)


class Batches:
    """Batches of documents to tag."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def start(
        self,
        documents: Iterable[Mapping[str, Any]] | None = None,
        *,
        documents_url: str | None = None,
        config: Mapping[str, Any] | None = None,
        column_mapping: Mapping[str, str] | None = None,
        job_id: str | None = None,
    ) -> Batch:
        """Start a batch.

        Args:
            documents: each with ``file_path`` and, as needed, ``title``, ``file_source_type`` and further columns.
            documents_url: of a list of documents, in place of them.
            config: how to tag: ``num_pages``, ``num_tags``, ``exclusion_words``, ``model_name`` …
            column_mapping: the caller's names of columns onto those of ``documents``.
            job_id: the same id with the same request gets the first batch; a new one by default, so that this client may try
                again without starting two.
        """
        body = {
            "documents": None if documents is None else [dict(row) for row in documents],
            "documents_url": documents_url,
            "config": dict(config or {}),
            "column_mapping": dict(column_mapping) if column_mapping else None,
            "job_id": job_id if job_id is not None else f"batch-{int(time.time())}-{secrets.token_hex(5)}",
        }
        return self.get((self._transport.call(routes.BATCHES_START, body=body)).job_id)

    def check(self, paths: Iterable[str]) -> models.CheckedPaths:
        """Whether the server can read documents at these addresses (500 at most), before a batch of them is started."""
        body = {"paths": [{"path": path} for path in paths]}
        return self._transport.call(routes.BATCHES_CHECK, body=body)

    def get(self, id: str) -> Batch:
        """The batch of this id. Raises NotFound."""
        path = routes.BATCHES_STATUS.at(job_id=id)
        return Batch(self._transport, self._transport.call(routes.BATCHES_STATUS, path))

    def active(self) -> ActiveList:
        """The caller's batches that are not over, newest first."""
        return (self._transport.call(routes.BATCHES_ACTIVE)).jobs

    def pause(self, id: str, *, reason: str | None = None) -> models.BatchMessage:
        path = routes.BATCHES_PAUSE.at(job_id=id)
        return self._transport.call(routes.BATCHES_PAUSE, path, body={"reason": reason})

    def resume(self, id: str, *, reason: str | None = None) -> models.BatchMessage:
        path = routes.BATCHES_RESUME.at(job_id=id)
        return self._transport.call(routes.BATCHES_RESUME, path, body={"reason": reason})

    def cancel(self, id: str, *, reason: str | None = None) -> models.BatchCancelled:
        path = routes.BATCHES_CANCEL.at(job_id=id)
        return self._transport.call(routes.BATCHES_CANCEL, path, body={"reason": reason})

    def results(self, id: str, *, wait: bool = False) -> Iterator[models.Document]:
        """Settled documents; with ``wait`` until the batch is over, else as many as there are now."""
        path = routes.BATCHES_RESULTS.at(job_id=id)
        cursor: str | None = None
        while True:
            query = {"cursor": cursor, "limit": 500}
            page = self._transport.call(routes.BATCHES_RESULTS, path, query=query)
            for document in page.results:
                yield document
            cursor = page.next_cursor
            if cursor is None or (not page.results and (not wait or page.status.final)):
                return
            if not page.results:
                sleep(REST)

    def download(self, id: str, format: Literal["csv", "jsonl"] = "csv", *, raw: bool = False) -> Iterator[bytes]:
        """The settled documents as a file; ``raw``: also cells that a spreadsheet would take for formulas."""
        path = routes.BATCHES_RESULTS.at(job_id=id)
        for part in self._transport.pages("GET", path, {"format": format, "raw": raw or None}):
            yield part
