"""What goes out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from fermata.api.request_fields import FamilyName


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
