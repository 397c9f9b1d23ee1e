"""Events of the system as this family shows them."""

from __future__ import annotations

from fermata.api.formatting import naive_time
from fermata.api.system import schemas
from fermata.domain.events import SystemEvent


def event(line: SystemEvent, *, about: bool) -> schemas.SystemEvent:
    """``about``: with what it is about, which the document does not know."""
    shown = schemas.SystemEvent(
        id=line.id,
        event_type=line.type,
        created_at=naive_time(line.at),
        reason=line.reason,
        database_name=line.workspace,
    )
    return shown.model_copy(update={"about": line.about}) if about else shown
