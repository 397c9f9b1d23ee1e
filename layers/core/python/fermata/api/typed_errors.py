"""The errors of our own families as the OpenAPI description shows them: one schema for each, told apart by ``code``.

Only the description needs them, so nothing imports this module before one is asked for.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from fermata.api.holds import Hold


class TypedError(BaseModel):
    """What every error says."""

    detail: str = Field(description="In words, for people.", examples=["it can't be done"])


class InvalidInputError(TypedError):
    """A value is missing, malformed or over its limit."""

    code: Literal["invalid"]
    field: str = Field(description="Name of the value, as the caller knows it.", examples=["params.units"])


class NotFoundError(TypedError):
    """There is no such thing, or it belongs to another tenant."""

    code: Literal["not_found"]
    what: str = Field(description="The kind of thing.", examples=["job"])
    name: str = Field(description="As it was asked for.", examples=["jobs:1"])


class WrongStatusError(TypedError):
    """The command is not allowed in this status."""

    code: Literal["wrong_status"]
    command: str = Field(examples=["pause"])
    status: str = Field(description="That it has.", examples=["completed"])


class HeldElsewhereError(TypedError):
    """It has no hold of its own to remove: its source or the system holds it."""

    code: Literal["held_elsewhere"]
    command: str = Field(examples=["resume"])
    status: str = Field(examples=["paused"])
    holds: list[Hold] = Field(description="Those that stand.")


class IdTakenError(TypedError):
    """The id, or the Idempotency-Key, is in use by another request."""

    code: Literal["id_taken"]
    job_id: str = Field(description="The id that is taken.", examples=["jobs:key-0a1b2c"])


class LimitExceededError(TypedError):
    """A limit of the stack is reached."""

    code: Literal["limit_exceeded"]
    limit: str = Field(description="Its name.", examples=["open jobs"])
    value: int = Field(examples=[1000])


class UnauthenticatedError(TypedError):
    """No credentials, or bad ones."""

    code: Literal["unauthenticated"]


class ForbiddenError(TypedError):
    """A known caller who may not do this."""

    code: Literal["forbidden"]
    scope: str = Field(description="The scope that is needed.", examples=["admin"])


class CrossSiteError(TypedError):
    """A request with a session's cookie that its own page has not surely made."""

    code: Literal["cross_site"]


class TooLargeError(TypedError):
    """The body is larger than the API takes."""

    code: Literal["too_large"]
    limit: int = Field(description="Bytes.", examples=[5_242_880])


class NotJsonError(TypedError):
    """The body is declared to be something else than JSON."""

    code: Literal["not_json"]


class TooManyError(TypedError):
    """The tenant has made more requests than it may."""

    code: Literal["too_many"]
    after: int = Field(description="Seconds until it may again.", examples=[12])


ALL: tuple[type[TypedError], ...] = (
    InvalidInputError,
    NotFoundError,
    WrongStatusError,
    HeldElsewhereError,
    IdTakenError,
    LimitExceededError,
    UnauthenticatedError,
    ForbiddenError,
    CrossSiteError,
    TooLargeError,
    NotJsonError,
    TooManyError,
)


def schemas() -> dict[str, Any]:
    """Each by its name, as components of a description."""
    found = {}
    for model in ALL:
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
        schema.pop("$defs", None)
        found[model.__name__] = schema
    return found
