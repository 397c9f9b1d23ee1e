"""What a tagging job is asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from fermata.toolkit.documents import normal_mapping
from fermata.toolkit.fetch.locations import checked_location, checked_url
from fermata.toolkit.parameters import Parameters

OPENAI = "https://api.openai.com/v1"

Word = Annotated[str, Field(min_length=1, max_length=100)]


class TagDocuments(Parameters):
    """Parameters of a tagging job."""

    model_name: str | None = Field(
        None, min_length=1, max_length=200, description="Model to ask; without it the embedded tagger works."
    )
    base_url: str = Field(OPENAI, max_length=2_000, description="OpenAI-compatible API that has the model.")
    api_key: str | None = Field(
        None,
        max_length=4_000,
        pattern=r"^[!-~]*$",
        description="Key for the model's API. Encrypted at rest, gone when the job ends, never shown.",
        json_schema_extra={"writeOnly": True},
    )
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

    @field_validator("base_url")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        if "?" in value or "#" in value:
            raise ValueError("must have no query")
        return checked_url(value)

    @field_validator("column_mapping")
    @classmethod
    def _mapping(cls, value: dict[str, str]) -> dict[str, str]:
        return normal_mapping(value)

    @field_validator("documents_url")
    @classmethod
    def _list(cls, value: str | None) -> str | None:
        return None if value is None else checked_location(value)
