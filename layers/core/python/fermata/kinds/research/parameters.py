"""What a piece of research is asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from fermata.toolkit.fetch.locations import checked_url
from fermata.toolkit.llm import ModelParameters

WORKSPACE = "workspace"
SourceName = Literal["workspace", "openalex", "crossref", "arxiv", "semantic_scholar", "europe_pmc"]
ServiceName = Literal["openalex", "crossref", "arxiv", "semantic_scholar", "europe_pmc"]
Query = Annotated[str, Field(min_length=1, max_length=500)]


class Research(ModelParameters):
    """Parameters of a piece of research."""

    question: str = Field(min_length=3, max_length=500, description="What is to be found out.")
    queries: list[Query] = Field([], max_length=10, description="What to look for; without any they are planned.")
    sources: list[SourceName] = Field(["workspace"], min_length=1, description="Where to look, as in `search`.")
    limit: int = Field(20, ge=1, le=100, strict=True, description="Passages or papers of each source for each query.")
    max_documents: int = Field(40, ge=1, le=200, strict=True, description="Documents that are read, the best first.")
    max_sentences: int = Field(20, ge=3, le=100, strict=True, description="Sentences of the report.")
    review: bool = Field(False, strict=True, description="Whether a person approves the planned queries first.")
    contact: str = Field("", max_length=200, pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$", description="As in `search`.")
    endpoints: dict[ServiceName, str] = Field({}, description="As in `search`.")

    @field_validator("sources")
    @classmethod
    def _once(cls, values: list[SourceName]) -> list[SourceName]:
        return list(dict.fromkeys(values))

    @field_validator("endpoints")
    @classmethod
    def _places(cls, values: dict[ServiceName, str]) -> dict[ServiceName, str]:
        return {name: checked_url(url).rstrip("/") for name, url in values.items()}
