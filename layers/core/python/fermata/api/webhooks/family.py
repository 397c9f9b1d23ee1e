"""The family and its ids."""

from __future__ import annotations

import re
import secrets

from fermata.api.context import RequestContext
from fermata.api.dialects import TYPED
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, IdTaken, NotFound
from fermata.domain.webhooks import ID, NOTIFIED, NOTIFY, Webhook

NAME = "webhooks"
WEBHOOK = re.compile(rf"{ID}[0-9a-f]{{16,40}}|{NOTIFIED}[0-9a-f]{{32}}")
DELIVERY = re.compile(r"msg_[0-9a-f]{32}")


def wording(error: FermataError) -> str | None:
    if isinstance(error, IdTaken):
        return "the Idempotency-Key is in use by a webhook with another request body"
    if isinstance(error, NotFound):
        return f"{error.what.capitalize()} not found: {error.name}"
    return None


FAMILY = Family(
    NAME,
    "/api/v1/webhooks",
    "Receivers that are told of what happens, by signed requests as Standard Webhooks describes them. Everything here needs the "
    "scope `admin`. Receivers that jobs name by their address (`notify`) can be read here as well, by the id that the job shows.",
    wording=wording,
    dialect=TYPED,
    item="/{webhook_id}",
)


def known(call: RequestContext, id_: str) -> Webhook:
    """Raises NotFound, for what can't be an id as well."""
    if not WEBHOOK.fullmatch(id_):
        raise NotFound("webhook", id_[:64])
    return call.engine.webhooks.find(call.tenant, id_)


def own(call: RequestContext, id_: str) -> str:
    """The id of a webhook that is no receiver which only jobs name. Raises NotFound."""
    if not id_.startswith(ID):
        raise NotFound("webhook", id_[:64])
    return known(call, id_).id


def signing(call: RequestContext, id_: str) -> str:
    """The id of what has a secret of its own: a webhook, or ``notify``. Raises NotFound."""
    return id_ if id_ == NOTIFY else own(call, id_)


def delivery_id(id_: str) -> str:
    """Raises NotFound for what can't be one."""
    if not DELIVERY.fullmatch(id_):
        raise NotFound("delivery", id_[:64])
    return id_


def new_id(keyed: str | None) -> str:
    return f"{ID}{keyed or secrets.token_hex(10)}"
