"""What goes in and out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fermata.api.integer_ids import MAX_NUMBER
from fermata.api.request_fields import DATE_TIME, DEFAULT_WORKSPACE, WHOLE, Reason, Strict, Workspace

Status = Literal["pending", "running", "waiting_review", "completed", "failed", "cancelled"]

Progress = Annotated[
    int,
    Field(
        ge=0,
        le=100,
        examples=[47],
        description="Never falls. Settled units as a percentage, each stage up to the review an equal part of it; 100 for a "
        "draft that is whole, also while it is applied, and for a completed process.",
    ),
]

UnitNumber = Annotated[int, Field(strict=True, ge=0, le=10_000_000), WHOLE]


class NewProcess(Strict):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"type": "csv_import", "workspace_id": "default", "input": {}}]}
    )

    type: Annotated[
        str,
        Field(examples=["csv_import"], description="A kind that `/api/v1/kinds` shows with the family `processes`."),
    ]
    workspace_id: Workspace | Annotated[int, Field(strict=True, ge=0, le=MAX_NUMBER), WHOLE] = DEFAULT_WORKSPACE
    input: Annotated[dict[str, Any], Field(default_factory=dict, description="As the kind of this type describes it.")]


class Decision(Strict):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"decision": "approve"}],
            "if": {"properties": {"decision": {"const": "reject"}}},
            "then": {"properties": {"units": {"type": "null"}}},
        }
    )

    decision: Literal["approve", "reject"]
    units: Annotated[
        Annotated[list[UnitNumber], Field(min_length=1)] | None,
        Field(
            description="Only these parts of the draft, by the numbers it gives them; with approve. Left out: all of it."
        ),
    ] = None
    reason: Reason | None = None


class ProcessItem(BaseModel):
    id: int = Field(examples=[42])
    type: str = Field(examples=["csv_import"])
    status: Status
    progress: Progress
    created_at: str = Field(examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)
    updated_at: str = Field(examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)


class Process(BaseModel):
    id: int = Field(examples=[42])
    type: str = Field(examples=["csv_import"])
    status: Status
    progress: Progress
    metadata: dict[str, Any] = Field(description="`workspace_id`, `input`, `stage` and `units`.")
    result_summary: dict[str, Any]


class ProcessEvent(BaseModel):
    id: int = Field(description="1, 2, 3 … without gaps; also the id in the stream.")
    status: Status
    message: str
    created_at: str = Field(examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)
