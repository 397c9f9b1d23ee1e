"""Webhooks of a tenant: what people do to them. Each change is one transaction with its audit record."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from fermata.control import receivers
from fermata.control.engine import Engine, record
from fermata.domain import notices, signatures, webhooks
from fermata.domain.errors import IdTaken, InvalidInput, LimitExceeded, NotFound, Stale, WrongStatus
from fermata.domain.events import Mutation
from fermata.domain.notify import Notify
from fermata.domain.webhooks import PATTERNS, Delivery, State, Webhook, asked_again, delivery_of
from fermata.ports import AddAudit, SaveDelivery, SaveWebhook, Shipment

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
    made = receivers.stored(
        replace(webhook, sealed_secret=receivers.sealed(engine, webhook, secret)), engine.clock.now()
    )
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

    return receivers.update(engine, tenant, id_, checked, AddAudit(act))


def enable(engine: Engine, act: Mutation, tenant: str, id_: str) -> Webhook:
    """Send to it again; what it had to say against that is forgotten."""
    return receivers.update(engine, tenant, id_, webhooks.enabled, AddAudit(act))


def disable(engine: Engine, act: Mutation, tenant: str, id_: str, reason: str | None) -> Webhook:
    """Send nothing more; what waits is given up, and may be sent again."""
    said = f"by {act.actor.user}" + (f": {reason}" if reason else "")

    def step(webhook: Webhook) -> Webhook:
        if not webhook.enabled:
            return replace(webhook, disabled_reason=said)
        return webhooks.disabled(webhook, said, engine.clock.now())

    done = receivers.update(engine, tenant, id_, step, AddAudit(act))
    engine.webhook_queue.send([Shipment(tenant, id_)])
    return done


def delete(engine: Engine, act: Mutation, tenant: str, id_: str) -> None:
    """Nothing more is sent, and what was is not shown any more. Raises NotFound."""
    now = engine.clock.now()
    receivers.update(engine, tenant, id_, lambda one: replace(one, deleted_at=now, due_at=None), AddAudit(act))


def rotate(engine: Engine, act: Mutation, tenant: str, id_: str, overlap: float = OVERLAP) -> tuple[Webhook, str]:
    """A new secret; the one before signs beside it for so long. Raises NotFound."""
    secret = signatures.secret_of(secrets.token_bytes(signatures.BYTES))
    now = engine.clock.now()

    def step(webhook: Webhook) -> Webhook:
        old = webhook.sealed_secret if overlap > 0 else None
        until = now + overlap if old is not None else None
        sealed = receivers.sealed(engine, webhook, secret)
        return replace(webhook, sealed_secret=sealed, sealed_old=old, old_until=until)

    if id_ == webhooks.NOTIFY:
        receivers.signer(engine, tenant)
    return receivers.update(engine, tenant, id_, step, AddAudit(act)), secret


def test(engine: Engine, act: Mutation, tenant: str, id_: str) -> Delivery:
    """Send an event that says nothing, to this webhook alone. Raises NotFound, and WrongStatus when it is disabled."""
    webhook, now = engine.webhooks.find(tenant, id_), engine.clock.now()
    if not webhook.enabled:
        raise WrongStatus("test", "disabled", f"the webhook is disabled: {webhook.disabled_reason}")
    notice = notices.of_webhook(tenant, webhook.id, webhook.name, secrets.token_hex(8), now)
    made = replace(delivery_of(webhook, notice, now), next_at=now + receivers.TURN)
    receivers.watched(engine, webhook)
    engine.store.write(SaveDelivery(made), AddAudit(act))
    engine.webhook_queue.send([receivers.shipment_of([made])])
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
    again = asked_again(found, now, now + receivers.TURN)
    receivers.watched(engine, webhook)
    try:
        engine.store.write(SaveDelivery(again), AddAudit(act))
    except Stale:
        raise WrongStatus("resend", "pending", "the delivery is being sent again already") from None
    engine.webhook_queue.send([receivers.shipment_of([again])])
    return again


def resend_all(engine: Engine, act: Mutation, tenant: str, id_: str, ids: Sequence[str] | None) -> Resent:
    """Send deliveries again that were given up: those of these ids, or the newest of all; at most MOST_RESENT.

    Ids of what is not dead are left out. Raises NotFound, and WrongStatus when the webhook is disabled.
    """
    webhook = _able(engine, tenant, id_)
    record(engine, act)
    found = _dead(engine, tenant, id_, ids)
    receivers.watched(engine, webhook)
    now, sent = engine.clock.now(), []
    for one in sorted(found[:MOST_RESENT], key=lambda one: one.id):
        again = asked_again(one, now, now + receivers.TURN)
        try:
            engine.store.write(SaveDelivery(again))
        except Stale:
            continue
        sent.append(again)
    engine.webhook_queue.send(receivers.shipments_of(sent))
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
