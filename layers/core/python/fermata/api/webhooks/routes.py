"""Create, list, read, change, delete, enable, disable, test, rotate the secret."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fastapi import Response

from fermata.api.context import Caller, RequestContext
from fermata.api.idempotency import IdempotencyKey, digest_of
from fermata.api.request_fields import Note, ReasonInAddress, reason_of
from fermata.api.webhooks import schemas
from fermata.api.webhooks.family import FAMILY, known, new_id, own, signing
from fermata.api.webhooks.presenter import created, delivery, old_until, shown
from fermata.control import webhooks
from fermata.control.engine import record
from fermata.domain.access import ADMIN
from fermata.domain.errors import IdTaken, NotFound
from fermata.domain.webhooks import Webhook, moved


@FAMILY.command(
    "",
    "webhooks.create",
    scope=ADMIN,
    status_code=201,
    response_model=schemas.CreatedWebhook,
    errors=(409,),
    summary="Create a webhook",
)
def create_webhook(
    call: Caller, response: Response, body: schemas.NewWebhook, idempotency_key: IdempotencyKey = None
) -> schemas.CreatedWebhook:
    """It hears of what happens from now on. The answer is the only one that has the secret."""
    webhook_id = new_id(digest_of(call, idempotency_key))
    act = call.on(webhook_id)
    webhook = _webhook(call, body, webhook_id)
    response.headers["Location"] = f"{FAMILY.prefix}/{webhook_id}"
    try:
        made, secret = webhooks.create(call.engine, act, webhook)
    except IdTaken as taken:
        before = _before(call, webhook_id)
        if before is None or _asked(before) != _asked(webhook):
            raise taken from None
        call.replayed = True
        record(call.engine, act)
        return created(call, before, None)
    return created(call, made, secret)


@FAMILY.query("", scope=ADMIN, response_model=schemas.WebhookList, summary="List webhooks")
def list_webhooks(call: Caller) -> schemas.WebhookList:
    """All of the tenant's; their number is limited. Receivers that only jobs name are not among them."""
    return schemas.WebhookList(webhooks=[shown(call, one) for one in call.engine.webhooks.all(call.tenant)])


@FAMILY.query("/{webhook_id}", scope=ADMIN, response_model=schemas.Webhook, errors=(404,), summary="Read a webhook")
def get_webhook(call: Caller, webhook_id: str) -> schemas.Webhook:
    """With how its receiver is."""
    return shown(call, known(call, webhook_id))


@FAMILY.command(
    "/{webhook_id}",
    "webhooks.change",
    method="PATCH",
    scope=ADMIN,
    target="webhook_id",
    response_model=schemas.Webhook,
    errors=(404,),
    summary="Change a webhook",
)
def update_webhook(call: Caller, webhook_id: str, body: schemas.WebhookChange) -> schemas.Webhook:
    """What is left out stays. What waits already is sent to where it is then; how another address was is forgotten."""
    given = body.model_dump(exclude_unset=True)
    for name in ("events", "kinds", "workspaces"):
        if name in given:
            given[name] = tuple(given[name])

    def step(before: Webhook) -> Webhook:
        changed = replace(before, **given)
        return changed if changed.url == before.url else moved(changed, call.engine.clock.now())

    return shown(call, webhooks.change(call.engine, call.act, call.tenant, own(call, webhook_id), step))


@FAMILY.command(
    "/{webhook_id}",
    "webhooks.delete",
    method="DELETE",
    scope=ADMIN,
    target="webhook_id",
    response_model=schemas.WebhookDeleted,
    errors=(404,),
    summary="Delete a webhook",
)
def delete_webhook(call: Caller, webhook_id: str, reason: ReasonInAddress = None) -> schemas.WebhookDeleted:
    """It is sent nothing more, and what it was sent is not shown any more."""
    webhooks.delete(call.engine, call.act, call.tenant, own(call, webhook_id))
    return schemas.WebhookDeleted(id=webhook_id, deleted=True)


@FAMILY.control("enable", "Enable a webhook", scope=ADMIN, response_model=schemas.Webhook, errors=(404,))
def enable_webhook(call: Caller, webhook_id: str, body: Note | None = None) -> schemas.Webhook:
    """It hears of what happens from now on; what was given up meanwhile may be sent again. Again: the answer is the same. The
    audit log keeps the reason.
    """
    return shown(call, webhooks.enable(call.engine, call.act, call.tenant, known(call, webhook_id).id))


@FAMILY.control("disable", "Disable a webhook", scope=ADMIN, response_model=schemas.Webhook, errors=(404,))
def disable_webhook(call: Caller, webhook_id: str, body: Note | None = None) -> schemas.Webhook:
    """It hears of nothing more, and what waits is given up. Again: the reason is replaced."""
    id_ = known(call, webhook_id).id
    return shown(call, webhooks.disable(call.engine, call.act, call.tenant, id_, reason_of(body)))


@FAMILY.control("test", "Test a webhook", scope=ADMIN, status_code=202, response_model=schemas.Delivery)
def test_webhook(call: Caller, webhook_id: str) -> schemas.Delivery:
    """Send it an event `webhook.test`. What came of that, its delivery shows a moment later. One that is disabled is a 409."""
    return delivery(webhooks.test(call.engine, call.act, call.tenant, own(call, webhook_id)))


@FAMILY.command(
    "/{webhook_id}/secret",
    "webhooks.rotate_secret",
    scope=ADMIN,
    target="webhook_id",
    response_model=schemas.WebhookSecret,
    errors=(404,),
    summary="Rotate the secret of a webhook",
)
def rotate_webhook_secret(call: Caller, webhook_id: str, body: schemas.Rotation | None = None) -> schemas.WebhookSecret:
    """A new secret, which nobody is told again. The one before signs beside it for a while, so that receivers can change.

    `notify` stands for all receivers that jobs name by their address: they share a secret, which is told here alone.
    """
    overlap = (body or schemas.Rotation()).overlap_hours * 3600.0
    changed, secret = webhooks.rotate(call.engine, call.act, call.tenant, signing(call, webhook_id), overlap)
    until = old_until(changed, call.engine.clock.now())
    return schemas.WebhookSecret(id=changed.id, secret=secret, old_secret_until=until)


def _webhook(call: RequestContext, body: schemas.NewWebhook, webhook_id: str) -> Webhook:
    return Webhook(
        tenant=call.tenant,
        id=webhook_id,
        name=body.name,
        url=body.url,
        user=call.actor.user,
        created_at=call.engine.clock.now(),
        events=tuple(body.events),
        kinds=tuple(body.kinds),
        workspaces=tuple(body.workspaces),
        labels=dict(body.labels),
        format=body.format,
    )


def _before(call: RequestContext, webhook_id: str) -> Webhook | None:
    """What the same key has made; None when that was deleted since."""
    try:
        return known(call, webhook_id)
    except NotFound:
        return None


def _asked(webhook: Webhook) -> dict[str, Any]:
    """What a request decides of a webhook."""
    names = ("name", "url", "events", "kinds", "workspaces", "labels", "format")
    return {name: getattr(webhook, name) for name in names}
