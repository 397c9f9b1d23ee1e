"""The links of an HTML page: what a visitor can follow, what is shown in its frames, and where it sends the visitor on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fermata.toolkit.extract.content import Links

_TARGETS = "a[href], area[href], frame[src], iframe[src], meta[http-equiv][content]"
_REFRESH = re.compile(
    r"\s*\d*(?:\.\d*)?\s*[;,\s]\s*(?:url\s*=\s*)?(?P<quote>['\"]?)(?P<url>[^\s].*)", re.IGNORECASE | re.DOTALL
)
"""As HTML's standard has it: seconds, a separator, and a URL with or without its name and quotes."""

_ROBOTS = "meta[name=robots i][content]"
_MARKS = frozenset({"nofollow", "none"})


def links_of(tree: Any) -> Links:
    """In the order of the page, each once. Marked are those that are marked wherever they occur, or all of the page."""
    base = tree.css_first("base[href]")
    marked: dict[str, bool] = {}
    for url, mark in _found(tree):
        marked[url] = marked.get(url, True) and mark
    everything = any(forbids_following(node.attributes.get("content") or "") for node in tree.css(_ROBOTS))
    return Links(
        base=(base.attributes.get("href") or "").strip() if base else "",
        urls=tuple(marked),
        nofollow=tuple(url for url, mark in marked.items() if mark or everything),
    )


def forbids_following(directives: str) -> bool:
    """Whether directives of a robots meta tag or an X-Robots-Tag header for everybody ask to leave the page's links alone."""
    return any(word.strip().lower() in _MARKS for word in directives.split(","))


def _found(tree: Any) -> Iterator[tuple[str, bool]]:
    for node in tree.css(_TARGETS):
        attributes = node.attributes
        if node.tag == "meta":
            url = refreshed(attributes.get("content") or "") if _refreshes(node) else ""
        else:
            url = attributes.get("href") if node.tag in ("a", "area") else attributes.get("src")
        if url := (url or "").strip():
            yield url, "nofollow" in (attributes.get("rel") or "").lower().split()


def _refreshes(node: Any) -> bool:
    """Whether a browser that runs scripts would go on."""
    named = (node.attributes.get("http-equiv") or "").strip().lower()
    return named == "refresh" and (node.parent is None or node.parent.tag != "noscript")


def refreshed(content: str) -> str:
    """The URL of a refresh; empty when the page only loads itself again."""
    match = _REFRESH.fullmatch(content)
    if match is None:
        return ""
    url, quote = match["url"], match["quote"]
    return (url.partition(quote)[0] if quote else url).strip()
