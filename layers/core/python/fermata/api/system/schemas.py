"""What goes in and out."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from fermata.api.request_fields import NaiveTime
from fermata.domain.events import SystemEventType


class PausedSystem(BaseModel):
    paused: Literal[True]


class ResumedSystem(BaseModel):
    paused: Literal[False]


class SystemPauseStatusResponse(BaseModel):
    """Whether processing is paused, since when and why; both null when it is not."""

    paused: bool
    paused_at: NaiveTime | None
    reason: str | None = Field(examples=["Scheduled maintenance"])


class SystemEvent(BaseModel):
    """Something that happened to a tenant's processing."""

    id: str = Field(examples=["evt_1776070800000000_0c1d2e3f4a"])
    event_type: SystemEventType
    created_at: NaiveTime
    reason: str | None = Field(examples=["Scheduled maintenance"])
    database_name: str = Field(description="The workspace", examples=["default"])
    about: str | None = Field(
        default=None,
        description="What it is about, where `about=true` asks for it: `source:<id>`, a job's id, `schedule:<id>`; null: the "
        "tenant as a whole.",
        examples=["source:src_abc123"],
    )


class ClearedSystemEvents(BaseModel):
    deleted: int = Field(description="Number of events removed", examples=[42])
