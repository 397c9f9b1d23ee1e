"""Every error of the engine, sorted by consequence. No HTTP here: the API renders them by route."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class FermataError(Exception):
    """Root of all errors that Fermata raises on purpose."""


# The caller asked for something that can't be: tell them, change nothing. ------------------------------------------------


class Refused(FermataError):
    """The request was understood and refused; nothing changed.

    Attributes:
        code: tells the error from every other, for programs.
        facts: names of the attributes that a program can go by.
    """

    code: ClassVar[str] = "refused"
    facts: ClassVar[tuple[str, ...]] = ()


class InvalidInput(Refused):
    """A value is missing, malformed or over its limit.

    Attributes:
        field: name of the value as the caller knows it.
    """

    code = "invalid"
    facts = ("field",)

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class NotFound(Refused):
    """There is no such thing, or it belongs to somebody else (the caller can't tell which)."""

    code = "not_found"
    facts = ("what", "name")

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"{what} not found: {name}")
        self.what = what
        self.name = name


class WrongStatus(Refused):
    """The command is not allowed in this status.

    Attributes:
        command: what was asked (a word of :class:`~fermata.domain.transitions.Command`, or "pause", "resume").
        status: the status the job has.
    """

    code = "wrong_status"
    facts: ClassVar[tuple[str, ...]] = ("command", "status")

    def __init__(self, command: str, status: str, message: str | None = None) -> None:
        super().__init__(message or f"cannot {command} a job that is {status.replace('_', ' ')}")
        self.command = command
        self.status = status


class HeldElsewhere(WrongStatus):
    """The job has no hold of its own to remove: its source or the system holds it.

    Attributes:
        holds: those that stand (:class:`fermata.domain.holds.Hold`).
    """

    code = "held_elsewhere"
    facts = ("command", "status", "holds")

    def __init__(self, status: str, holds: Sequence[Any], described: str) -> None:
        super().__init__("resume", status, f"cannot resume: {described}")
        self.holds = tuple(holds)


class IdTaken(Refused):
    """The id is in use by a job that was started with another request."""

    code = "id_taken"
    facts = ("job_id",)

    def __init__(self, job_id: str) -> None:
        super().__init__(f"job_id {job_id} is in use by a job with another request body")
        self.job_id = job_id


class LimitExceeded(Refused):
    """The tenant has reached a limit of the stack."""

    code = "limit_exceeded"
    facts = ("limit", "value")

    def __init__(self, limit: str, value: int) -> None:
        super().__init__(f"limit reached: {limit} is {value}")
        self.limit = limit
        self.value = value


class Unauthenticated(Refused):
    """No credentials, or bad ones. The message never says which part was wrong."""

    code = "unauthenticated"


class Forbidden(Refused):
    """A known caller who may not do this.

    Attributes:
        scope: the scope that would be needed.
    """

    code = "forbidden"
    facts = ("scope",)

    def __init__(self, scope: str) -> None:
        super().__init__(f"this needs the scope {scope}")
        self.scope = scope


# Something else got there first, or is busy: read again, try again. ------------------------------------------------------


class Retryable(FermataError):
    """Trying again may succeed."""


class Stale(Retryable):
    """A conditional write found that the record had changed since it was read."""


class Unavailable(Retryable):
    """A service throttled the call or did not answer. The call may or may not have had its effect."""


class Unsure(Retryable):
    """A write failed, and whether it was done could not be found out: go on only from what is stored."""


class ServiceFailed(FermataError):
    """A service gave an answer that nobody expected: a fault of the stack or of this program, not of the caller."""


DEPENDENCIES = (Unavailable, Unsure, ServiceFailed)
"""What services do to whoever calls them: nothing that a job, its units or its worker could be blamed for."""


# The execution has moved on. ---------------------------------------------------------------------------------------------


class TokenSpent(FermataError):
    """The task token was used already, or its execution is gone; calling back is not needed or not possible."""
