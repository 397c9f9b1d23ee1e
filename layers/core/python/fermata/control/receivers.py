"""Records of receivers, which people and senders change alike: each change on the condition that nobody else was quicker."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from fermata.control.engine import TRIES, Engine
from fermata.domain import signatures, webhooks
from fermata.domain.errors import NotFound, Stale, Unavailable
from fermata.domain.notify import Notify
from fermata.domain.webhooks import Delivery, Webhook
from fermata.ports import Change, SaveWebhook, Shipment

TURN = 120.0
"""Seconds within which whoever is asked to send a delivery should have tried; then somebody else is asked."""

WATCH = 600.0
"""Seconds after which somebody looks whether what was to be sent is lost."""

MOST_TOGETHER = 10
"""Deliveries that one message asks for."""


def update(
    engine: Engine,
    tenant: str,
    id_: str,
    step: Callable[[Webhook], Webhook],
    *also: Change,
    told: Callable[[Webhook, Webhook], Iterable[Change]] = lambda before, after: (),
) -> Webhook:
    """Change a webhook as it is now; where the step gives the same one back, nothing is written but what is ``also`` to be.

    ``told``: what is written besides when it has changed, by how it was and how it is. Raises NotFound, whatever the step raises,
    and Unavailable when others were always quicker.
    """
    for _ in range(TRIES):
        known = engine.webhooks.find(tenant, id_)
        changed = step(known)
        if changed is known:
            if also:
                engine.store.write(*also)
            return known
        saved = stored(changed, engine.clock.now() if also else known.updated_at)
        try:
            engine.store.write(SaveWebhook(saved), *also, *told(known, saved))
        except Stale:
            continue
        return saved
    raise Unavailable(f"webhook {id_} is being changed by others; try again")


def watched(engine: Engine, webhook: Webhook) -> Webhook:
    """Make sure that somebody looks after it, before anything is to wait for it."""

    def step(known: Webhook) -> Webhook:
        if known.due_at is not None and not known.settling:
            return known
        return replace(known, settling=False, due_at=known.due_at or engine.clock.now() + WATCH)

    if webhook.due_at is not None and not webhook.settling:
        return webhook
    return update(engine, webhook.tenant, webhook.id, step)


def receiver(engine: Engine, tenant: str, notify: Notify) -> Webhook:
    """The webhook that stands for an address which jobs name. It is made when something is sent there for the first time."""
    assert notify.url is not None  # noqa: S101
    id_ = webhooks.id_of_url(notify.url, notify.format)
    return _found_or_made(engine, _unnamed(engine, tenant, id_, url=notify.url, format=notify.format))


def signer(engine: Engine, tenant: str) -> Webhook:
    """The record with the secret that signs for all these addresses."""
    plain = _unnamed(engine, tenant, webhooks.NOTIFY)
    secret = signatures.secret_of(secrets.token_bytes(signatures.BYTES))
    return _found_or_made(engine, plain, lambda: replace(plain, sealed_secret=sealed(engine, plain, secret)))


def context_of(webhook: Webhook) -> dict[str, str]:
    """What its secrets are sealed with."""
    return {"tenant": webhook.tenant, "webhook": webhook.id}


def shipment_of(deliveries: Sequence[Delivery]) -> Shipment:
    """Of one webhook's, in this order."""
    first = deliveries[0]
    return Shipment(first.tenant, first.webhook, tuple((one.id, one.rev) for one in deliveries))


def shipments_of(deliveries: Iterable[Delivery]) -> list[Shipment]:
    """What is about the same goes together, in its order; each of at most MOST_TOGETHER."""
    groups: dict[tuple[str, str, str], list[Delivery]] = {}
    for one in deliveries:
        groups.setdefault((one.tenant, one.webhook, one.group), []).append(one)
    parts = (
        found[start : start + MOST_TOGETHER]
        for found in groups.values()
        for start in range(0, len(found), MOST_TOGETHER)
    )
    return [shipment_of(part) for part in parts]


def _found_or_made(engine: Engine, plain: Webhook, make: Callable[[], Webhook] | None = None) -> Webhook:
    for _ in range(TRIES):
        try:
            return engine.webhooks.find(plain.tenant, plain.id)
        except NotFound:
            made = stored(make() if make else plain, engine.clock.now())
        try:
            engine.store.write(SaveWebhook(made))
        except Stale:
            continue
        return made
    raise Unavailable(f"webhook {plain.id} is being changed by others; try again")


def _unnamed(engine: Engine, tenant: str, id_: str, **fields: Any) -> Webhook:
    given = {"name": "named by jobs", "url": "", "user": "automatic", "events": (), **fields}
    return Webhook(tenant=tenant, id=id_, created_at=engine.clock.now(), **given)


def sealed(engine: Engine, webhook: Webhook, secret: str) -> str:
    return engine.secrets.seal(json.dumps(secret), context_of(webhook))


def stored(webhook: Webhook, now: float) -> Webhook:
    """The next revision."""
    return replace(webhook, updated_at=now, rev=webhook.rev + 1)
