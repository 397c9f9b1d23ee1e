"""Background tasks of projects, whose answers come in an envelope."""

from __future__ import annotations

from fermata_client.models.base import Answer, Json, Time
from fermata_client.words import TaskStatus


class TaskItem(Answer):
    """A task in a list; ``progress`` counts settled units, of ``total`` that are known so far."""

    id: int
    project_id: int
    task_type: str
    status: TaskStatus
    progress: int
    total: int
    created_at: Time


class Task(Answer):
    """A task by itself."""

    id: int
    project_id: int
    task_type: str
    status: TaskStatus
    progress: int
    total: int
    params: dict[str, Json]
    result: dict[str, Json]
    error_message: str
    created_at: Time
    started_at: Time | None
    completed_at: Time | None


class TaskListEnvelope(Answer):
    """Tasks, newest first."""

    code: int
    message: str
    data: list[TaskItem]


class TaskEnvelope(Answer):
    """One task."""

    code: int
    message: str
    data: Task


class EmptyEnvelope(Answer):
    """That it was done."""

    code: int
    message: str
    data: None


class TaskSignal(Answer):
    """That the task has been told."""

    success: bool
    message: str
    task_id: str


class TaskControlState(Answer):
    """Whether somebody stopped the task, who and why."""

    task_id: str
    is_paused: bool
    is_cancelled: bool
    paused_at: Time | None
    pause_reason: str | None
    paused_by: str | None
    checkpoint: str | None
    cancel_reason: str | None
    cancelled_by: str | None
