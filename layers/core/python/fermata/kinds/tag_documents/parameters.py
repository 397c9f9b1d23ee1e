"""What a tagging job is asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from fermata.toolkit.documents import normal_mapping
from fermata.toolkit.fetch.locations import checked_location
from fermata.toolkit.llm import ModelParameters

Word = Annotated[str, Field(min_length=1, max_length=100)]


class TagDocuments(ModelParameters):
    """Parameters of a tagging job."""

    num_pages: int = Field(3, ge=1, le=10, strict=True, description="Pages of each document to read.")
    num_tags: int = Field(8, ge=1, le=15, strict=True, description="Tags for each document, at most.")
    exclusion_words: list[Word] = Field([], max_length=500, description="No tag has one of these words in it.")
    column_mapping: dict[str, str] = Field(
        {},
        max_length=3,
        description="The caller's column names onto title, file_path and file_source_type: "
        '{"Name": "title"}. {"title": "Name"} is understood too where it can\'t mean the other.',
    )
    documents_url: str | None = Field(
        None,
        max_length=8_192,
        description="http, https or s3 URL of the list of documents, CSV or JSON Lines, up to a million rows. "
        "Without it the documents come with the request.",
    )

    @field_validator("column_mapping")
    @classmethod
    def _mapping(cls, value: dict[str, str]) -> dict[str, str]:
        return normal_mapping(value)

    @field_validator("documents_url")
    @classmethod
    def _list(cls, value: str | None) -> str | None:
        return None if value is None else checked_location(value)
