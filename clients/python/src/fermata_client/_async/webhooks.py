"""Webhooks: receivers that are told of what happens."""

from __future__ import annotations

import secrets as random
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from fermata_client import routes
from fermata_client._async.transport import AsyncTransport
from fermata_client.webhooks import verify

if TYPE_CHECKING:
    from fermata_client import models

WebhookItems: TypeAlias = "list[models.Webhook]"
Format = Literal["json", "slack"]
DeliveryState = Literal["pending", "dead"]


class AsyncWebhooks:
    """All webhooks of the tenant; everything needs the scope ``admin``."""

    verify = staticmethod(verify)

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        name: str,
        url: str,
        *,
        events: Iterable[str] | None = None,
        kinds: Iterable[str] | None = None,
        workspaces: Iterable[str] | None = None,
        labels: Mapping[str, str] | None = None,
        format: Format | None = None,
        idempotency_key: str | None = None,
    ) -> models.WebhookCreated:
        """Have an address told of what happens. ``secret`` in the answer verifies what it gets; nobody is told again.

        Args:
            events: types as ``job.failed``, ``job.*`` for all of jobs; all by default. An empty list: only of jobs that name it.
            kinds, workspaces, labels: only of jobs that fit all of these.
            format: ``json``, the default, or ``slack``.
        """
        body = {
            "name": name,
            "url": url,
            "events": None if events is None else [*events],
            "kinds": None if kinds is None else [*kinds],
            "workspaces": None if workspaces is None else [*workspaces],
            "labels": None if labels is None else dict(labels),
            "format": format,
        }
        headers = {"Idempotency-Key": idempotency_key or random.token_urlsafe(24)}
        return await self._transport.call(routes.WEBHOOKS_CREATE, body=body, headers=headers)

    async def list(self) -> WebhookItems:
        """All of them."""
        return (await self._transport.call(routes.WEBHOOKS_LIST)).webhooks

    async def get(self, id: str) -> models.Webhook:
        """The webhook of this id. Raises NotFound."""
        return await self._transport.call(routes.WEBHOOKS_READ, routes.WEBHOOKS_READ.at(webhook_id=id))

    async def change(self, id: str, **changes: Any) -> models.Webhook:
        """Change what is given, by the names of the route; the rest stays."""
        path = routes.WEBHOOKS_CHANGE.at(webhook_id=id)
        return await self._transport.call(routes.WEBHOOKS_CHANGE, path, body=changes)

    async def delete(self, id: str, *, reason: str | None = None) -> None:
        """It is sent nothing more."""
        path = routes.WEBHOOKS_DELETE.at(webhook_id=id)
        await self._transport.call(routes.WEBHOOKS_DELETE, path, query={"reason": reason})

    async def enable(self, id: str, *, reason: str | None = None) -> models.Webhook:
        """It hears of what happens from now on."""
        path = routes.WEBHOOKS_ENABLE.at(webhook_id=id)
        return await self._transport.call(routes.WEBHOOKS_ENABLE, path, body={"reason": reason})

    async def disable(self, id: str, *, reason: str | None = None) -> models.Webhook:
        """It hears of nothing more; what waits is given up, and may be sent again."""
        path = routes.WEBHOOKS_DISABLE.at(webhook_id=id)
        return await self._transport.call(routes.WEBHOOKS_DISABLE, path, body={"reason": reason})

    async def test(self, id: str) -> models.Delivery:
        """Send it an event that says nothing; :meth:`delivery` shows what came of it. Raises Conflict when it is disabled."""
        return await self._transport.call(routes.WEBHOOKS_TEST, routes.WEBHOOKS_TEST.at(webhook_id=id))

    async def rotate_secret(self, id: str, *, overlap_hours: int | None = None) -> models.WebhookSecret:
        """A new secret; the one before signs beside it for so long, a day by default.

        Args:
            id: of a webhook, or ``notify`` for all addresses that jobs name.
        """
        path = routes.WEBHOOKS_SECRET.at(webhook_id=id)
        return await self._transport.call(routes.WEBHOOKS_SECRET, path, body={"overlap_hours": overlap_hours})

    async def deliveries(self, id: str, *, state: DeliveryState | None = None) -> AsyncIterator[models.Delivery]:
        """What it was sent, the newest first, with each attempt; ``state``: only what waits, or was given up."""
        path, cursor = routes.WEBHOOKS_DELIVERIES.at(webhook_id=id), None
        while True:
            query = {"state": state, "cursor": cursor, "limit": 200}
            page = await self._transport.call(routes.WEBHOOKS_DELIVERIES, path, query=query)
            for delivery in page.deliveries:
                yield delivery
            cursor = page.next_cursor
            if cursor is None:
                return

    async def delivery(self, id: str, delivery: str) -> models.DeliveryDetail:
        """A delivery with the event that it tells of. Raises NotFound."""
        path = routes.WEBHOOKS_DELIVERY.at(webhook_id=id, delivery_id=delivery)
        return await self._transport.call(routes.WEBHOOKS_DELIVERY, path)

    async def resend(self, id: str, delivery: str) -> models.Delivery:
        """Send a dead delivery again. Raises Conflict when it is not dead."""
        path = routes.WEBHOOKS_RESEND.at(webhook_id=id, delivery_id=delivery)
        return await self._transport.call(routes.WEBHOOKS_RESEND, path)

    async def resend_all(self, id: str, deliveries: Iterable[str] | None = None) -> models.Resent:
        """Send dead deliveries again, all or those of these ids; at most 500, ``more`` says whether there are others."""
        path = routes.WEBHOOKS_RESEND_MANY.at(webhook_id=id)
        body = {"ids": None if deliveries is None else [*deliveries]}
        return await self._transport.call(routes.WEBHOOKS_RESEND_MANY, path, body=body)
