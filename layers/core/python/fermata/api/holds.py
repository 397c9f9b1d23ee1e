"""A hold as our own families show it, in jobs and in the errors that tell of one."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from fermata.api.formatting import zoned_time
from fermata.domain import holds

Time = Annotated[
    str, Field(description="UTC", examples=["2026-04-13T09:00:00Z"], json_schema_extra={"format": "date-time"})
]


class Hold(BaseModel):
    """A reason not to proceed."""

    scope: str = Field(
        description="`job`, `source:<id>`, `system`, or `after:<job>`: until that one has completed", examples=["job"]
    )
    owner: str = Field(description="A user, `automatic` or `maintenance`.")
    reason: str | None
    since: Time
    until: Time | None = Field(description="When it ends by itself; null: never.")


def shown(placed: holds.Hold) -> Hold:
    return Hold(
        scope=placed.scope,
        owner=placed.owner,
        reason=placed.reason,
        since=zoned_time(placed.since),
        until=zoned_time(placed.until) if placed.until is not None else None,
    )
