"""What goes in and out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel as Answer
from pydantic import ConfigDict, Field

from fermata.api.request_fields import DEFAULT_WORKSPACE, NaiveTime, Reason, Strict, Until, Workspace

MAX_IDS = 500

Status = Literal["pending", "extracting", "indexing", "processing", "completed", "failed", "cancelled", "unknown"]
SourceId = Annotated[str, Field(examples=["src_abc123"])]


class NewSource(Strict):
    """A source: where it lies (`uri`), or its `text`; one of the two."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "Handbook", "uri": "https://example.com/handbook.pdf"}]}
    )

    title: Annotated[str, Field(strict=True, min_length=1, max_length=500, pattern=r"\S")]
    uri: Annotated[str | None, Field(strict=True, min_length=1, max_length=2048, description="http, https or s3.")] = (
        None
    )
    text: Annotated[str | None, Field(strict=True, min_length=1, description="Plain text or Markdown.")] = None
    workspace_id: Workspace = DEFAULT_WORKSPACE


class CreatedSource(Answer):
    source_id: SourceId
    status: Status
    paused: bool
    created_at: NaiveTime


class Source(Answer):
    """A source, how far its processing is, and whether it is paused."""

    source_id: SourceId
    title: str
    uri: str | None = Field(description="Null when its text was given.")
    workspace_id: str
    status: Status = Field(
        description="How far its processing is, paused or not; `processing` is any stage but the two it has now, `unknown` says "
        "that the record of its processing has outlived its retention."
    )
    paused: bool = Field(
        description="Whether the source itself is paused; a pause of the whole system does not show here."
    )
    paused_at: NaiveTime | None
    reason: str | None
    error: str | None = Field(description="Why its processing failed.")
    job_id: str = Field(
        description="Of the job that processes it, under `/api/v1/jobs`.", examples=["sources:src_abc123"]
    )
    created_at: NaiveTime


class Sources(Answer):
    """A page of sources, newest first."""

    sources: list[Source]
    next_cursor: str | None = Field(description="Asks for the sources after these; null when these are the last.")


class DeletedSource(Answer):
    source_id: SourceId
    deleted: Literal[True]


class PausedSource(Answer):
    source_id: SourceId
    paused: Literal[True]


class ResumedSource(Answer):
    source_id: SourceId
    paused: Literal[False]


class CountedSources(Answer):
    count: int = Field(examples=[2], description="Distinct known sources that are in the state asked for now.")


SourceIds = Annotated[
    list[Annotated[str, Field(strict=True)]],
    Field(min_length=1, max_length=MAX_IDS, examples=[["src_abc123", "src_def456"]]),
]


class PauseSources(Strict):
    """Which sources, why, and for how long."""

    source_ids: SourceIds
    reason: Reason | None = None
    until: Until | None = None


class ResumeSources(Strict):
    """Which sources, and why."""

    source_ids: SourceIds
    reason: Reason | None = None
