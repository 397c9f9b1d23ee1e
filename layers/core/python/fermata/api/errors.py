"""What an error is to HTTP: a status, a message and headers. Its shape is the dialect's affair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from fermata.api.sessions import CrossSite
from fermata.domain.errors import (
    FermataError,
    Forbidden,
    IdTaken,
    InvalidInput,
    LimitExceeded,
    NotFound,
    Refused,
    Retryable,
    Unauthenticated,
    WrongStatus,
)

MAX_MESSAGE = 500
"""Characters; a message may name a key of the body, which the caller chose."""


class TooLarge(Refused):
    """The body is larger than the API takes."""

    code = "too_large"
    facts = ("limit",)

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body has more than {limit} bytes; pass large lists by reference")
        self.limit = limit


class NotJson(Refused):
    """The body is declared to be something else than JSON."""

    code = "not_json"

    def __init__(self, content_type: str) -> None:
        super().__init__(f"the body must be application/json, not {content_type[:100]}")


class TooMany(Refused):
    """The tenant has made more requests, or keeps more connections, than it may.

    Attributes:
        after: seconds until it may again.
    """

    code = "too_many"
    facts = ("after",)

    def __init__(self, limit: int, after: int, what: str = "requests in a minute") -> None:
        super().__init__(f"more than {limit} {what}; try again in {after} s")
        self.after = after


STATUSES: dict[type[BaseException], int] = {
    InvalidInput: 422,
    NotFound: 404,
    WrongStatus: 409,
    IdTaken: 409,
    LimitExceeded: 429,
    Unauthenticated: 401,
    Forbidden: 403,
    CrossSite: 403,
    TooLarge: 413,
    NotJson: 415,
    TooMany: 429,
    Refused: 400,
    Retryable: 503,
}
"""The status of each error, looked up along its classes; a family may have other ones."""

UNKNOWN = "is not known here"
UNITS = "units per job"
INTERNAL = 500


@dataclass(frozen=True)
class Problem:
    """An error as HTTP sees it."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


def problem(error: Exception, statuses: Mapping[type[BaseException], int]) -> Problem:
    """What to tell the caller; of an error that is not meant for them, nothing."""
    if isinstance(error, HTTPException):
        return Problem(error.status_code, str(error.detail), error.headers or {})
    status = status_of(error, statuses)
    if status == INTERNAL:
        return Problem(INTERNAL, "internal error")
    message = "the service is busy; try again" if isinstance(error, Retryable) else str(error)
    return Problem(status, message[:MAX_MESSAGE], _headers(error))


def status_of(error: Exception, statuses: Mapping[type[BaseException], int]) -> int:
    """The status of the error's nearest class; too many units in one request are an invalid value of it."""
    units = isinstance(error, LimitExceeded) and error.limit == UNITS
    for cls in (InvalidInput if units else type(error)).__mro__:
        if cls in statuses:
            return statuses[cls]
        if cls in STATUSES:
            return STATUSES[cls]
    return INTERNAL


def as_refusal(error: Exception) -> Exception:
    """FastAPI's errors as the engine's.

    Validation's would repeat what was sent, and there may be a secret in it; what goes wrong while the body is read would be a
    400 whatever it was.
    """
    if isinstance(error, RequestValidationError):
        return invalid(error.errors())
    cause = error.__cause__
    return cause if isinstance(error, HTTPException) and isinstance(cause, FermataError) else error


def invalid(problems: Iterable[Mapping[str, Any]]) -> InvalidInput:
    """The first problems that pydantic found, by the names the caller knows."""
    first, *rest = [(_place(problem), _reason(problem)) for problem in problems]
    more = [f"; {place}: {reason}" for place, reason in rest[:4]]
    return InvalidInput(first[0], first[1] + "".join(more))


def _place(problem: Mapping[str, Any]) -> str:
    place, *inner = problem["loc"]
    if problem["type"] == "json_invalid" or not inner:
        return str(place)
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{str(part)[:60]}" for part in inner)
    return path.removeprefix(".")


def _reason(problem: Mapping[str, Any]) -> str:
    if problem["type"] == "json_invalid":
        return f"is not valid JSON ({problem['ctx']['error']})"
    if problem["type"] == "missing":
        return "is missing"
    if problem["type"] == "extra_forbidden":
        return UNKNOWN
    reason = str(problem["msg"]).removeprefix("Value error, ")
    return reason[:1].lower() + reason[1:]


def _headers(error: Exception) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": 'Bearer realm="fermata"'}
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.after)}
    return {"Retry-After": "1"} if isinstance(error, Retryable) else {}


def shown(error: Exception) -> bool:
    """Whether it was raised on purpose."""
    return isinstance(error, FermataError | HTTPException)
