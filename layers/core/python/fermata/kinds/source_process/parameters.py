"""What the processing of a source is asked for."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator

from fermata.toolkit.fetch.locations import checked_location
from fermata.toolkit.parameters import Parameters

TEXT = "text"
"""The job's file with the source's text, where parameters name no ``uri``."""


class SourceProcess(Parameters):
    """Parameters of a source's processing. Without ``uri`` its text comes as the job's file ``text``."""

    source_id: str = Field(
        pattern=r"^[A-Za-z0-9._:-]{1,128}$",
        description="Names it in the index; processing it again replaces what is there.",
    )
    title: str = Field(min_length=1, max_length=500, description="Shown with each passage that is found.")
    uri: str | None = Field(
        None,
        min_length=1,
        max_length=8_192,
        description="http, https or s3 URL, or a local file where the stack allows it: PDF, DOCX, HTML, Markdown or text.",
    )

    languages: list[Annotated[str, Field(pattern=r"^[a-z]{3}(_[a-z]{1,8})?$")]] = Field(
        ["eng"],
        min_length=1,
        max_length=3,
        description="What is written on scanned pages: `eng`, `deu`, `jpn`; the main one first.",
    )

    @field_validator("uri")
    @classmethod
    def _location(cls, value: str | None) -> str | None:
        return None if value is None else checked_location(value, local=True)
