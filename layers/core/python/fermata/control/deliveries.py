"""What webhooks are sent: a delivery for each notice and receiver, stored first, then sent until it is taken or given up.

Messages only say that there may be something to send. What is to be sent lies in the table, and a webhook for which anything may
wait is due at some time, so that recovery makes up for whatever message was lost. A delivery may be sent twice, never not at all.
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from fermata.control import receivers
from fermata.control.engine import Engine
from fermata.control.receivers import TURN, shipments_of
from fermata.control.scopes import system_event
from fermata.domain import signatures, slack
from fermata.domain.errors import NotFound, Stale
from fermata.domain.events import SystemEventType
from fermata.domain.jobs import Job
from fermata.domain.notices import Notice
from fermata.domain.notify import Format
from fermata.domain.webhooks import (
    NOTIFIED,
    Delivery,
    Reply,
    State,
    Webhook,
    asked,
    attempted,
    buried,
    delivery_of,
    hindered,
    wants,
    weathered,
)
from fermata.ports import AddSystemEvent, Change, SaveDelivery, Shipment

logger = logging.getLogger(__name__)

PAGE = 100
"""Deliveries that one look takes on."""

PROBES = 3
"""Of a receiver whose last attempt failed: whether it is back shows by these, and by nothing that would have to wait for them."""

SOON = 5.0
"""Seconds ahead of its time that a delivery may be taken on."""

SETTLE = 180.0
"""Seconds that an index may lag behind the table, generously, before a webhook is taken for one that nothing waits for."""

LONGEST_DELAY = 900.0
MOST_OPENED = 1_000
"""Secrets that are remembered in the clear."""


def enqueue(engine: Engine, told: Iterable[tuple[Notice, Job | None]]) -> None:
    """Store what is to be sent of these notices, with their jobs, and have it sent. Twice is as good as once."""
    known: dict[str, list[Webhook]] = {}
    ready: list[Delivery] = []
    for notice, job in told:
        if notice.tenant not in known:
            known[notice.tenant] = engine.webhooks.all(notice.tenant)
        for webhook in _receivers(engine, known[notice.tenant], notice, job):
            made = _kept(engine, webhook, notice)
            if not webhook.resting(engine.clock.now()):
                ready.append(made)
    engine.webhook_queue.send(shipments_of(ready))


def _receivers(engine: Engine, known: list[Webhook], notice: Notice, job: Job | None) -> list[Webhook]:
    found = {webhook.id: webhook for webhook in known if wants(webhook, notice)}
    for one in asked(job, notice) if job is not None else ():
        named = [webhook for webhook in known if webhook.id == one.webhook]
        for webhook in named if one.url is None else [receivers.receiver(engine, notice.tenant, one)]:
            if webhook.enabled:
                found[webhook.id] = webhook
    return list(found.values())


def _kept(engine: Engine, webhook: Webhook, notice: Notice) -> Delivery:
    now = engine.clock.now()
    receivers.watched(engine, webhook)
    made = replace(delivery_of(webhook, notice, now), next_at=max(now + TURN, webhook.rest_until or 0.0))
    with suppress(Stale):  # it was stored before; whether it was sent since, its revision shows
        engine.store.write(SaveDelivery(made))
    return made


@dataclass(frozen=True)
class Sender:
    """Sends what is asked for; one for each process.

    Attributes:
        luck: a number from 0 to 1, for the jitter.
        opened: secrets in the clear, by what they are sealed as: opening each time would cost as much as all the rest.
    """

    engine: Engine
    luck: Callable[[], float] = random.random
    opened: dict[str, str] = field(default_factory=dict, repr=False)

    def ship(self, shipment: Shipment, until: float = float("inf")) -> None:
        """Send what a message asks for. What the time does not suffice for, to clock time ``until``, another message will."""
        try:
            webhook = self.engine.webhooks.find(shipment.tenant, shipment.webhook)
        except NotFound:
            return  # and with it nobody who would want it
        if not shipment.deliveries:
            look(self.engine, webhook, everything=shipment.everything)
            return
        for place, (id_, rev) in enumerate(shipment.deliveries):
            if self.engine.clock.now() > until:
                rest = replace(shipment, deliveries=shipment.deliveries[place:])
                self.engine.webhook_queue.send([rest])
                return
            with suppress(NotFound, Stale):  # deleted, or somebody else has sent it meanwhile
                self._send(shipment, id_, rev)

    def _send(self, shipment: Shipment, id_: str, rev: int) -> None:
        engine = self.engine
        delivery = engine.webhooks.delivery(shipment.tenant, shipment.webhook, id_)
        if delivery.rev != rev or delivery.state is not State.PENDING:
            return
        webhook = receivers.watched(engine, engine.webhooks.find(shipment.tenant, shipment.webhook))
        started = engine.clock.now()
        if (otherwise := hindered(webhook, delivery, started)) is not None:
            engine.store.write(SaveDelivery(otherwise))
            return
        reply = self._post(webhook, delivery, started)
        now, luck = engine.clock.now(), self.luck()
        after = attempted(delivery, reply, started, now, luck)
        # First what has others look again, then what they would look for: whoever dies in between has only sent it in vain.
        wake = self._weather(webhook, reply, after, now, luck)
        _log(after)
        engine.store.write(SaveDelivery(after))
        if wake is not None:
            engine.webhook_queue.send([wake[0]], wake[1])

    def _post(self, webhook: Webhook, delivery: Delivery, now: float) -> Reply:
        engine = self.engine
        detail: Mapping[str, object] = delivery.detail
        said = slack.message(detail) if webhook.format is Format.SLACK else dict(detail)
        body = json.dumps(said, separators=(",", ":")).encode()
        secrets = self._secrets(webhook, now)
        headers = {"content-type": "application/json"}
        headers |= signatures.headers(secrets, delivery.id, int(now), body)
        return engine.receivers.post(webhook.url, headers, body, engine.settings.narrowed(webhook.tenant).allowed_hosts)

    def _secrets(self, webhook: Webhook, now: float) -> list[str]:
        if webhook.id.startswith(NOTIFIED):
            webhook = receivers.signer(self.engine, webhook.tenant)
        old = webhook.sealed_old if webhook.old_until is not None and now < webhook.old_until else None
        return [self._open(webhook, sealed) for sealed in (webhook.sealed_secret, old) if sealed is not None]

    def _open(self, webhook: Webhook, sealed: str) -> str:
        if sealed not in self.opened:
            if len(self.opened) >= MOST_OPENED:
                self.opened.clear()
            self.opened[sealed] = json.loads(self.engine.secrets.open(sealed, receivers.context_of(webhook)))
        return self.opened[sealed]

    def _weather(
        self, webhook: Webhook, reply: Reply, after: Delivery, now: float, luck: float
    ) -> tuple[Shipment, float] | None:
        """Note how the receiver is; the message that has somebody look again, with its delay, where one is needed."""
        if reply.taken and not webhook.failures:
            return None
        before: list[Webhook] = []

        def step(known: Webhook) -> Webhook:
            before[:] = [known]
            then = weathered(known, reply, now, luck)
            if reply.taken:
                return then if then is known else replace(then, due_at=now, settling=False)
            times = [known.due_at, then.rest_until, after.next_at if after.state is State.PENDING else None]
            soonest = min((time for time in times if time is not None), default=now)
            return replace(then, due_at=soonest if then.enabled else now, settling=False)

        stored = receivers.update(
            self.engine, webhook.tenant, webhook.id, step, told=partial(_told_disabled, self.engine)
        )
        known = before[0]
        wake = Shipment(webhook.tenant, webhook.id)
        if reply.taken:
            # What was put off for hours while it was down need not wait any more.
            return replace(wake, everything=known.failures >= PROBES), 0.0
        if not stored.enabled:
            return wake, 0.0
        if stored.resting(now):
            at = stored.rest_until if stored.rest_until != known.rest_until else None
        else:
            at = after.next_at if after.state is State.PENDING else None
        return None if at is None or at - now > LONGEST_DELAY else (wake, at - now)


def _told_disabled(engine: Engine, before: Webhook, after: Webhook) -> tuple[Change, ...]:
    """A line of the tenant's history, where the webhook is disabled now and was not."""
    if not before.enabled or after.enabled:
        return ()
    reason = f"webhook {after.id} ({after.name}) is disabled: {after.disabled_reason}"
    about = (after.id, after.rev)
    event = system_event(engine.clock.now(), SystemEventType.HEALTH_CHANGE, reason, "default", about)
    return (AddSystemEvent(after.tenant, event),)


def look(engine: Engine, webhook: Webhook, *, everything: bool = False) -> None:
    """Have sent what waits for a webhook and may be sent; and say when somebody has to look again."""
    now = engine.clock.now()
    if not webhook.enabled:
        _bury(engine, webhook)
        return
    if webhook.resting(now):
        _next_look(engine, webhook, webhook.rest_until)
        return
    most = PROBES if webhook.failures else PAGE
    found = engine.webhooks.waiting(webhook.tenant, webhook.id, most)
    if not found:
        _rest(engine, webhook)
        return
    due = [one for one in found if one.next_at <= now + SOON]
    later = [one.next_at for one in found if one not in due]
    # Whatever somebody was asked to send just now is not ahead of its time, but taken on.
    ahead = engine.webhooks.waiting(webhook.tenant, webhook.id, PAGE, now + TURN + 1) if everything else []
    taken = [one for one in (_taken_on(engine, one, now + TURN) for one in (*due, *ahead)) if one is not None]
    more = Shipment(webhook.tenant, webhook.id, everything=len(ahead) == PAGE)
    # Before they are sent, so that whoever dies in between has them looked for again.
    _next_look(engine, webhook, min([now + TURN, *later]) if taken else min(later, default=now + TURN))
    engine.webhook_queue.send(shipments_of(sorted(taken, key=lambda one: (one.at, one.number))))
    if len(due) == PAGE or more.everything:
        engine.webhook_queue.send([more])


def _taken_on(engine: Engine, delivery: Delivery, until: float) -> Delivery | None:
    taken = replace(delivery, next_at=until, rev=delivery.rev + 1)
    try:
        engine.store.write(SaveDelivery(taken))
    except Stale:
        return None
    return taken


def _bury(engine: Engine, webhook: Webhook) -> None:
    found = engine.webhooks.waiting(webhook.tenant, webhook.id, PAGE)
    for one in found:
        with suppress(Stale):
            engine.store.write(SaveDelivery(buried(one, f"the webhook is disabled: {webhook.disabled_reason}")))
    if found:
        _next_look(engine, webhook, engine.clock.now() + TURN)
        engine.webhook_queue.send([Shipment(webhook.tenant, webhook.id)])
    else:
        _rest(engine, webhook)


def _rest(engine: Engine, webhook: Webhook) -> None:
    """Nothing waits for it. Only whoever finds that twice leaves it alone: an index may lag."""

    def step(known: Webhook) -> Webhook:
        now = engine.clock.now()
        if known.due_at is None:
            return known
        if not known.settling:
            return replace(known, settling=True, due_at=now + SETTLE)
        return replace(known, due_at=None, settling=False) if known.due_at <= now else known

    receivers.update(engine, webhook.tenant, webhook.id, step)


def _next_look(engine: Engine, webhook: Webhook, at: float | None) -> None:
    def step(known: Webhook) -> Webhook:
        return known if known.due_at == at and not known.settling else replace(known, due_at=at, settling=False)

    receivers.update(engine, webhook.tenant, webhook.id, step)


def recover(engine: Engine, tenant: str, id_: str) -> None:
    """Have somebody look what waits for a webhook whose time has come. Raises NotFound."""
    webhook = engine.webhooks.find(tenant, id_)
    engine.webhook_queue.send([Shipment(tenant, webhook.id)])


def _log(delivery: Delivery) -> None:
    facts = {
        "tenant": delivery.tenant,
        "webhook": delivery.webhook,
        "delivery": delivery.id,
        "type": delivery.type,
        "state": delivery.state.value,
        "tries": delivery.tries,
        "status": delivery.attempts[-1].status,
        "error": delivery.attempts[-1].error,
    }
    logger.info("sent" if delivery.state is State.DELIVERED else "not taken", extra=facts)
