"""What webhooks were sent, and what was given up."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.webhooks import schemas
from fermata.api.webhooks.family import DELIVERY, FAMILY, NAME, delivery_id, known
from fermata.api.webhooks.presenter import delivery, detail
from fermata.control import webhooks
from fermata.domain.access import ADMIN
from fermata.domain.webhooks import State


@FAMILY.query(
    "/{webhook_id}/deliveries",
    scope=ADMIN,
    response_model=schemas.Deliveries,
    errors=(404,),
    summary="List deliveries of a webhook",
)
def list_deliveries(
    call: Caller,
    webhook_id: str,
    state: Annotated[
        Literal["pending", "dead"] | None, Query(description="Only those that wait, or were given up; left out: all")
    ] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Deliveries of a page, at most")] = 50,
) -> schemas.Deliveries:
    """Each with its attempts, the newest first; they are kept for 30 days after the last one."""
    webhook = known(call, webhook_id)
    before = call.unseal(cursor, _place, NAME, webhook.id) if cursor is not None else None
    wanted = None if state is None else State(state)
    page = call.engine.webhooks.deliveries(call.tenant, webhook.id, wanted, before, limit + 1)
    following = call.seal(page[limit - 1].id, NAME, webhook.id) if len(page) > limit else None
    return schemas.Deliveries(
        webhook_id=webhook.id, deliveries=[delivery(one) for one in page[:limit]], next_cursor=following
    )


@FAMILY.query(
    "/{webhook_id}/deliveries/{delivery_id}",
    scope=ADMIN,
    response_model=schemas.DeliveryDetail,
    errors=(404,),
    summary="Read a delivery",
)
def get_delivery(call: Caller, webhook_id: str, delivery_id: str) -> schemas.DeliveryDetail:
    """With the event that it tells of."""
    webhook = known(call, webhook_id)
    return detail(call.engine.webhooks.delivery(call.tenant, webhook.id, _checked(delivery_id)))


@FAMILY.command(
    "/{webhook_id}/deliveries/resend",
    "webhooks.resend_many",
    scope=ADMIN,
    target="webhook_id",
    status_code=202,
    response_model=schemas.Resent,
    errors=(404, 409),
    summary="Send dead deliveries again",
)
def resend_deliveries(call: Caller, webhook_id: str, body: schemas.Resending | None = None) -> schemas.Resent:
    """All of them, or those of these ids, at most 500; ids of others are left out. A disabled webhook is a 409."""
    webhook = known(call, webhook_id)
    ids = body.ids if body is not None else None
    done = webhooks.resend_all(call.engine, call.act, call.tenant, webhook.id, ids)
    return schemas.Resent(webhook_id=webhook.id, count=done.count, more=done.left)


@FAMILY.command(
    "/{webhook_id}/deliveries/{delivery_id}/resend",
    "webhooks.resend",
    scope=ADMIN,
    target="webhook_id",
    status_code=202,
    response_model=schemas.Delivery,
    errors=(404, 409),
    summary="Send a dead delivery again",
)
def resend_delivery(call: Caller, webhook_id: str, delivery_id: str) -> schemas.Delivery:
    """With the same `webhook-id`, and tries as a new one has. One that is not dead, or a disabled webhook, is a 409."""
    webhook = known(call, webhook_id)
    return delivery(webhooks.resend(call.engine, call.act, call.tenant, webhook.id, _checked(delivery_id)))


_checked = delivery_id


def _place(text: str) -> str:
    if not DELIVERY.fullmatch(text):
        raise ValueError(text)
    return text
