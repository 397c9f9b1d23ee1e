"""Which URLs a crawl may ask for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal
from urllib.parse import urlsplit

SUBDOMAINS = "subdomains"
ScopeName = Literal["host", "subdomains"]

_NO_PAGES = re.compile(
    r"\.(?:jpe?g|png|gif|webp|avif|svg|ico|bmp|tiff?|mp[34]|m4[av]|mov|avi|mkv|webm|og[gv]|wav|flac|zip|gz|bz2|xz|7z|rar|tar|tgz|"
    r"dmg|iso|exe|msi|deb|rpm|apk|jar|css|m?js|map|json|xml|rss|atom|woff2?|ttf|otf|eot|xlsx?|pptx?|od[sp]|csv|sqlite|bin|wasm)",
    re.IGNORECASE,
)


class Scope:
    """Sites by their seeds.

    ``host``: the hosts of the seeds, each with and without ``www.``; ``subdomains``: these and every host below them.
    Scheme and port: http and https are the same site; another port is another site.
    """

    def __init__(self, seeds: Iterable[str], name: str) -> None:
        self._sites = frozenset(map(_site, seeds))
        self._below = name == SUBDOMAINS

    def has(self, url: str) -> bool:
        host, port = _site(url)
        if (host, port) in self._sites:
            return True
        return self._below and any(port == its and host.endswith(f".{site}") for site, its in self._sites)


def is_page(url: str) -> bool:
    """Whether the URL may be a page; pictures, programs and the like have names that tell."""
    path = urlsplit(url).path
    return not _NO_PAGES.fullmatch(path, max(path.rfind("."), path.rfind("/")))


def _site(url: str) -> tuple[str, int | None]:
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.port
