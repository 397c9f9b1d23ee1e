"""Statuses, types of events and the like: sets of words that newer servers may add to."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """One of a set of words that newer servers may add to; an unknown one is kept as it is, and equals its text."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        word = str.__new__(cls, value)
        word._name_, word._value_ = value.upper(), value
        return word


class Status(Word):
    """Where a job is in its life."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    WAITING_REVIEW = "waiting_review"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"

    @property
    def final(self) -> bool:
        """Whether the job is over."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT)


class EventType(Word):
    """What a line of history tells."""

    CREATED = "created"
    STARTED = "started"
    STAGE = "stage"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMED = "resumed"
    UNHELD = "unheld"
    WAITING_REVIEW = "waiting_review"
    APPROVED = "approved"
    REJECTED = "rejected"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed_out"
    RETRIED = "retried"
    RECOVERED = "recovered"


class OutcomeWord(Word):
    """What became of one job of many; one that failed may be tried again."""

    DONE = "done"
    WOULD_BE_DONE = "would be done"
    REFUSED = "refused"
    FAILED = "failed"


class BatchStatus(Word):
    """Where a batch is in its life."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PAUSED = "paused"

    @property
    def final(self) -> bool:
        """Whether the batch is over."""
        return self in (BatchStatus.COMPLETED, BatchStatus.FAILED, BatchStatus.CANCELLED)


class SourceStatus(Word):
    """How far the processing of a source is, paused or not."""

    PENDING = "pending"
    EXTRACTING = "extracting"
    INDEXING = "indexing"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def final(self) -> bool:
        """Whether nothing more is going to happen by itself."""
        return self in (
            SourceStatus.COMPLETED,
            SourceStatus.FAILED,
            SourceStatus.CANCELLED,
            SourceStatus.UNKNOWN,
        )


class TaskStatus(Word):
    """Where a task is in its life; one that is paused is running."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the task is over."""
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


class ProcessStatus(Word):
    """Where a process is in its life; one that is paused is running."""

    PENDING = "pending"
    RUNNING = "running"
    WAITING_REVIEW = "waiting_review"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the process is over; one that waits for review is not."""
        return self in (ProcessStatus.COMPLETED, ProcessStatus.FAILED, ProcessStatus.CANCELLED)


class SystemEventType(Word):
    """What a system event tells."""

    PAUSE = "pause"
    RESUME = "resume"
    HEALTH_CHANGE = "health_change"
    TASK_FAILED = "task_failed"
    RECOVERY = "recovery"
