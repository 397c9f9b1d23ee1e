"""Tables of records that imports have filled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Literal

from fermata_client import routes
from fermata_client._async.transport import AsyncTransport

if TYPE_CHECKING:
    from fermata_client import models


class AsyncRecords:
    """Tables of a workspace."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(self, table: str, *, workspace: str | None = None) -> AsyncIterator[models.Record]:
        """The records of a table in the order of their keys, over as many pages as there are."""
        path = routes.RECORDS_READ.at(table=table)
        cursor: str | None = None
        while True:
            query = {"workspace": workspace, "cursor": cursor, "limit": 100}
            page = await self._transport.call(routes.RECORDS_READ, path, query=query)
            for record in page.records:
                yield record
            cursor = page.next_cursor
            if cursor is None:
                return

    async def download(
        self, table: str, format: Literal["csv", "jsonl"] = "csv", *, workspace: str | None = None, raw: bool = False
    ) -> AsyncIterator[bytes]:
        """The whole table as a file; ``raw``: also cells that a spreadsheet would take for formulas."""
        query = {"format": format, "workspace": workspace, "raw": raw or None}
        async for part in self._transport.pages("GET", routes.RECORDS_READ.at(table=table), query):
            yield part
