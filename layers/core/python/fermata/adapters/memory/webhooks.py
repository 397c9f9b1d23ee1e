"""Webhooks in memory, and their queue."""

from __future__ import annotations

from collections.abc import Sequence

from fermata.adapters.memory.state import State as World
from fermata.domain.errors import NotFound
from fermata.domain.webhooks import ID, Delivery, State, Webhook
from fermata.ports import Clock, Shipment


class MemoryWebhooks:
    """Implements :class:`fermata.ports.Webhooks`."""

    def __init__(self, world: World) -> None:
        self.world = world

    def find(self, tenant: str, id_: str) -> Webhook:
        with self.world.lock:
            found = self.world.webhooks.get((tenant, id_))
        if found is None or found.deleted_at is not None:
            raise NotFound("webhook", id_)
        return found

    def all(self, tenant: str) -> list[Webhook]:
        with self.world.lock:
            found = [one for one in self.world.webhooks.values() if one.tenant == tenant and one.deleted_at is None]
        return sorted((one for one in found if one.id.startswith(ID)), key=lambda one: one.id)

    def delivery(self, tenant: str, webhook: str, id_: str) -> Delivery:
        with self.world.lock:
            found = self.world.deliveries.get((tenant, webhook), {}).get(id_)
        if found is None:
            raise NotFound("delivery", id_)
        return found

    def deliveries(
        self, tenant: str, webhook: str, state: State | None = None, before: str | None = None, limit: int = 50
    ) -> list[Delivery]:
        found = [
            one
            for one in self._of(tenant, webhook)
            if state in (None, one.state) and (before is None or one.id < before)
        ]
        return sorted(found, key=lambda one: one.id, reverse=True)[:limit]

    def waiting(self, tenant: str, webhook: str, limit: int, since: float = 0.0) -> list[Delivery]:
        found = [one for one in self._of(tenant, webhook) if one.state is State.PENDING and one.next_at >= since]
        return sorted(found, key=lambda one: one.waiting_key)[:limit]

    def _of(self, tenant: str, webhook: str) -> list[Delivery]:
        with self.world.lock:
            return list(self.world.deliveries.get((tenant, webhook), {}).values())


class MemoryWebhookQueue:
    """Implements :class:`fermata.ports.WebhookQueue`; whoever drives the world takes the shipments out."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world, self.clock = world, clock

    def send(self, shipments: Sequence[Shipment], delay: float = 0) -> None:
        with self.world.lock:
            self.world.shipments += [(self.clock.now() + min(delay, 900.0), shipment) for shipment in shipments]
