"""What a deduplication is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from fermata.domain.kind import Json
from fermata.toolkit.duplicates import Method, Rules
from fermata.toolkit.parameters import Parameters


class Dedup(Parameters):
    """Parameters of a deduplication."""

    table: str = Field("papers", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The workspace's table.")
    methods: list[Method] = Field(
        list(Rules.methods),
        min_length=1,
        description="What makes two records the same: `doi`, the same `title` but for case, accents and signs, a `fuzzy` title "
        "with authors and year that agree, or most of the same `text`.",
    )
    title_field: str = Field(Rules.title_field, min_length=1, max_length=200, description="Column with the title.")
    authors_field: str = Field(
        Rules.authors_field, min_length=1, max_length=200, description="Column with the authors."
    )
    year_field: str = Field(
        Rules.year_field, min_length=1, max_length=200, description="Column with the year, or a date."
    )
    doi_field: str = Field(Rules.doi_field, min_length=1, max_length=200, description="Column with the DOI.")
    text_field: str = Field(
        Rules.text_field, min_length=1, max_length=200, description="Column with the text, full or short."
    )
    title_similarity: float = Field(
        Rules.title_similarity,
        ge=0.5,
        le=1.0,
        description="How much of two titles must be the same for `fuzzy`, from 0 to 1.",
    )
    text_similarity: float = Field(
        Rules.text_similarity,
        ge=0.3,
        le=1.0,
        description="How many phrases of two texts must be the same for `text`, from 0 to 1.",
    )
    merge: Literal["review", "now", "never"] = Field(
        "review",
        description="`review`: groups are merged once a person approves them, all or by number. `now`: without being asked. "
        "`never`: they are only shown.",
    )

    @field_validator("methods")
    @classmethod
    def _once(cls, values: list[Method]) -> list[Method]:
        return list(dict.fromkeys(values))


def rules(params: Mapping[str, Json]) -> Rules:
    """What of a job's parameters says how records are compared."""
    chosen = {name: params[name] for name in Rules.__dataclass_fields__}
    return Rules(**{**chosen, "methods": tuple(params["methods"])})
