from __future__ import annotations

import pytest
from fermata.domain.kind import UnitError
from fermata.toolkit.fetch.urls import parse_url, show_url


def test_a_url_is_taken_apart_and_encoded() -> None:
    target = parse_url("HTTPS://Bücher.example:8443/ä b?q=ü#part".replace(" ", "%20"))
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
        "http:///path",
        "http://example.com:99999/",
        "http://user@example.com/",
        "http://user:secret@example.com/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://example.com/a b",
        "http://example.com/\r\nHost: other",
        "http://" + "ü" * 100,
    ],
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(UnitError) as refusal:
        parse_url(url)
    assert "secret" not in str(refusal.value)


def test_a_url_is_shown_without_its_secrets() -> None:
    assert show_url("https://me:pw@example.com/a?token=1#x") == "https://example.com/a?…"
