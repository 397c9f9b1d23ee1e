"""Batches of documents to tag."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from fermata_client import routes
from fermata_client._async.clock import sleep
from fermata_client._async.handle import AsyncHandle
from fermata_client._async.jobs import REST, AsyncJob, AsyncJobs
from fermata_client._async.transport import AsyncTransport
from fermata_client.words import BatchStatus

if TYPE_CHECKING:
    from fermata_client import models

ActiveList: TypeAlias = "list[models.ActiveBatch]"


class AsyncBatch(AsyncHandle):
    """A batch. ``data`` is its state as it was read last."""

    def __init__(self, transport: AsyncTransport, data: models.Batch) -> None:
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

    async def refresh(self) -> Self:
        path = routes.BATCHES_STATUS.at(job_id=self.id)
        self.data = await self._read(routes.BATCHES_STATUS, path) or self.data
        return self

    async def pause(self, *, reason: str | None = None) -> Self:
        """Stop after the documents in hand. Raises Conflict when it is paused, or over."""
        await self._batches.pause(self.id, reason=reason)
        return await self.refresh()

    async def resume(self, *, reason: str | None = None) -> Self:
        """Go on where it stopped. Raises Conflict when it is not paused."""
        await self._batches.resume(self.id, reason=reason)
        return await self.refresh()

    async def cancel(self, *, reason: str | None = None) -> Self:
        """Stop for good; results stay readable. Raises Conflict when it is over."""
        await self._batches.cancel(self.id, reason=reason)
        return await self.refresh()

    async def results(self, *, wait: bool = False) -> AsyncIterator[models.Document]:
        """Its settled documents; with ``wait`` until it is over, else as many as there are now."""
        async for document in self._batches.results(self.id, wait=wait):
            yield document

    async def download(self, format: Literal["csv", "jsonl"] = "csv", *, raw: bool = False) -> AsyncIterator[bytes]:
        """The settled documents as a file; ``raw``: also cells that a spreadsheet would take for formulas."""
        async for part in self._batches.download(self.id, format, raw=raw):
            yield part

    async def job(self) -> AsyncJob:
        """The same as a job, with its holds, history and reasons."""
        return await AsyncJobs(self._transport).get(f"batch:{self.id}")

    @property
    def _batches(self) -> AsyncBatches:
        return AsyncBatches(self._transport)


class AsyncBatches:
    """Batches of documents to tag."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def start(
        self,
        documents: Iterable[Mapping[str, Any]] | None = None,
        *,
        documents_url: str | None = None,
        config: Mapping[str, Any] | None = None,
        column_mapping: Mapping[str, str] | None = None,
        job_id: str | None = None,
    ) -> AsyncBatch:
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
        return await self.get((await self._transport.call(routes.BATCHES_START, body=body)).job_id)

    async def check(self, paths: Iterable[str]) -> models.CheckedPaths:
        """Whether the server can read documents at these addresses (500 at most), before a batch of them is started."""
        body = {"paths": [{"path": path} for path in paths]}
        return await self._transport.call(routes.BATCHES_CHECK, body=body)

    async def get(self, id: str) -> AsyncBatch:
        """The batch of this id. Raises NotFound."""
        path = routes.BATCHES_STATUS.at(job_id=id)
        return AsyncBatch(self._transport, await self._transport.call(routes.BATCHES_STATUS, path))

    async def active(self) -> ActiveList:
        """The caller's batches that are not over, newest first."""
        return (await self._transport.call(routes.BATCHES_ACTIVE)).jobs

    async def pause(self, id: str, *, reason: str | None = None) -> models.BatchMessage:
        path = routes.BATCHES_PAUSE.at(job_id=id)
        return await self._transport.call(routes.BATCHES_PAUSE, path, body={"reason": reason})

    async def resume(self, id: str, *, reason: str | None = None) -> models.BatchMessage:
        path = routes.BATCHES_RESUME.at(job_id=id)
        return await self._transport.call(routes.BATCHES_RESUME, path, body={"reason": reason})

    async def cancel(self, id: str, *, reason: str | None = None) -> models.BatchCancelled:
        path = routes.BATCHES_CANCEL.at(job_id=id)
        return await self._transport.call(routes.BATCHES_CANCEL, path, body={"reason": reason})

    async def results(self, id: str, *, wait: bool = False) -> AsyncIterator[models.Document]:
        """Settled documents; with ``wait`` until the batch is over, else as many as there are now."""
        path = routes.BATCHES_RESULTS.at(job_id=id)
        cursor: str | None = None
        while True:
            query = {"cursor": cursor, "limit": 500}
            page = await self._transport.call(routes.BATCHES_RESULTS, path, query=query)
            for document in page.results:
                yield document
            cursor = page.next_cursor
            if cursor is None or (not page.results and (not wait or page.status.final)):
                return
            if not page.results:
                await sleep(REST)

    async def download(
        self, id: str, format: Literal["csv", "jsonl"] = "csv", *, raw: bool = False
    ) -> AsyncIterator[bytes]:
        """The settled documents as a file; ``raw``: also cells that a spreadsheet would take for formulas."""
        path = routes.BATCHES_RESULTS.at(job_id=id)
        async for part in self._transport.pages("GET", path, {"format": format, "raw": raw or None}):
            yield part
