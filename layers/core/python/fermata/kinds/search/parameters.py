"""What a search is asked for."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from fermata.toolkit.fetch.locations import checked_url
from fermata.toolkit.papers import Ask
from fermata.toolkit.parameters import Parameters

WORKSPACE = "workspace"
SourceName = Literal["workspace", "openalex", "crossref", "arxiv", "semantic_scholar", "europe_pmc"]
ServiceName = Literal["openalex", "crossref", "arxiv", "semantic_scholar", "europe_pmc"]
KEYS = {
    "openalex": "openalex_key",
    "crossref": "crossref_key",
    "semantic_scholar": "semantic_scholar_key",
}
"""Source → the secret that is its key."""

EMBEDDING_KEY = "embedding_key"

Query = Annotated[str, Field(min_length=1, max_length=500)]
Year = Annotated[int, Field(ge=1000, le=2999, strict=True)]


def _key(title: str) -> str | None:
    return Field(
        None,
        max_length=200,
        pattern=r"^[!-~]*$",
        description=f"Key for {title}. Encrypted at rest, gone when the job ends, never shown.",
        json_schema_extra={"writeOnly": True},
    )


class Search(Parameters):
    """Parameters of a search: ``query`` or ``queries`` is needed."""

    query: Query | None = Field(None, description='Words, and phrases in double quotes: `bees "crop yield"`.')
    queries: list[Query] = Field([], max_length=20, description="Several of them.")
    sources: list[SourceName] = Field(
        ["workspace"],
        min_length=1,
        description="Where to look: `workspace` (its own index), `openalex`, `crossref`, `arxiv`, `semantic_scholar`, "
        "`europe_pmc`.",
    )
    limit: int = Field(50, ge=1, le=1_000, strict=True, description="Papers of each source for each query, at most.")
    year_from: Year | None = Field(None, description="Published in this year or later. The workspace knows no years.")
    year_to: Year | None = Field(None, description="Published in this year or before.")
    table: str = Field(
        "papers", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The workspace's table that papers go into."
    )
    contact: str = Field(
        "",
        max_length=200,
        pattern=r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$",
        description="E-mail address that is sent to the services, as they ask for; some are quicker then.",
    )
    openalex_key: str | None = _key("OpenAlex, which gives without one a few searches a day")
    crossref_key: str | None = _key("Crossref Plus")
    semantic_scholar_key: str | None = _key("Semantic Scholar, which without one is often busy")
    embedding_url: str | None = Field(
        None,
        max_length=2_000,
        description="OpenAI-compatible API of the model that the workspace's index has embeddings of: what means the same is "
        "found as well.",
    )
    embedding_key: str | None = _key("that API")
    endpoints: dict[ServiceName, str] = Field(
        {}, description="Other places of services, such as a mirror: name → URL without the path."
    )

    @field_validator("query")
    @classmethod
    def _worded(cls, value: str | None) -> str | None:
        return None if value is None else _checked(value)

    @field_validator("queries")
    @classmethod
    def _all_worded(cls, values: list[str]) -> list[str]:
        return list(dict.fromkeys(map(_checked, values)))

    @field_validator("embedding_url")
    @classmethod
    def _embedding_place(cls, value: str | None) -> str | None:
        return None if value is None else checked_url(value)

    @field_validator("sources")
    @classmethod
    def _once(cls, values: list[SourceName]) -> list[SourceName]:
        return list(dict.fromkeys(values))

    @field_validator("endpoints")
    @classmethod
    def _places(cls, values: dict[ServiceName, str]) -> dict[ServiceName, str]:
        return {name: checked_url(url).rstrip("/") for name, url in values.items()}

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if (self.query is None) == (not self.queries):
            raise ValueError("either query or queries is needed, not both")
        if self.year_from is not None and self.year_to is not None and self.year_from > self.year_to:
            raise ValueError("year_from is after year_to")
        return self


def _checked(query: str) -> str:
    query = " ".join(query.split())
    if not Ask(query, "").terms:
        raise ValueError("has no word to look for")
    return query
