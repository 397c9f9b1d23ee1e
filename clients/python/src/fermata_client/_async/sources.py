"""Sources: documents that are taken apart and indexed."""

from __future__ import annotations

import secrets as random
from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, Self

from fermata_client import routes
from fermata_client._async.handle import AsyncHandle
from fermata_client._async.jobs import AsyncJob, AsyncJobs
from fermata_client._async.transport import AsyncTransport
from fermata_client.values import Moment, text_of
from fermata_client.words import SourceStatus

if TYPE_CHECKING:
    from fermata_client import models


class AsyncSource(AsyncHandle):
    """A source. ``data`` is its state as it was read last."""

    def __init__(self, transport: AsyncTransport, data: models.Source) -> None:
        super().__init__(transport)
        self.data = data

    def __str__(self) -> str:
        paused = ", paused" if self.paused else ""
        why = f": {self.data.error}" if self.data.error else ""
        return f"{self.id} ({self.data.title}) is {self.status}{paused}{why}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    @property
    def id(self) -> str:
        return self.data.source_id

    @property
    def status(self) -> SourceStatus:
        """How far its processing is, paused or not."""
        return self.data.status

    @property
    def paused(self) -> bool:
        return self.data.paused

    @property
    def over(self) -> bool:
        return self.status.final

    @property
    def succeeded(self) -> bool:
        return self.status == SourceStatus.COMPLETED

    async def refresh(self) -> Self:
        path = routes.SOURCES_READ.at(source_id=self.id)
        self.data = await self._read(routes.SOURCES_READ, path) or self.data
        return self

    async def pause(self, *, reason: str | None = None, until: Moment | None = None) -> Self:
        """Nothing of it is started until it is resumed; what runs stops after the unit in hand."""
        await self._sources.pause(self.id, reason=reason, until=until)
        return await self.refresh()

    async def resume(self, *, reason: str | None = None) -> Self:
        """What is left of its processing is queued again at once."""
        await self._sources.resume(self.id, reason=reason)
        return await self.refresh()

    async def delete(self, *, reason: str | None = None) -> None:
        """Cancel its processing and take it out of the index."""
        await self._sources.delete(self.id, reason=reason)

    async def job(self) -> AsyncJob:
        """The job that processes it."""
        return await AsyncJobs(self._transport).get(self.data.job_id)

    @property
    def _sources(self) -> AsyncSources:
        return AsyncSources(self._transport)


class AsyncSources:
    """All sources of the tenant."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        title: str,
        *,
        uri: str | None = None,
        text: str | None = None,
        workspace: str | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncSource:
        """Give a document, by where it lies or by its text; its processing starts at once.

        Args:
            idempotency_key: the same key with the same request gets the first one; a new one for each call by default.
        """
        headers = {"Idempotency-Key": idempotency_key or random.token_urlsafe(24)}
        body = {"title": title, "uri": uri, "text": text, "workspace_id": workspace}
        made = await self._transport.call(routes.SOURCES_CREATE, body=body, headers=headers)
        return await self.get(made.source_id)

    async def get(self, id: str) -> AsyncSource:
        """The source of this id. Raises NotFound."""
        path = routes.SOURCES_READ.at(source_id=id)
        return AsyncSource(self._transport, await self._transport.call(routes.SOURCES_READ, path))

    async def list(self, *, workspace: str | None = None) -> AsyncIterator[AsyncSource]:
        """Sources, newest first, over as many pages as there are; of all workspaces unless one is named."""
        cursor: str | None = None
        while True:
            query = {"workspace_id": workspace, "cursor": cursor, "limit": 200}
            page = await self._transport.call(routes.SOURCES_LIST, query=query)
            for data in page.sources:
                yield AsyncSource(self._transport, data)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def pause(self, id: str, *, reason: str | None = None, until: Moment | None = None) -> models.SourcePaused:
        body = {"reason": reason, "until": text_of(until)}
        return await self._transport.call(routes.SOURCES_PAUSE, routes.SOURCES_PAUSE.at(source_id=id), body=body)

    async def resume(self, id: str, *, reason: str | None = None) -> models.SourcePaused:
        path = routes.SOURCES_RESUME.at(source_id=id)
        return await self._transport.call(routes.SOURCES_RESUME, path, body={"reason": reason})

    async def delete(self, id: str, *, reason: str | None = None) -> models.SourceDeleted:
        path = routes.SOURCES_DELETE.at(source_id=id)
        return await self._transport.call(routes.SOURCES_DELETE, path, query={"reason": reason})

    async def pause_many(self, ids: Iterable[str], *, reason: str | None = None, until: Moment | None = None) -> int:
        """Pause up to 500 sources; how many are paused now. Unknown ids are passed over."""
        body = {"source_ids": [*ids], "reason": reason, "until": text_of(until)}
        return (await self._transport.call(routes.SOURCES_PAUSE_MANY, body=body)).count

    async def resume_many(self, ids: Iterable[str], *, reason: str | None = None) -> int:
        """Resume up to 500 sources; how many are not paused now. Unknown ids are passed over."""
        body = {"source_ids": [*ids], "reason": reason}
        return (await self._transport.call(routes.SOURCES_RESUME_MANY, body=body)).count
