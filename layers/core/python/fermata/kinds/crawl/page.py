"""One page: asked for as its host allows, and read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from fermata.domain.kind import Json, Unit, UnitError
from fermata.kinds.crawl.canonical import canonical
from fermata.kinds.crawl.http_client import asked
from fermata.kinds.crawl.parameters import scope_of
from fermata.kinds.crawl.robots import ROBOTS
from fermata.kinds.crawl.scope import Scope, is_page
from fermata.toolkit.extract import Content, read
from fermata.toolkit.fetch.http import Response, check_status
from fermata.toolkit.fetch.limits import MIB, Limits
from fermata.toolkit.fetch.rate_limit import PACE
from fermata.toolkit.fetch.urls import show_url

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
    """

    url: str
    status: int
    content: Content


def crawl_page(unit: Unit) -> Json:
    """One page.

    ``{"url", "final_url": after redirects, "status", "depth", "title", "format", "text", "truncated": whether the text was
    longer, "links_found": different links to pages of the site, "links": the first thousand of them}``. The links of a page
    at the last depth are counted, not listed.
    """
    url, depth = unit.value["url"], unit.value["depth"]
    page = _fetched(unit, url)
    links = list(links_of(page, scope_of(unit.params), tracking=unit.params["tracking"]))
    text = page.content.text
    return {
        "url": url,
        "final_url": page.url,
        "status": page.status,
        "depth": depth,
        "title": page.content.title,
        "format": page.content.format,
        "text": text[:MAX_TEXT],
        "truncated": len(text) > MAX_TEXT,
        "links_found": len(links),
        "links": links[:MAX_LINKS] if depth < unit.params["max_depth"] else [],
    }


def links_of(page: Page, scope: Scope, *, tracking: bool) -> Iterator[str]:
    """The different pages of the site that the page links to, canonical, in their order; itself is none of them."""
    base = urljoin(page.url, page.content.base) if page.content.base else page.url
    seen = {page.url}
    for link in page.content.links:
        try:
            url = canonical(urljoin(base, link), tracking=tracking)
        except (UnitError, ValueError):
            continue
        if url not in seen and scope.has(url) and is_page(url):
            seen.add(url)
            yield url


def _fetched(unit: Unit, url: str) -> Page:
    agent, hosts = unit.params["user_agent"], unit.settings.allowed_hosts
    with (
        asked(url, agent, hosts, LIMITS, _step(unit)) as response,
        tempfile.NamedTemporaryFile(prefix="fermata-") as copy,
    ):
        check_status(response)
        for chunk in response.chunks:
            copy.write(chunk)
        copy.flush()
        return Page(response.url, response.status, _content(Path(copy.name), response, unit.deadline))


def _content(path: Path, response: Response, deadline: float) -> Content:
    return read(path, MAX_PAGES, response.headers.get("content-type", ""), deadline, empty=True)


def _step(unit: Unit) -> Callable[[str], str]:
    """What has to be seen to before a request, and before each that a redirect makes of it."""
    scope = scope_of(unit.params)

    def step(url: str) -> str:
        url = canonical(url, tracking=unit.params["tracking"])
        if not scope.has(url):
            raise UnitError(f"redirected off the site, to {show_url(url)}")
        hosts = unit.settings.allowed_hosts
        wish = ROBOTS.check(url, unit.params["user_agent"], hosts, unit.deadline)
        PACE.wait(urlsplit(url).netloc, max(unit.params["delay"], wish), unit.deadline - LIMITS.total)
        return url

    return step
