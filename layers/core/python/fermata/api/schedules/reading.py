"""List and read."""

from __future__ import annotations

from fermata.api.context import Caller
from fermata.api.schedules import schemas
from fermata.api.schedules.family import FAMILY, known
from fermata.api.schedules.presenter import shown


@FAMILY.query("", response_model=schemas.Schedules, summary="List schedules")
def list_schedules(call: Caller) -> schemas.Schedules:
    """All of the tenant's; their number is limited."""
    return schemas.Schedules(schedules=[shown(call, one) for one in call.engine.schedules.all(call.tenant)])


@FAMILY.query("/{schedule_id}", response_model=schemas.Schedule, errors=(404,), summary="Read a schedule")
def get_schedule(call: Caller, schedule_id: str) -> schemas.Schedule:
    """With its next five times."""
    return shown(call, known(call, schedule_id))
