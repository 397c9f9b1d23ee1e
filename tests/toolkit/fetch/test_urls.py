from __future__ import annotations

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.fetch.urls import join, parse_url, show_url


def test_a_url_is_taken_apart_and_encoded() -> None:
    target = parse_url("HTTPS://Bücher.example:8443/ä b?q=ü#part")
    assert (target.scheme, target.host, target.port) == ("https", "xn--bcher-kva.example", 8443)
    assert target.path == "/%C3%A4%20b?q=%C3%BC"
    assert target.authority == "xn--bcher-kva.example:8443"


def test_the_usual_port_is_left_out_of_the_host_header() -> None:
    assert parse_url("http://[2606:4700::1111]/").authority == "[2606:4700::1111]"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nowhere",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "gopher://example.com",
        "http://",
        "http://example.com:99999/",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://a b.example/",
        "http://a%00.example/",
        "http://256.0.0.1/",
    ],
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(UnitError) as refusal:
        parse_url(url)
    assert "secret" not in str(refusal.value)


def test_a_url_is_shown_without_its_secrets() -> None:
    assert show_url("https://me:pw@example.com/a?token=1#x") == "https://example.com/a?…"


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("http://a.example\\b\\c", "http://a.example/b/c"),
        ("http:a.example/b", "http://a.example/b"),
        ("http:///a.example/b", "http://a.example/b"),
        (" http://a.example/b\n ", "http://a.example/b"),
        ("http://a.example/b\r\nHost: other", "http://a.example/bHost:%20other"),
        ("http://a.example/%2e%2E/./b", "http://a.example/b"),
        ("http://a.example/%zz?\"<x>'", "http://a.example/%zz?%22%3Cx%3E%27"),
        ("http://A.EXAMPLE.:080/", "http://a.example/"),
        ("http://ｆａß.example/", "http://xn--fa-hia.example/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://0x7f000001/", "http://127.0.0.1/"),
        ("http://[2001:DB8::0:1]/", "http://[2001:db8::1]/"),
    ],
)
def test_a_url_is_read_as_browsers_read_it(url: str, read: str) -> None:
    assert parse_url(url).url == read
    assert parse_url(read).url == read


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("c", "http://a.example/b/c"),
        (" c d ", "http://a.example/b/c%20d"),
        ("docs\\c.html", "http://a.example/b/docs/c.html"),
        ("?q=a\\b", "http://a.example/b/?q=a\\b"),
        ("//other.example", "http://other.example/"),
        ("../../../c#part", "http://a.example/c"),
        ("", "http://a.example/b/"),
    ],
)
def test_a_link_is_followed_as_browsers_follow_it(link: str, target: str) -> None:
    assert parse_url(join("http://a.example/b/", link)).url == target


def test_a_link_that_cannot_be_joined_stays_as_it_is() -> None:
    assert join("http://a.example/", "http://[nowhere") == "http://[nowhere"
