"""Queues and limits: the whole at a glance."""

from __future__ import annotations

from pydantic import BaseModel, Field

from fermata.api.context import Caller, RequestContext
from fermata.api.routing import Family
from fermata.api.version import VERSION
from fermata.domain.access import ADMIN

FAMILY = Family("overview", "/api/v1/system", "Queues and limits, at a glance.")


class QueueDepth(BaseModel):
    """About how full a queue is."""

    name: str = Field(
        description="Class of the workers that it is for, or `express`: any of them, for what is done in moments.",
        examples=["default"],
    )
    waiting: int = Field(description="Messages that no worker has taken yet.")
    in_flight: int = Field(description="Messages that workers have in hand; each keeps one worker busy.")


class Limits(BaseModel):
    """What the stack grants a tenant; null: no limit."""

    requests_per_minute: int | None
    open_jobs: int | None
    units_per_job: int | None
    schedules: int | None
    webhooks: int | None
    lanes: int | None = Field(description="Chunks of one job that are queued or run at a time.")
    body_bytes: int


class Overview(BaseModel):
    """The whole at a glance."""

    version: str
    limits: Limits
    queues: list[QueueDepth] | None = Field(
        description="Of the whole stack, its other tenants too; null without the scope `admin`."
    )


@FAMILY.query("", response_model=Overview, summary="Show the queues and the tenant's limits")
def get_overview(call: Caller) -> Overview:
    """The depths are asked of the queues, and a moment behind. How many jobs are open is told by `/api/v1/jobs/counts`."""
    return Overview(version=VERSION, limits=_limits(call), queues=_queues(call) if ADMIN in call.actor.scopes else None)


def _limits(call: RequestContext) -> Limits:
    services, limits = call.services, call.engine.limits
    return Limits(
        requests_per_minute=services.quota.limit if services.quota is not None else None,
        open_jobs=limits.open_jobs,
        units_per_job=limits.units_per_job,
        schedules=limits.schedules,
        webhooks=limits.webhooks,
        lanes=limits.lanes,
        body_bytes=services.max_body,
    )


def _queues(call: RequestContext) -> list[QueueDepth]:
    return [
        QueueDepth(name=depth.name, waiting=depth.waiting, in_flight=depth.in_flight)
        for depth in call.engine.queue.depths()
    ]
