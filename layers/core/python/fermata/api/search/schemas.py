"""What goes in and out."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Passage(BaseModel):
    """A passage."""

    source_id: str = Field(examples=["src_abc123"])
    title: str = Field(description="The source's.", examples=["Handbook"])
    uri: str | None = Field(description="Where the source lies; null when its text was given.")
    section: list[str] = Field(description="The headings above the passage, outermost first.")
    page: int | None = Field(description="From 1; null where the source has no pages.")
    part: int = Field(description="The part of the source, a page or section, from 0.")
    passage: int = Field(description="The passage in its part, from 0.")
    score: float = Field(description="The higher the better; comparable within one answer only.")
    snippet: str = Field(
        description="The stretch of the passage that answers best, up to 300 characters of plain text."
    )


class SearchResults(BaseModel):
    """The best passages, best first."""

    query: str
    workspace: str
    results: list[Passage]
