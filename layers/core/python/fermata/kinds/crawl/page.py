"""One page: asked for as its host allows, and read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from fermata.domain.kind import Json, Unit, UnitError
from fermata.kinds.crawl.claims import claim
from fermata.kinds.crawl.parameters import canonical_for, scope_of
from fermata.kinds.crawl.robots import ROBOTS
from fermata.kinds.crawl.scope import is_page
from fermata.toolkit.extract import Content, read
from fermata.toolkit.extract.links import forbids_following
from fermata.toolkit.fetch.http import Response, check_status, follow
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.fetch.rate_limit import PACE
from fermata.toolkit.fetch.urls import join, show_url
from fermata.toolkit.storage import patience

LIMITS = Limits(total=30.0, size=10 * MIB)
MAX_PAGES = 20
"""Pages of a PDF, or their worth of another document, that are read; with :data:`MAX_TEXT` what bounds a result."""

MAX_TEXT = 50_000
"""Characters of text that a result has."""

MAX_LINKS = 1_000
"""Links that a result has."""


@dataclass(frozen=True)
class Page:
    """A page as it was fetched.

    Attributes:
        url: where it came from, after redirects, canonical.
        nofollow: its X-Robots-Tag asks to leave its links alone.
    """

    url: str
    status: int
    content: Content
    nofollow: bool = False


class _Repeated(Exception):
    """The page at ``url`` is in the result of the unit ``by``."""

    def __init__(self, url: str, by: str) -> None:
        super().__init__(url)
        self.url = url
        self.by = by


def crawl_page(unit: Unit) -> Json:
    """One page.

    ``{"url", "final_url": after redirects, "status", "depth", "title", "format", "text", "truncated": whether the text was
    longer, "links_found": different links to pages of the site, "links": the first thousand of them, "repeats": null}``. The
    links of a page at the last depth are counted, not listed. A page that another unit has fetched, since a redirect led
    there, has the URL of that unit in ``repeats``, and neither status nor text.
    """
    url, depth = unit.value["url"], unit.value["depth"]
    try:
        page = _fetched(unit, url)
    except _Repeated as repeated:
        return _result(url, depth, Page(repeated.url, 0, Content("", "", ())), [], repeats=repeated.by)
    links = list(links_of(page, unit.params))
    return _result(url, depth, page, links, last=depth == unit.params["max_depth"])


def _result(
    url: str, depth: int, page: Page, links: list[str], *, last: bool = False, repeats: str | None = None
) -> dict[str, Json]:
    text = page.content.text
    return {
        "url": url,
        "final_url": page.url,
        "status": page.status or None,
        "depth": depth,
        "title": page.content.title,
        "format": page.content.format or None,
        "text": text[:MAX_TEXT],
        "truncated": len(text) > MAX_TEXT,
        "links_found": len(links),
        "links": [] if last else links[:MAX_LINKS],
        "repeats": repeats,
    }


def links_of(page: Page, params: Mapping[str, Json]) -> Iterator[str]:
    """The different pages of the site that the page links to, canonical, in their order; itself is none of them."""
    links, scope = page.content.links, scope_of(params)
    obeyed = params.get("nofollow", False)
    if page.nofollow and obeyed:
        return
    base = join(page.url, links.base)
    seen = {page.url}
    closed = frozenset(links.nofollow if obeyed else ())
    for link in links.urls:
        try:
            url = canonical_for(params, join(base, link))
        except UnitError:
            continue
        if link not in closed and url not in seen and scope.has(url) and is_page(url):
            seen.add(url)
            yield url


def _fetched(unit: Unit, url: str) -> Page:
    agent, hosts = {"User-Agent": unit.params["user_agent"]}, unit.settings.allowed_hosts
    with (
        follow(url, hosts, LIMITS, headers=agent, step=_step(unit)) as response,
        tempfile.NamedTemporaryFile(prefix="fermata-") as copy,
    ):
        check_status(response)
        for chunk in response.chunks:
            copy.write(chunk)
        copy.flush()
        content = _content(Path(copy.name), response, unit.deadline)
        return Page(response.url, response.status, content, forbids_following(response.headers.get("x-robots-tag", "")))


def _content(path: Path, response: Response, deadline: float) -> Content:
    return read(path, MAX_PAGES, response.headers.get("content-type", ""), deadline, empty=True)


def _step(unit: Unit) -> Callable[[str], str]:
    """What has to be seen to before a request, and before each that a redirect makes of it."""
    scope = scope_of(unit.params)

    def step(url: str) -> str:
        url = canonical_for(unit.params, url)
        if not scope.has(url):
            raise UnitError(f"redirected off the site, to {show_url(url)}")
        hosts = unit.settings.allowed_hosts
        wish = ROBOTS.check(url, unit.params["user_agent"], hosts, unit.deadline)
        with patience():
            first = claim(unit.files, url, unit.value["url"])
        if first != unit.value["url"]:
            raise _Repeated(url, first)
        PACE.wait(urlsplit(url).netloc, max(unit.params["delay"], wish), unit.deadline - LIMITS.total, unit.wait)
        unit.check()
        return url

    return step
