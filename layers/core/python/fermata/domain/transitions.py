"""The one table of what a job may become: (status, command) → status."""

from __future__ import annotations

from enum import StrEnum

from fermata.domain.errors import WrongStatus


class Status(StrEnum):
    """What a job is doing, and who moves it on."""

    PENDING = "pending"  # accepted, not started; its execution moves it on
    RUNNING = "running"  # units run, or may; workers and the execution move it on
    PAUSED = "paused"  # held, and no unit runs; whoever removes the last hold moves it on
    WAITING_REVIEW = "waiting_review"  # a draft waits for a person, who moves it on
    COMPLETED = "completed"  # final; at least one unit succeeded, or there were none
    FAILED = "failed"  # final until somebody retries it; nothing succeeded, or planning or finishing failed
    CANCELLED = "cancelled"  # final; a person stopped it or rejected its draft
    TIMED_OUT = "timed_out"  # final until somebody retries it; ran longer than it was given

    @property
    def final(self) -> bool:
        return self in FINAL


FINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED, Status.TIMED_OUT})


class Command(StrEnum):
    """What moves a job from one status to another."""

    START = "start"  # the execution begins the first stage
    HOLD = "hold"  # a held job has come to rest
    RELEASE = "release"  # the last hold is gone and the job had started
    REQUEUE = "requeue"  # the last hold is gone and the job had not started
    REVIEW = "review"  # the next stage needs a person's approval
    APPROVE = "approve"
    REJECT = "reject"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    TIME_OUT = "time_out"  # ran longer than it was given, paused time left out
    RETRY = "retry"  # run again what failed or never ran


TABLE: dict[tuple[Status, Command], Status] = {
    (Status.PENDING, Command.START): Status.RUNNING,
    (Status.PENDING, Command.HOLD): Status.PAUSED,
    (Status.PENDING, Command.FAIL): Status.FAILED,
    (Status.PENDING, Command.CANCEL): Status.CANCELLED,
    (Status.PENDING, Command.TIME_OUT): Status.TIMED_OUT,
    (Status.RUNNING, Command.HOLD): Status.PAUSED,
    (Status.RUNNING, Command.REVIEW): Status.WAITING_REVIEW,
    (Status.RUNNING, Command.COMPLETE): Status.COMPLETED,
    (Status.RUNNING, Command.FAIL): Status.FAILED,
    (Status.RUNNING, Command.CANCEL): Status.CANCELLED,
    (Status.RUNNING, Command.TIME_OUT): Status.TIMED_OUT,
    (Status.PAUSED, Command.RELEASE): Status.RUNNING,
    (Status.PAUSED, Command.REQUEUE): Status.PENDING,
    (Status.PAUSED, Command.FAIL): Status.FAILED,
    (Status.PAUSED, Command.CANCEL): Status.CANCELLED,
    (Status.WAITING_REVIEW, Command.APPROVE): Status.RUNNING,
    (Status.WAITING_REVIEW, Command.REJECT): Status.CANCELLED,
    (Status.WAITING_REVIEW, Command.CANCEL): Status.CANCELLED,
    (Status.COMPLETED, Command.RETRY): Status.PENDING,
    (Status.FAILED, Command.RETRY): Status.PENDING,
    (Status.TIMED_OUT, Command.RETRY): Status.PENDING,
}


def after(status: Status, command: Command) -> Status:
    """The status that a command leads to. Raises WrongStatus when the table has no such row."""
    try:
        return TABLE[status, command]
    except KeyError:
        raise WrongStatus(command.value, status.value) from None
