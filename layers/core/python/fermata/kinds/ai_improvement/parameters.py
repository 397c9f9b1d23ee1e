"""What an improvement is asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from fermata.toolkit.llm import ModelParameters

Rule = Literal["encoding", "whitespace", "repeats", "case", "dates"]
FieldName = Annotated[str, Field(min_length=1, max_length=200)]


class AiImprovement(ModelParameters):
    """Parameters of an improvement."""

    table: str = Field("records", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The workspace's table.")
    fields: list[FieldName] | None = Field(
        None, min_length=1, max_length=100, description="Fields to improve; without it all that hold text."
    )
    rules: list[Rule] = Field(
        ["encoding", "whitespace", "repeats", "case", "dates"],
        description="`encoding`: text that was decoded wrongly; `whitespace`: blanks too many; `repeats`: sentences that stand "
        "there twice; `case`: names and titles in capitals, names in small letters; `dates`: as 2026-01-31.",
    )
    date_order: Literal["dmy", "mdy"] | None = Field(
        None, description="What 03/04/2026 means; without it a date that can be read in two ways is left alone."
    )
    instructions: str = Field(
        "Correct spelling and grammar. Change nothing else.",
        min_length=1,
        max_length=2_000,
        description="What a model is told to improve, after the rules.",
    )
    limit: int = Field(10_000, ge=1, le=50_000, strict=True, description="Records of the table, at most.")

    @field_validator("rules")
    @classmethod
    def _once(cls, values: list[Rule]) -> list[Rule]:
        return list(dict.fromkeys(values))
