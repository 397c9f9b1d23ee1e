"""The shapes in which an error is told. Which one is used hangs on the route it happened on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field


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


@dataclass(frozen=True)
class Dialect:
    """How a status and a message become a body, and the model that describes it."""

    model: type[BaseModel]
    body: Callable[[int, str], dict[str, Any]]

    def answer(self, description: str) -> dict[str, Any]:
        """How an OpenAPI description shows an answer in this shape.

        By reference: FastAPI would otherwise build a validator for each status of each route, which makes a cold start wait.
        """
        schema = {"$ref": f"#/components/schemas/{self.model.__name__}"}
        return {"description": description, "content": {"application/json": {"schema": schema}}}


DETAIL = Dialect(Detail, lambda status, message: {"detail": message})
ERROR = Dialect(Error, lambda status, message: {"error": message})
ENVELOPE = Dialect(Envelope, lambda status, message: {"code": status, "message": message, "data": None})

ALL = (DETAIL, ERROR, ENVELOPE)
