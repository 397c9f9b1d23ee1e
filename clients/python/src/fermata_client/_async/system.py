"""All processing of a tenant at once, and its audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from fermata_client import routes
from fermata_client._async.transport import AsyncTransport
from fermata_client.values import Moment, text_of

if TYPE_CHECKING:
    from fermata_client import models

Chain = Literal["done", "refused"]
SystemEvents: TypeAlias = "list[models.SystemEvent]"


class AsyncSystem:
    """All processing of a tenant. Pausing, resuming and clearing need the scope ``admin``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def pause(self, *, reason: str | None = None, until: Moment | None = None) -> None:
        """Nothing new starts anywhere in the tenant; the units in hand end."""
        await self._transport.call(routes.SYSTEM_PAUSE, body={"reason": reason, "until": text_of(until)})

    async def resume(self, *, reason: str | None = None) -> None:
        """What waited is queued again. A source or job that was paused by itself stays so."""
        await self._transport.call(routes.SYSTEM_RESUME, body={"reason": reason})

    async def status(self) -> models.SystemStatus:
        """Whether all processing is paused, since when and why."""
        return await self._transport.call(routes.SYSTEM_STATUS)

    async def overview(self) -> models.Overview:
        """The tenant's limits and, with the scope ``admin``, how full the stack's queues are."""
        return await self._transport.call(routes.SYSTEM_READ)

    async def events(self, *, type: str | None = None, limit: int | None = None) -> SystemEvents:
        """The most recent events (50, at most 500), in the order they happened, each with what it is about."""
        query = {"event_type": type, "limit": limit, "about": True}
        return await self._transport.call(routes.SYSTEM_EVENTS, query=query)

    async def clear_events(self) -> int:
        """Remove all events; how many there were. The audit log stays as it is."""
        return (await self._transport.call(routes.SYSTEM_CLEAR)).deleted


class AsyncAudit:
    """One record of each mutation, and of each that was refused. Needs the scope ``admin``."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def list(
        self,
        *,
        action: str | None = None,
        target: str | None = None,
        user: str | None = None,
        outcome: str | None = None,
        since: Moment | None = None,
        before: Moment | None = None,
    ) -> AsyncIterator[models.AuditRecord]:
        """Records that match all that is given, oldest first, over as many pages as there are."""
        wanted = _filter(action, target, user, outcome, since, before)
        cursor: str | None = None
        while True:
            query = {**wanted, "cursor": cursor, "limit": 500}
            page = await self._transport.call(routes.AUDIT_LIST, query=query)
            for record in page.records:
                yield record
            cursor = page.next_cursor
            if cursor is None:
                return

    async def export(
        self,
        *,
        action: str | None = None,
        target: str | None = None,
        user: str | None = None,
        outcome: str | None = None,
        since: Moment | None = None,
        before: Moment | None = None,
    ) -> AsyncIterator[bytes]:
        """The same records as JSON Lines."""
        query = {**_filter(action, target, user, outcome, since, before), "format": "jsonl"}
        async for part in self._transport.pages("GET", routes.AUDIT_LIST.path, query):
            yield part

    async def verify(self, last: int = 0, hash: str = "", *, chain: Chain = "done") -> models.Verification:
        """Check that each record is as it was written and follows the one before, to the end of the chain.

        Args:
            last, hash: of the last record that was verified before, to go on from there.
            chain: of what was done, or of what was refused.
        """
        checked = 0
        while True:
            found = await self._transport.call(routes.AUDIT_VERIFY, query={"last": last, "hash": hash, "chain": chain})
            checked += found.checked
            if found.whole or not found.intact:
                return found.model_copy(update={"checked": checked})
            last, hash = found.last, found.hash


def _filter(
    action: str | None,
    target: str | None,
    user: str | None,
    outcome: str | None,
    since: Moment | None,
    before: Moment | None,
) -> Mapping[str, Any]:
    """The names that the server has for it."""
    return {
        "action": action,
        "target": target,
        "user": user,
        "outcome": outcome,
        "from": text_of(since),
        "to": text_of(before),
    }
