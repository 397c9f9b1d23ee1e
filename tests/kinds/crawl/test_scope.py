from __future__ import annotations

import pytest
from fermata.kinds.crawl.scope import Scope, is_page


@pytest.mark.parametrize(
    ("url", "host", "subdomains"),
    [
        ("http://example.com/a", True, True),
        ("https://www.example.com/", True, True),
        ("http://blog.example.com/", False, True),
        ("http://notexample.com/", False, False),
        ("http://example.com.evil.example/", False, False),
        ("http://example.com:8080/", False, False),
        ("http://example.org/", False, False),
    ],
)
def test_a_scope_has_its_site_and_nothing_else(url: str, host: bool, subdomains: bool) -> None:
    seeds = ["https://www.example.com/start"]
    assert (Scope(seeds, "host").has(url), Scope(seeds, "subdomains").has(url)) == (host, subdomains)


@pytest.mark.parametrize(
    "url", ["http://a/", "http://a/b.html", "http://a/v1.2/intro", "http://a/b.pdf", "http://a.png/"]
)
def test_a_page_may_have_any_name(url: str) -> None:
    assert is_page(url)


@pytest.mark.parametrize("url", ["http://a/b.PNG", "http://a/b.zip?x=1", "http://a/.js", "http://a/b.jpeg"])
def test_a_picture_is_no_page(url: str) -> None:
    assert not is_page(url)
