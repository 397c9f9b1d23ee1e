from __future__ import annotations

import gzip
from typing import Any

import pytest
from fermata.domain.kind import UnitError
from fermata.kinds.crawl import sitemap
from fermata.kinds.crawl.robots import Robots
from fermata.kinds.crawl.sitemap import entries, listed

HOSTS = frozenset({"127.0.0.1"})


def urls(data: bytes) -> list[str]:
    return [entry.url for entry in entries([data])]


def urlset(*pages: str) -> bytes:
    rows = "".join(f"<url><loc>\n {page} </loc></url>" for page in pages)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode()


@pytest.mark.parametrize(
    "data",
    [
        urlset("http://a/1", "http://a/2"),
        b"\xef\xbb\xbf  " + urlset("http://a/1", "http://a/2"),
        urlset("http://a/1", "http://a/2").decode().encode("utf-16"),
        gzip.compress(urlset("http://a/1")[:-9] + urlset("http://a/2")[60:]),
        b"http://a/1\r\nhttp://a/2\nno URL\n",
        b"\xef\xbb\xbfhttp://a/1\nhttp://a/2",
        b"<rss><channel><link>http://a/</link><item><link>http://a/1</link></item><item><link>http://a/2</link></item></channel></rss>",
        b"<feed xmlns='http://www.w3.org/2005/Atom'><link href='http://a/'/><entry><link rel='edit' href='http://a/x'/>"
        b"<link href='http://a/1'/></entry><entry><link rel='alternate' href='http://a/2'/></entry></feed>",
        urlset("http://a/1", "http://a/2")[:-9] + b"<url><loc>http://a/3</lo",
    ],
    ids=["plain", "mark", "utf-16", "gzip", "text", "text with a mark", "rss", "atom", "cut off"],
)
def test_pages_are_listed_in_any_form(data: bytes) -> None:
    assert urls(data) == ["http://a/1", "http://a/2"]


def test_an_index_lists_sitemaps() -> None:
    data = b"<sitemapindex><sitemap><loc>http://a/1.xml</loc><lastmod>2026</lastmod></sitemap></sitemapindex>"
    assert list(entries([data])) == [("http://a/1.xml", True)]


@pytest.mark.parametrize("data", [b"", b"<html><a href='http://a/'>no</a></html>", b"\x1f", b"<", b"\0\0\0"])
def test_what_is_no_sitemap_lists_nothing(data: bytes) -> None:
    assert urls(data) == []


def test_entities_are_not_unfolded() -> None:
    bomb = b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><urlset><url><loc>http://a/&b;</loc></url></urlset>"
    with pytest.raises(UnitError, match="entities"):
        urls(bomb)


def test_a_packed_sitemap_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "LIMITS", sitemap.Limits(size=1_000))
    with pytest.raises(UnitError, match="larger than"):
        urls(gzip.compress(b" " * 2_000))


def test_an_index_that_names_itself_and_others_without_end_ends(web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sitemap, "MAX_SITEMAPS", 3)
    rows = "".join(f"<sitemap><loc>/{number}.xml</loc></sitemap>" for number in range(9))
    for name in ("/sitemap.xml", *(f"/{number}.xml" for number in range(9))):
        web.answer(name, f"<sitemapindex><sitemap><loc>{name}</loc></sitemap>{rows}</sitemapindex>".encode())
    found = listed([web.url("/")], "Fermata", HOSTS, str, 10, lambda url: None, Robots())
    assert (found.urls, found.read, found.failed) == ([], 3, 0)


def test_as_many_pages_are_taken_as_are_wanted(web: Any) -> None:
    web.answer("/sitemap.xml", urlset("http://a/1", "http://a/1", "http://b/", "http://a/2", "http://a/3"))
    found = listed(
        [web.url("/")], "Fermata", HOSTS, lambda url: url if "//a/" in url else None, 2, lambda url: None, Robots()
    )
    assert found.urls == ["http://a/1", "http://a/2"]
