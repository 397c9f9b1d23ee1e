"""The kinds of work there are."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from fermata.api.context import Caller
from fermata.api.dialects import TYPED
from fermata.api.request_fields import FamilyName
from fermata.api.routing import Family
from fermata.domain import kind as domain
from fermata.domain.errors import NotFound

FAMILY = Family(
    "kinds",
    "/api/v1/kinds",
    "The kinds of work that jobs can be of, and the parameters that each asks for.",
    dialect=TYPED,
)


class KindStage(BaseModel):
    name: str
    review: bool = Field(description="Whether a person has to approve before it begins.")
    worker: str = Field(
        description="Class of the workers that run its units, which have a queue and a function of their own.",
        examples=["default", "ocr"],
    )


class Kind(BaseModel):
    """A kind of work."""

    name: str = Field(examples=["tag_documents"])
    title: str
    stages: list[KindStage]
    families: list[FamilyName] = Field(
        description="The families of the API that start jobs of this kind; `jobs` starts all."
    )
    secrets: list[str] = Field(description="Parameters that are encrypted, shown nowhere, and gone when the job ends.")
    schema_: dict[str, Any] = Field(alias="schema", description="JSON Schema of the parameters.")


class Kinds(BaseModel):
    kinds: list[Kind]


@FAMILY.query("", response_model=Kinds, summary="List kinds")
def list_kinds(call: Caller) -> dict[str, Any]:
    """In order of their names."""
    return {"kinds": [_shown(call.engine.kinds[name]) for name in sorted(call.engine.kinds)]}


@FAMILY.query("/{name}", response_model=Kind, errors=(404,), summary="Read a kind")
def get_kind(call: Caller, name: str) -> dict[str, Any]:
    """Its stages, and the JSON Schema of its parameters."""
    if name not in call.engine.kinds:
        raise NotFound("kind", name[:64])
    return _shown(call.engine.kinds[name])


def _shown(kind: domain.Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "stages": [{"name": stage.name, "review": stage.review, "worker": stage.worker} for stage in kind.stages],
        "families": sorted({"jobs", *kind.families}),
        "secrets": sorted(kind.secrets),
        "schema": kind.schema(),
    }
