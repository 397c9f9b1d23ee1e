"""What goes in and out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fermata.api import request_fields
from fermata.api.integer_ids import MAX_NUMBER

Status = Literal["pending", "running", "completed", "failed", "cancelled"]

Project = Annotated[int, Field(ge=0, le=MAX_NUMBER, description="0 is the default workspace.")]


Rested = Annotated[
    str,
    Field(
        description="When it came to rest.",
        examples=["2025-03-12T10:00:00Z"],
        json_schema_extra=request_fields.DATE_TIME,
    ),
]


class NewTask(request_fields.Strict):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"project_id": 1, "task_type": "crawl", "params": {"urls": ["https://example.com/"]}}]
        }
    )

    project_id: Annotated[
        int, Field(strict=True, ge=0, le=MAX_NUMBER, description="0 is the default workspace."), request_fields.WHOLE
    ] = 0
    task_type: Annotated[
        str, Field(examples=["crawl"], description="A kind that `/api/v1/kinds` shows with the family `tasks`.")
    ]
    params: Annotated[
        dict[str, Any], Field(default_factory=dict, description="As the kind of this type describes them.")
    ]


class Task(BaseModel):
    id: int = Field(examples=[42])
    project_id: int
    task_type: str = Field(examples=["crawl"])
    status: Status
    progress: int = Field(description="Units that are settled.", examples=[47])
    total: int = Field(description="Units known so far; it may grow while the task plans.")
    created_at: request_fields.NaiveTime


class TaskDetail(BaseModel):
    id: int = Field(examples=[42])
    project_id: int
    task_type: str = Field(examples=["crawl"])
    status: Status
    progress: int = Field(examples=[47])
    total: int
    params: dict[str, Any]
    result: dict[str, Any] = Field(description="Empty until the task is completed.")
    error_message: str = Field(description="Empty unless it failed, or was cancelled with a reason.")
    created_at: request_fields.NaiveTime
    started_at: request_fields.NaiveTime | None
    completed_at: request_fields.NaiveTime | None = Field(description="When it ended, in whatever way.")


class TaskPage(BaseModel):
    """A page of tasks, newest first."""

    items: list[Task]
    total: int
    page: int
    page_size: int
    total_pages: int


class Tasks(BaseModel):
    code: Literal[200]
    message: Literal["success"]
    data: list[Task] | TaskPage = Field(description="A page where `page` or `page_size` is given, else a list.")


class OneTask(BaseModel):
    code: Literal[200]
    message: Literal["success"]
    data: TaskDetail


class CreatedTask(BaseModel):
    code: Literal[201]
    message: Literal["Task created"]
    data: TaskDetail


class CancelledTask(BaseModel):
    code: Literal[200]
    message: Literal["Task cancelled"]
    data: None


class TaskSignal(BaseModel):
    success: Literal[True]
    message: str = Field(examples=["Pause signal sent"])
    task_id: str = Field(description="As it was given.", examples=["task-123"])


class ControlState(BaseModel):
    """Whether somebody stopped the task, and who."""

    task_id: str = Field(description="As it was given.", examples=["task-123"])
    is_paused: bool = Field(description="It has come to rest. A pause that is only asked for shows in the reason.")
    is_cancelled: bool
    paused_at: Rested | None
    pause_reason: str | None
    paused_by: str | None = Field(description="A user, `automatic`, or `maintenance`.")
    checkpoint: request_fields.Checkpoint | None = Field(description="Where it rests.")
    cancel_reason: str | None
    cancelled_by: str | None = Field(description="Null where the history does not name anybody.")
