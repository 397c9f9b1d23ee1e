"""What bodies and queries of several families ask for in the same words: reasons, moments, workspaces."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from fermata.api.context import RequestContext
from fermata.api.formatting import END_OF_TIME
from fermata.domain import bounds
from fermata.domain.errors import InvalidInput
from fermata.domain.holds import OWN, Hold
from fermata.domain.jobs import MOST_PRIORITY

MAX_REASON = 500
DATE_TIME: dict[str, Any] = {"format": "date-time"}

NaiveTime = Annotated[
    str,
    Field(
        description="UTC, without zone.",
        examples=["2026-04-13T09:00:00"],
        json_schema_extra={"format": "date-time-local", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$"},
    ),
]
"""As the documents of sources and of tasks have it; the format's name is of OpenAPI's registry."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)

WORKSPACE = f"^{bounds.WORKSPACE}$"
"""Dots alone would be folders to tools that know folders."""

SEGMENT = r"[^.]"
"""What can be one segment of a path, as ids are: nothing, and dots alone, never reach a server as such."""

MAX_WORKSPACE = bounds.MAX_WORKSPACE
DEFAULT_WORKSPACE = "default"

Workspace = Annotated[
    str,
    Field(
        strict=True,
        pattern=WORKSPACE,
        max_length=MAX_WORKSPACE,
        description="1 to 64 of A-Z a-z 0-9 . _ -, not dots alone",
        examples=["default"],
    ),
]


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 75.0 is the whole number 75."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Beside ``Field(strict=True, ge=…)``, which comes first: pydantic describes no bounds of what is validated before them.

A whole number in a body; no text and no truth value is one."""

Priority = Annotated[
    int,
    Field(
        strict=True,
        ge=0,
        le=MOST_PRIORITY,
        description="While others wait, its workers keep their turn in proportion to one more than it: a job of 9 gets ten "
        "times as much of them as one of 0.",
    ),
    WHOLE,
]

Reason = Annotated[
    str, Field(strict=True, max_length=MAX_REASON, description="In words, for people.", examples=["Maintenance window"])
]

ReasonInAddress = Annotated[
    str | None, Query(max_length=MAX_REASON, description="Why, in words, for people; the audit log keeps it")
]
"""Of what is deleted: not every program can send a body with that."""

Until = Annotated[
    str,
    Field(
        strict=True,
        max_length=40,
        description="ISO 8601, UTC unless it says otherwise, ahead of now. The hold ends then by itself, within a minute.",
        json_schema_extra=DATE_TIME,
        examples=["2030-04-13T09:00:00Z"],
    ),
]


Moment = Annotated[str, Field(max_length=40, examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)]
"""A time that a list is bounded by; :func:`moment` reads it."""

LABEL_NAME = f"^{bounds.LABEL_NAME}$"

LabelName = Annotated[str, Field(strict=True, pattern=LABEL_NAME)]

Labels = Annotated[
    dict[LabelName, Annotated[str, Field(strict=True, max_length=bounds.MAX_LABEL)]],
    Field(
        max_length=bounds.MAX_LABELS,
        description="Names (1 to 63 of A-Z a-z 0-9 . _ / -) and values to find it by.",
        examples=[{"team": "data"}],
    ),
]


def closed(*words: str) -> WithJsonSchema:
    """Describes a text that is one of these; what was stored by another version is shown all the same."""
    return WithJsonSchema({"type": "string", "enum": list(words)})


FamilyName = Annotated[str, closed("batch", "tasks", "processes", "sources", "jobs")]
Checkpoint = Annotated[str, closed("pre_execution", "unit", "stage", "pre_completion")]


class Strict(BaseModel):
    """A body; members that nobody reads are refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)


class Note(Strict):
    """Why. It may be left out, and so may the body; it is kept in the history."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Maintenance window"}]})

    reason: Reason | None = None


LEFT_OUT: Any = Field(default=None)
"""A member of a change that need not be named, and can't be null; ``model_fields_set`` says whether it is."""


def may_be_left_out(schema: dict[str, Any]) -> None:
    """``json_schema_extra`` of a change: what is left out has no default, null least of all, unless it may be null."""
    for member in schema["properties"].values():
        if "anyOf" not in member:
            member.pop("default", None)


class Holding(Strict):
    """Why, and for how long. Both may be left out, and so may the body."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Reviewing extraction settings"}]})

    reason: Reason | None = None
    until: Until | None = None


def moment(text: str, field: str) -> float:
    """Seconds since the epoch. Raises InvalidInput that names the field."""
    try:
        if not MOMENT.fullmatch(text):
            raise ValueError
        read = datetime.fromisoformat(text)
        at = (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise InvalidInput(field, "must be a time as 2026-04-13T09:00:00Z") from None
    if at >= END_OF_TIME:
        raise InvalidInput(field, "must be a time before the year 10000, in UTC")
    return at


def reason_of(body: Note | None) -> str | None:
    """The reason that was given."""
    return body.reason if body is not None else None


def hold_on(call: RequestContext, body: Holding | None, scope: str = OWN) -> Hold:
    """The caller's hold, from now on. Raises InvalidInput when it would be over already."""
    asked = body or Holding()
    now = call.engine.clock.now()
    until = moment(asked.until, "until") if asked.until is not None else None
    if until is not None and until <= now:
        raise InvalidInput("until", "must be ahead of now")
    return Hold(scope, call.actor.user, asked.reason, now, until)
