"""The shapes in which an error is told. Which one is used hangs on the route it happened on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, Field

from fermata.api import holds
from fermata.domain.errors import Refused


class Detail(BaseModel):
    """The shape of most families."""

    detail: str = Field(examples=["job not found: batch-1704454800-abc123"])


class Error(BaseModel):
    """The shape of the routes that pause and resume tasks."""

    error: str = Field(examples=["Task not found"])


class Envelope(BaseModel):
    """The shape of the routes that list, show and cancel tasks; ``code`` is the HTTP status."""

    code: int = Field(examples=[404])
    message: str = Field(examples=["Task not found"])
    data: None = None


def no_facts(error: Exception) -> Mapping[str, Any]:
    return {}


def typed_facts(error: Exception) -> Mapping[str, Any]:
    """Its code, and what a program can go by; nothing of an error that refuses nothing."""
    if not isinstance(error, Refused):
        return {}
    told = {name: getattr(error, name) for name in error.facts}
    if "holds" in told:
        told["holds"] = [holds.shown(one).model_dump() for one in told["holds"]]
    return {"code": error.code, **told}


@dataclass(frozen=True)
class Dialect:
    """How a status and a message become a body, and the model that describes it.

    Attributes:
        facts: of an error, more members of its body.
        typed: names of the schemas of a status's errors, where there are other ones than the model.
    """

    model: type[BaseModel]
    body: Callable[[int, str], dict[str, Any]]
    facts: Callable[[Exception], Mapping[str, Any]] = no_facts
    typed: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def answer(self, status: int, description: str) -> dict[str, Any]:
        """How an OpenAPI description shows an answer in this shape.

        By reference: FastAPI would otherwise build a validator for each status of each route, which makes a cold start wait.
        """
        first, *others = [
            {"$ref": f"#/components/schemas/{name}"} for name in self.typed.get(status, (self.model.__name__,))
        ]
        schema: dict[str, Any] = {"oneOf": [first, *others]} if others else first
        return {"description": description, "content": {"application/json": {"schema": schema}}}


DETAIL = Dialect(Detail, lambda status, message: {"detail": message})
ERROR = Dialect(Error, lambda status, message: {"error": message})
ENVELOPE = Dialect(Envelope, lambda status, message: {"code": status, "message": message, "data": None})

TYPED = Dialect(
    Detail,
    DETAIL.body,
    typed_facts,
    {
        401: ("UnauthenticatedError",),
        403: ("ForbiddenError", "CrossSiteError"),
        404: ("NotFoundError",),
        409: ("WrongStatusError", "HeldElsewhereError", "IdTakenError"),
        413: ("TooLargeError",),
        415: ("NotJsonError",),
        422: ("InvalidInputError", "LimitExceededError"),
        429: ("TooManyError", "LimitExceededError"),
    },
)
"""Of our own families, which no document binds: beside its words an error has its code and its facts."""

ALL = (DETAIL, ERROR, ENVELOPE)
