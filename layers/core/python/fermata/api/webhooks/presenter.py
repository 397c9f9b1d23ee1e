"""Webhooks and deliveries as this family shows them."""

from __future__ import annotations

from typing import Literal

from fermata.api.context import RequestContext
from fermata.api.formatting import zoned_time
from fermata.api.webhooks import schemas
from fermata.domain import webhooks as domain


def shown(call: RequestContext, webhook: domain.Webhook) -> schemas.Webhook:
    now = call.engine.clock.now()
    return schemas.Webhook(
        id=webhook.id,
        name=webhook.name,
        url=webhook.url,
        user=webhook.user,
        events=list(webhook.events),
        kinds=list(webhook.kinds),
        workspaces=list(webhook.workspaces),
        labels=dict(webhook.labels),
        format=webhook.format,
        state=_state(webhook),
        disabled_at=_time(webhook.disabled_at),
        disabled_reason=webhook.disabled_reason,
        failures=webhook.failures,
        failing_since=_time(webhook.failing_since),
        resting_until=_time(webhook.rest_until) if webhook.resting(now) else None,
        old_secret_until=old_until(webhook, now),
        created_at=zoned_time(webhook.created_at),
        updated_at=zoned_time(webhook.updated_at),
    )


def created(call: RequestContext, webhook: domain.Webhook, secret: str | None) -> schemas.CreatedWebhook:
    return schemas.CreatedWebhook(**shown(call, webhook).model_dump(), secret=secret)


def old_until(webhook: domain.Webhook, now: float) -> str | None:
    return _time(webhook.old_until) if webhook.old_until is not None and webhook.old_until > now else None


def delivery(one: domain.Delivery) -> schemas.Delivery:
    job = one.detail.get("job")
    pending = one.state is domain.State.PENDING
    return schemas.Delivery(
        id=one.id,
        webhook_id=one.webhook,
        type=one.type,
        job_id=job["id"] if job is not None else None,
        state=one.state,
        at=zoned_time(one.at),
        next_attempt_at=zoned_time(one.next_at) if pending else None,
        reason=one.reason,
        attempts=[
            schemas.DeliveryAttempt(at=zoned_time(each.at), seconds=each.seconds, status=each.status, error=each.error)
            for each in one.attempts
        ],
    )


def detail(one: domain.Delivery) -> schemas.DeliveryDetail:
    return schemas.DeliveryDetail(**delivery(one).model_dump(), event=dict(one.detail))


def _state(webhook: domain.Webhook) -> Literal["enabled", "failing", "disabled"]:
    if not webhook.enabled:
        return "disabled"
    return "failing" if webhook.failures else "enabled"


def _time(at: float | None) -> str | None:
    return None if at is None else zoned_time(at)
