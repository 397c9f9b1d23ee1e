"""Webhooks of a tenant: what people do to them. Each change is one transaction with its audit record."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fermata.control.engine import TRIES, Engine, record
from fermata.domain import notices, signatures, webhooks
from fermata.domain.errors import IdTaken, InvalidInput, LimitExceeded, NotFound, Stale, Unavailable, WrongStatus
from fermata.domain.events import Mutation
from fermata.domain.notify import Notify
from fermata.domain.webhooks import PATTERNS, Delivery, State, Webhook, asked_again, delivery_of
from fermata.ports import AddAudit, Change, SaveDelivery, SaveWebhook, Shipment

TURN = 120.0
"""Seconds within which whoever is asked to send a delivery should have tried; then somebody else is asked."""

WATCH = 600.0
"""Seconds after which somebody looks whether what was to be sent is lost."""

OVERLAP = 24 * 3600.0
"""Seconds that the secret before signs beside a new one, unless it is said otherwise."""

LONGEST_OVERLAP = 7 * 24 * 3600.0
MOST_NOTIFIED = 5
"""Receivers that a job may name."""

MOST_EVENTS = 50
MAX_URL = 2048
"""Characters."""

MOST_RESENT = 500
"""Dead deliveries that one request sends again."""


@dataclass(frozen=True)
class Resent:
    """What a request to send again came to: ``left``: whether there may be more."""

    count: int
    left: bool


def create(engine: Engine, act: Mutation, webhook: Webhook) -> tuple[Webhook, str]:
    """Store a webhook; with its secret, which nobody is told again.

    Raises InvalidInput, LimitExceeded, and IdTaken when there is one of its id.
    """
    check(engine, webhook)
    most = engine.limits.webhooks
    if most is not None and len(engine.webhooks.all(webhook.tenant)) >= most:
        raise LimitExceeded("webhooks", most)
    secret = signatures.secret_of(secrets.token_bytes(signatures.BYTES))
    made = _stored(replace(webhook, sealed_secret=_sealed(engine, webhook, secret)), engine.clock.now())
    try:
        engine.store.write(SaveWebhook(made), AddAudit(act))
    except Stale:
        raise IdTaken(webhook.id) from None
    return made, secret


def change(engine: Engine, act: Mutation, tenant: str, id_: str, step: Callable[[Webhook], Webhook]) -> Webhook:
    """Raises NotFound, InvalidInput, and whatever the step raises."""

    def checked(webhook: Webhook) -> Webhook:
        changed = step(webhook)
        check(engine, changed)
        return changed

    return update(engine, tenant, id_, checked, AddAudit(act))


def enable(engine: Engine, act: Mutation, tenant: str, id_: str) -> Webhook:
    """Send to it again; what it had to say against that is forgotten."""
    return update(engine, tenant, id_, webhooks.enabled, AddAudit(act))


def disable(engine: Engine, act: Mutation, tenant: str, id_: str, reason: str | None) -> Webhook:
    """Send nothing more; what waits is given up, and may be sent again."""
    said = f"by {act.actor.user}" + (f": {reason}" if reason else "")

    def step(webhook: Webhook) -> Webhook:
        if not webhook.enabled:
            return replace(webhook, disabled_reason=said)
        return webhooks.disabled(webhook, said, engine.clock.now())

    done = update(engine, tenant, id_, step, AddAudit(act))
    engine.webhook_queue.send([Shipment(tenant, id_)])
    return done


def delete(engine: Engine, act: Mutation, tenant: str, id_: str) -> None:
    """Nothing more is sent, and what was is not shown any more. Raises NotFound."""
    now = engine.clock.now()
    update(engine, tenant, id_, lambda one: replace(one, deleted_at=now, due_at=None), AddAudit(act))


def rotate(engine: Engine, act: Mutation, tenant: str, id_: str, overlap: float = OVERLAP) -> tuple[Webhook, str]:
    """A new secret; the one before signs beside it for so long. Raises NotFound."""
    secret = signatures.secret_of(secrets.token_bytes(signatures.BYTES))
    now = engine.clock.now()

    def step(webhook: Webhook) -> Webhook:
        old = webhook.sealed_secret if overlap > 0 else None
        until = now + overlap if old is not None else None
        sealed = _sealed(engine, webhook, secret)
        return replace(webhook, sealed_secret=sealed, sealed_old=old, old_until=until)

    if id_ == webhooks.NOTIFY:
        signer(engine, tenant)
    return update(engine, tenant, id_, step, AddAudit(act)), secret


def test(engine: Engine, act: Mutation, tenant: str, id_: str) -> Delivery:
    """Send an event that says nothing, to this webhook alone. Raises NotFound, and WrongStatus when it is disabled."""
    webhook, now = engine.webhooks.find(tenant, id_), engine.clock.now()
    if not webhook.enabled:
        raise WrongStatus("test", "disabled", f"the webhook is disabled: {webhook.disabled_reason}")
    notice = notices.of_webhook(tenant, webhook.id, webhook.name, secrets.token_hex(8), now)
    made = replace(delivery_of(webhook, notice, now), next_at=now + TURN)
    watched(engine, webhook)
    engine.store.write(SaveDelivery(made), AddAudit(act))
    engine.webhook_queue.send([shipment_of([made])])
    return made


def resend(engine: Engine, act: Mutation, tenant: str, id_: str, delivery_id: str) -> Delivery:
    """Send a delivery again that was given up. Raises NotFound, and WrongStatus when it was not, or the webhook is disabled."""
    webhook = _able(engine, tenant, id_)
    found = engine.webhooks.delivery(tenant, id_, delivery_id)
    if found.state is not State.DEAD:
        raise WrongStatus(
            "resend", found.state.value, f"the delivery is {found.state.value}; only dead ones are sent again"
        )
    now = engine.clock.now()
    again = asked_again(found, now, now + TURN)
    watched(engine, webhook)
    try:
        engine.store.write(SaveDelivery(again), AddAudit(act))
    except Stale:
        raise WrongStatus("resend", "pending", "the delivery is being sent again already") from None
    engine.webhook_queue.send([shipment_of([again])])
    return again


def resend_all(engine: Engine, act: Mutation, tenant: str, id_: str, ids: Sequence[str] | None) -> Resent:
    """Send deliveries again that were given up: those of these ids, or the newest of all; at most MOST_RESENT.

    Ids of what is not dead are left out. Raises NotFound, and WrongStatus when the webhook is disabled.
    """
    webhook = _able(engine, tenant, id_)
    record(engine, act)
    found = _dead(engine, tenant, id_, ids)
    watched(engine, webhook)
    now, sent = engine.clock.now(), []
    for one in sorted(found[:MOST_RESENT], key=lambda one: one.id):
        again = asked_again(one, now, now + TURN)
        try:
            engine.store.write(SaveDelivery(again))
        except Stale:
            continue
        sent.append(again)
    engine.webhook_queue.send(shipments_of(sent))
    return Resent(len(sent), len(found) > MOST_RESENT)


def check_notify(engine: Engine, tenant: str, notify: Iterable[Notify], field: str = "notify") -> None:
    """Raises InvalidInput, which names the place below ``field``, unless all these can be told."""
    for place, one in enumerate(notify):
        if place >= MOST_NOTIFIED:
            raise InvalidInput(field, f"names more than {MOST_NOTIFIED} receivers")
        if (one.url is None) == (one.webhook is None):
            raise InvalidInput(f"{field}[{place}]", "has a url, or the id of a webhook")
        check_events(one.events, f"{field}[{place}].events")
        if one.url is not None:
            check_url(engine, tenant, one.url, f"{field}[{place}].url")
            continue
        try:
            if not (one.webhook or "").startswith(webhooks.ID):
                raise NotFound("webhook", one.webhook or "")
            engine.webhooks.find(tenant, one.webhook or "")
        except NotFound:
            raise InvalidInput(f"{field}[{place}].webhook", "there is no webhook of this id") from None


def check(engine: Engine, webhook: Webhook) -> None:
    """Raises InvalidInput unless the webhook is one that something could be sent to."""
    check_url(engine, webhook.tenant, webhook.url, "url")
    check_events(webhook.events, "events")


def check_events(events: Sequence[str], field: str) -> None:
    if len(events) > MOST_EVENTS:
        raise InvalidInput(field, f"has more than {MOST_EVENTS} types")
    if wrong := [text for text in events if text not in PATTERNS]:
        raise InvalidInput(
            field, f"{wrong[0][:60]!r} is no type of event; there are job.failed, job.* and the like, and *"
        )


def check_url(engine: Engine, tenant: str, url: str, field: str) -> None:
    if len(url) > MAX_URL:
        raise InvalidInput(field, f"has more than {MAX_URL} characters")
    if (why := engine.receivers.refusal(url, engine.settings.narrowed(tenant).allowed_hosts)) is not None:
        raise InvalidInput(field, why)


# What people and senders share. ------------------------------------------------------------------------------------------


def update(engine: Engine, tenant: str, id_: str, step: Callable[[Webhook], Webhook], *also: Change) -> Webhook:
    """Change a webhook as it is now; where the step gives the same one back, nothing is written but what is ``also`` to be.

    Raises NotFound, whatever the step raises, and Unavailable when others were always quicker.
    """
    for _ in range(TRIES):
        known = engine.webhooks.find(tenant, id_)
        changed = step(known)
        if changed is known:
            if also:
                engine.store.write(*also)
            return known
        stored = _stored(changed, engine.clock.now() if also else known.updated_at)
        try:
            engine.store.write(SaveWebhook(stored), *also)
        except Stale:
            continue
        return stored
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
    return _found_or_made(engine, plain, lambda: replace(plain, sealed_secret=_sealed(engine, plain, secret)))


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


MOST_TOGETHER = 10
"""Deliveries that one message asks for."""


def _found_or_made(engine: Engine, plain: Webhook, make: Callable[[], Webhook] | None = None) -> Webhook:
    for _ in range(TRIES):
        try:
            return engine.webhooks.find(plain.tenant, plain.id)
        except NotFound:
            made = _stored(make() if make else plain, engine.clock.now())
        try:
            engine.store.write(SaveWebhook(made))
        except Stale:
            continue
        return made
    raise Unavailable(f"webhook {plain.id} is being changed by others; try again")


def _unnamed(engine: Engine, tenant: str, id_: str, **fields: Any) -> Webhook:
    given = {"name": "named by jobs", "url": "", "user": "automatic", "events": (), **fields}
    return Webhook(tenant=tenant, id=id_, created_at=engine.clock.now(), **given)


def _able(engine: Engine, tenant: str, id_: str) -> Webhook:
    webhook = engine.webhooks.find(tenant, id_)
    if not webhook.enabled:
        raise WrongStatus("resend", "disabled", f"the webhook is disabled: {webhook.disabled_reason}")
    return webhook


def _dead(engine: Engine, tenant: str, id_: str, ids: Sequence[str] | None) -> list[Delivery]:
    if ids is None:
        return engine.webhooks.deliveries(tenant, id_, State.DEAD, limit=MOST_RESENT + 1)
    found = []
    for named in dict.fromkeys(ids):
        try:
            one = engine.webhooks.delivery(tenant, id_, named)
        except NotFound:
            continue
        if one.state is State.DEAD:
            found.append(one)
    return found


def _sealed(engine: Engine, webhook: Webhook, secret: str) -> str:
    return engine.secrets.seal(json.dumps(secret), context_of(webhook))


def _stored(webhook: Webhook, now: float) -> Webhook:
    """The next revision."""
    return replace(webhook, updated_at=now, rev=webhook.rev + 1)
