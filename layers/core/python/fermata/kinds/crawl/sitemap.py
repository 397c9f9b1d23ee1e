"""The pages that a site lists itself (sitemaps.org): XML, indexes of such files, feeds, and plain lists, packed or not."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from fermata.domain.kind import UnitError, UnitRetry
from fermata.kinds.crawl.robots import ROBOTS, Robots
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.decoding import decoded
from fermata.toolkit.fetch.limits import MIB, Limits, bounded
from fermata.toolkit.fetch.urls import join

LIMITS = Limits(total=30.0, size=50 * MIB)
"""The protocol's own bound on an unpacked sitemap is 50 MiB."""

MAX_SITEMAPS = 100
LONGEST = 120.0
"""Seconds that all of a crawl's sitemaps may take together."""

_GZIP = b"\x1f\x8b"
_PAGES, _SITEMAPS = frozenset({"url", "item", "entry"}), frozenset({"sitemap"})


class Entry(NamedTuple):
    """What a sitemap lists.

    Attributes:
        is_index: it is another sitemap, and no page.
    """

    url: str
    is_index: bool


@dataclass
class Listed:
    """What the sitemaps of a site gave.

    Attributes:
        urls: of pages.
        read, failed: how many sitemaps were read, and could not be.
    """

    urls: list[str]
    read: int = 0
    failed: int = 0


def listed(
    sites: Iterable[str],
    agent: str,
    allowed_hosts: frozenset[str],
    page: Callable[[str], str | None],
    most: int,
    turn: Callable[[str], None],
    robots: Robots = ROBOTS,
) -> Listed:
    """At most ``most`` different pages of the sites, which are named by a URL of theirs.

    ``page`` gives a URL as it is to be asked for, None for one that is not; ``turn`` waits until it may be. A sitemap that
    can't be had is passed over.
    """
    deadline = time.monotonic() + LONGEST
    queue = deque(chain.from_iterable(_named(site, agent, allowed_hosts, deadline, robots) for site in sites))
    known, found = set(queue), Listed([])
    urls: dict[str, None] = {}
    while queue and len(urls) < most and found.read + found.failed < MAX_SITEMAPS and time.monotonic() < deadline:
        at = queue.popleft()
        try:
            turn(at)
            for entry in _fetched(at, agent, allowed_hosts, deadline):
                url = join(at, entry.url)
                if entry.is_index and url not in known:
                    known.add(url)
                    queue.append(url)
                elif not entry.is_index and len(urls) < most and (wanted := page(url)):
                    urls[wanted] = None
            found.read += 1
        except (UnitError, UnitRetry):
            found.failed += 1
    return replace(found, urls=list(urls))


def entries(chunks: Iterable[bytes]) -> Iterator[Entry]:
    """What the file lists; of a broken one what comes before the fault. Raises UnitError for what is no sitemap."""
    source = iter(chunks)
    head = b""
    while len(head) < 2 and (chunk := next(source, None)) is not None:
        head += chunk
    data = b"".join(_unpacked(chain([head], source), packed=head.startswith(_GZIP)))
    if data.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") or b"\0" in data[:100]:
        return _in_xml(data)
    return _in_text(data)


def _named(site: str, agent: str, allowed_hosts: frozenset[str], deadline: float, robots: Robots) -> Iterator[str]:
    try:
        named = robots.sitemaps(site, agent, allowed_hosts, deadline)
    except (UnitError, UnitRetry):
        named = []
    yield from named or [urljoin(site, "/sitemap.xml")]


def _fetched(url: str, agent: str, allowed_hosts: frozenset[str], deadline: float) -> Iterator[Entry]:
    limits = replace(LIMITS, total=max(0.1, min(LIMITS.total, deadline - time.monotonic())))
    with http.get(url, allowed_hosts, limits, {"User-Agent": agent}) as response:
        return entries(response.chunks)


def _unpacked(chunks: Iterable[bytes], *, packed: bool) -> Iterator[bytes]:
    return bounded(decoded(chunks, "gzip"), LIMITS, float("inf")) if packed else iter(chunks)


def _in_text(data: bytes) -> Iterator[Entry]:
    for line in data.decode("utf-8-sig", "replace").splitlines():
        if urlsplit(line.strip()).scheme in ("http", "https"):
            yield Entry(line.strip(), is_index=False)


def _in_xml(data: bytes) -> Iterator[Entry]:
    from defusedxml import DefusedXmlException  # type: ignore[import-untyped]
    from defusedxml.ElementTree import ParseError, iterparse  # type: ignore[import-untyped]

    try:
        for _, element in iterparse(BytesIO(data)):
            name = _name(element.tag)
            if name in _PAGES or name in _SITEMAPS:
                for url in _locations(element):
                    yield Entry(url, name in _SITEMAPS)
                element.clear()
    except DefusedXmlException:
        raise UnitError("the sitemap defines entities of its own") from None
    except (ParseError, LookupError, ValueError):
        return


def _locations(element: Iterable[object]) -> Iterator[str]:
    """Of a sitemap's entry, a feed's item (RSS), or its entry (Atom)."""
    for part in element:
        name = _name(getattr(part, "tag", ""))
        if name == "loc" or name == "link":
            text = (getattr(part, "text", None) or "").strip()
            href = getattr(part, "attrib", {}).get("href", "").strip()
            relation = getattr(part, "attrib", {}).get("rel", "alternate")
            if (text or href) and relation == "alternate":
                yield text or href
                return


def _name(tag: object) -> str:
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
