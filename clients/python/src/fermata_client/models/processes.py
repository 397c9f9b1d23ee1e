"""Processes, with a review where a person has to decide."""

from __future__ import annotations

from fermata_client.models.base import Answer, Json, Time
from fermata_client.words import ProcessStatus


class ProcessItem(Answer):
    """A process in a list; ``progress`` is a percentage."""

    id: int
    type: str
    status: ProcessStatus
    progress: int
    created_at: Time
    updated_at: Time


class Process(Answer):
    """A process by itself."""

    id: int
    type: str
    status: ProcessStatus
    progress: int
    metadata: dict[str, Json]
    result_summary: dict[str, Json]


class ProcessEvent(Answer):
    """A line of a process's history."""

    id: int
    status: ProcessStatus
    message: str
    created_at: Time
