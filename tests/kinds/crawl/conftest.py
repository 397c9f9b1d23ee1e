"""Sites on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fermata.kinds.crawl import page, robots
from fermata.toolkit.fetch.rate_limit import Pace


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No rules or turns of the test before: its server may have had this one's port."""
    monkeypatch.setattr(page, "ROBOTS", robots.Robots())
    monkeypatch.setattr(page, "PACE", Pace())
    yield


@pytest.fixture
def site(web: Any) -> Callable[..., str]:
    """Puts pages with links on the server, by name; gives the first one's URL."""

    def make(pages: dict[str, list[str]]) -> str:
        for name, links in pages.items():
            anchors = "".join(f'<a href="{link}">to {link}</a> ' for link in links)
            body = f"<html><title>Page {name}</title><main><p>Text of {name}. {anchors}</p></main></html>"
            web.answer(name, body.encode(), Content_Type="text/html")
        return str(web.url(next(iter(pages))))

    return make
