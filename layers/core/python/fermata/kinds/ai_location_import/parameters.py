"""What an import of places is asked for."""

from __future__ import annotations

from typing import Self

from pydantic import Field, field_validator, model_validator

from fermata.toolkit.fetch.locations import checked_location
from fermata.toolkit.llm import ModelParameters

MAX_TEXT = 100_000


class AiLocationImport(ModelParameters):
    """Parameters of an import: ``text`` or ``url`` is needed."""

    text: str | None = Field(None, min_length=1, max_length=MAX_TEXT, description="The text, to 100,000 characters.")
    url: str | None = Field(
        None, max_length=8_192, description="http, https or s3 URL of a document: PDF, DOCX, HTML, Markdown or text."
    )
    title: str = Field("", max_length=500, description="What the document is called, for the places' provenance.")
    max_pages: int = Field(
        50, ge=1, le=50, strict=True, description="Pages of the document to read; 200,000 characters at most."
    )
    min_confidence: float = Field(
        0.3, ge=0.0, le=1.0, description="Places that are less sure than this are left out of the draft."
    )
    table: str = Field(
        "locations", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The workspace's table that approved places go into."
    )

    @field_validator("url")
    @classmethod
    def _location(cls, value: str | None) -> str | None:
        return None if value is None else checked_location(value)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.text is None) == (self.url is None):
            raise ValueError("either text or url is needed, not both")
        return self
