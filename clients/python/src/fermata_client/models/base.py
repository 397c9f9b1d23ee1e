"""What all answers have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict


class Answer(BaseModel):
    """What the server answers; it can't be changed.

    Members that this version of the client does not know are kept (``model_extra``), so that a newer server can be read.
    Models are built when they are first needed, since most programs need few of them.
    """

    model_config = ConfigDict(extra="allow", frozen=True, defer_build=True)


def _in_utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


Time = Annotated[datetime, AfterValidator(_in_utc)]
"""A moment with its zone. Some routes leave the zone out, and mean UTC."""

Json = Any
"""Whatever JSON holds."""
