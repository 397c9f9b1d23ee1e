"""What became of a schedule's times."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from fermata.api.context import Caller
from fermata.api.schedules import schemas
from fermata.api.schedules.family import FAMILY, NAME, known
from fermata.api.schedules.presenter import firing


@FAMILY.query("/{schedule_id}/history", response_model=schemas.Firings, errors=(404,), summary="History of a schedule")
def list_schedule_runs(
    call: Caller,
    schedule_id: str,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Lines of a page, at most")] = 50,
) -> schemas.Firings:
    """By due time, newest first: when each was due, when that was decided, and its job, or why there is none."""
    schedule = known(call, schedule_id)
    before = call.unseal(cursor, float, NAME, schedule.id) if cursor is not None else None
    page = call.engine.schedules.firings(call.tenant, schedule.id, before, limit + 1)
    following = call.seal(repr(page[limit - 1].due), NAME, schedule.id) if len(page) > limit else None
    return schemas.Firings(
        schedule_id=schedule.id, firings=[firing(line) for line in page[:limit]], next_cursor=following
    )
