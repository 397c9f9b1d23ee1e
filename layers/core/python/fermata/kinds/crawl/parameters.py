"""What a crawl is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from fermata.domain.kind import Json, UnitError
from fermata.kinds.crawl.canonical import MAX_URL, canonical
from fermata.kinds.crawl.scope import Scope, ScopeName
from fermata.toolkit.fetch.http import AGENT
from fermata.toolkit.parameters import Parameters

DEEPEST = 5
MAX_SEEDS = 100

Url = Annotated[str, Field(min_length=1, max_length=MAX_URL)]


class Crawl(Parameters):
    """Parameters of a crawl: ``url`` or ``urls`` is needed."""

    url: Url | None = Field(None, description="The page to begin with.")
    urls: list[Url] = Field([], max_length=MAX_SEEDS, description="Several pages to begin with.")
    max_depth: int = Field(2, ge=0, le=DEEPEST, strict=True, description="Links to follow from a first page, at most.")
    max_pages: int = Field(100, ge=1, le=10_000, strict=True, description="Pages of the whole job, at most.")
    scope: ScopeName = Field(
        "host",
        description="`host`: the hosts of the first pages, with and without `www.`. `subdomains`: these and all hosts below.",
    )
    delay: float = Field(1.0, ge=0, le=30, description="Seconds between two requests to a host; it may ask for more.")
    user_agent: str = Field(
        AGENT,
        max_length=200,
        pattern=r"^[A-Za-z][A-Za-z0-9_-]*(?:[/ ][ -~]*)?$",
        description="Sent with each request. Its first word is the name that robots.txt is searched for.",
    )
    tracking: bool = Field(
        False,
        strict=True,
        description="Keep parameters such as `utm_source` and `gclid`, which otherwise make no new page.",
    )

    session_ids: bool = Field(
        False,
        strict=True,
        description="Keep ids of a visit in URLs, such as `PHPSESSID` and `;jsessionid`, which otherwise make no new page.",
    )
    nofollow: bool = Field(
        True,
        strict=True,
        description="Leave links alone that are marked `nofollow`: by their `rel`, by the page's robots meta tag or by its "
        "X-Robots-Tag header.",
    )
    sitemap: bool = Field(
        False,
        strict=True,
        description="Begin also with the pages that the site's sitemaps list: those that robots.txt names, else "
        "`/sitemap.xml`. They count for `max_pages`.",
    )

    @field_validator("url")
    @classmethod
    def _seed(cls, value: str | None) -> str | None:
        return None if value is None else _checked(value)

    @field_validator("urls")
    @classmethod
    def _seeds(cls, values: list[str]) -> list[str]:
        return list(map(_checked, values))

    @model_validator(mode="after")
    def _begins(self) -> Self:
        if (self.url is None) == (not self.urls):
            raise ValueError("either url or urls is needed, not both")
        return self


def seeds(params: Mapping[str, Json]) -> list[str]:
    """The first pages, canonical, each once."""
    named = [params["url"]] if params["url"] else params["urls"]
    return list(dict.fromkeys(canonical_for(params, url) for url in named))


def canonical_for(params: Mapping[str, Json], url: str) -> str:
    """The URL's one spelling in this crawl. Raises UnitError."""
    return canonical(url, tracking=params["tracking"], session_ids=params.get("session_ids", False))


def scope_of(params: Mapping[str, Json]) -> Scope:
    return Scope(seeds(params), params["scope"])


def _checked(url: str) -> str:
    try:
        canonical(url)
    except UnitError as error:
        raise ValueError(str(error)) from None
    return url.strip()
