"""The family and its ids."""

from __future__ import annotations

import re
import secrets

from fermata.api.context import RequestContext
from fermata.api.dialects import TYPED
from fermata.api.routing import Family
from fermata.domain.errors import FermataError, IdTaken, NotFound
from fermata.domain.schedules import Schedule

NAME = "schedules"
ID = re.compile(r"sch-[0-9a-f]{16,40}")


def wording(error: FermataError) -> str | None:
    if isinstance(error, IdTaken):
        return "the Idempotency-Key is in use by a schedule with another request body"
    return f"Schedule not found: {error.name}" if isinstance(error, NotFound) and error.what == "schedule" else None


def known(call: RequestContext, id_: str) -> Schedule:
    """Raises NotFound, for what can't be an id as well."""
    if not ID.fullmatch(id_):
        raise NotFound("schedule", id_[:64])
    return call.engine.schedules.find(call.tenant, id_)


def owner_of(call: RequestContext, id_: str) -> str:
    """Whoever made the schedule."""
    return known(call, id_).user


FAMILY = Family(
    NAME,
    "/api/v1/schedules",
    "Work that starts by the clock. A schedule starts jobs of one kind, one for each of its times, as the user who made it. "
    "Users change, pause and delete schedules of their own; with the scope `admin` also those of others.",
    wording=wording,
    owner_of=owner_of,
    dialect=TYPED,
    item="/{schedule_id}",
)


def new_id(keyed: str | None) -> str:
    return f"sch-{keyed or secrets.token_hex(10)}"
