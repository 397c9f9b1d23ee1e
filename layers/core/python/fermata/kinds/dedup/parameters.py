"""What a deduplication is asked for."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from fermata.toolkit.parameters import Parameters

Method = Literal["doi", "title", "fuzzy", "text"]


class Dedup(Parameters):
    """Parameters of a deduplication."""

    table: str = Field("papers", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The workspace's table.")
    methods: list[Method] = Field(
        ["doi", "title", "fuzzy", "text"],
        min_length=1,
        description="What makes two records the same: `doi`, the same `title` but for case, accents and signs, a `fuzzy` title "
        "with authors and year that agree, or most of the same `text`.",
    )
    title_field: str = Field("title", min_length=1, max_length=200, description="Column with the title.")
    authors_field: str = Field("authors", min_length=1, max_length=200, description="Column with the authors.")
    year_field: str = Field("year", min_length=1, max_length=200, description="Column with the year, or a date.")
    doi_field: str = Field("doi", min_length=1, max_length=200, description="Column with the DOI.")
    text_field: str = Field(
        "abstract", min_length=1, max_length=200, description="Column with the text, full or short."
    )
    title_similarity: float = Field(
        0.9, ge=0.5, le=1.0, description="How much of two titles must be the same for `fuzzy`, from 0 to 1."
    )
    text_similarity: float = Field(
        0.7, ge=0.3, le=1.0, description="How many phrases of two texts must be the same for `text`, from 0 to 1."
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
