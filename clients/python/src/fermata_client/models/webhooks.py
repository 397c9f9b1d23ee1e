"""Webhooks: receivers that are told of what happens."""

from __future__ import annotations

from pydantic import Field

from fermata_client.models.base import Answer, Json, Time


class Webhook(Answer):
    """A webhook as it was when it was read; ``state`` is ``enabled``, ``failing`` or ``disabled``."""

    id: str
    name: str
    url: str
    user: str
    events: list[str]
    kinds: list[str]
    workspaces: list[str]
    labels: dict[str, str]
    format: str
    state: str
    disabled_at: Time | None
    disabled_reason: str | None
    failures: int
    failing_since: Time | None
    resting_until: Time | None
    old_secret_until: Time | None
    created_at: Time
    updated_at: Time


class WebhookCreated(Webhook):
    """A webhook that was just made; ``secret`` is not told again, and None in the answer to a repeated request."""

    secret: str | None = Field(repr=False)


class WebhookList(Answer):
    """All of the tenant's."""

    webhooks: list[Webhook]


class WebhookDeleted(Answer):
    """The webhook that was deleted."""

    id: str
    deleted: bool


class WebhookSecret(Answer):
    """A new secret, which is not told again; the one before signs beside it for a while."""

    id: str
    secret: str = Field(repr=False)
    old_secret_until: Time | None


class DeliveryAttempt(Answer):
    """One try; ``status`` is None where there was no answer."""

    at: Time
    seconds: float
    status: int | None
    error: str | None


class Delivery(Answer):
    """An event for a webhook; ``state`` is ``pending``, ``delivered`` or ``dead``."""

    id: str
    webhook_id: str
    type: str
    job_id: str | None
    state: str
    at: Time
    next_attempt_at: Time | None
    reason: str | None
    attempts: list[DeliveryAttempt]


class DeliveryDetail(Delivery):
    """An event for a webhook, with all that it says."""

    event: dict[str, Json]


class DeliveryPage(Answer):
    """Deliveries, newest first."""

    webhook_id: str
    deliveries: list[Delivery]
    next_cursor: str | None


class Resent(Answer):
    """How many deliveries are sent again; ``more``: there may be dead ones left."""

    webhook_id: str
    count: int
    more: bool
