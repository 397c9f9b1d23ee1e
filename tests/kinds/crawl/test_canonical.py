from __future__ import annotations

import pytest
from fermata.domain.kind import UnitError
from fermata.kinds.crawl.canonical import MAX_URL, canonical
from fermata.toolkit.fetch.urls import parse_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTP://EXAMPLE.com:80/A/b#part", "http://example.com/A/b"),
        ("https://example.com.:443/", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("http://münchen.example/ü", "http://xn--mnchen-3ya.example/%C3%BC"),
        ("http://[2001:DB8::0:1]/", "http://[2001:db8::1]/"),
        ("http://a.example/%7euser/%2f%c3%bc", "http://a.example/~user/%2F%C3%BC"),
        ("http://a.example/a/./b/../c/..", "http://a.example/a/"),
        ("http://a.example/../../a", "http://a.example/a"),
        ("http://a.example//a//%2F/", "http://a.example//a//%2F/"),
        ("http://a.example/?", "http://a.example/"),
        ("http://a.example/?b=2&a=1&utm_source=x&fbclid=y", "http://a.example/?b=2&a=1"),
        ("http://a.example/?utm_source=x", "http://a.example/"),
        ("http://a.example/?q=%41+b%2Bc&utmost=1", "http://a.example/?q=A+b%2Bc&utmost=1"),
    ],
)
def test_urls_of_one_page_are_spelt_alike(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a.example/x;jsessionid=1A2B.node1?y=1", "http://a.example/x?y=1"),
        ("http://a.example/x;v=1;JSESSIONID=1/y", "http://a.example/x;v=1/y"),
        ("http://a.example/?a=1&PHPSESSID=0123&b=2", "http://a.example/?a=1&b=2"),
        ("http://a.example/?ASPSESSIONIDABCD=1&cfid=1&CFTOKEN=2", "http://a.example/"),
        ("http://a.example/?sid=0123456789abcdef", "http://a.example/"),
        ("http://a.example/?sid=7&session=morning", "http://a.example/?sid=7&session=morning"),
        ("http://a.example/(S(lit3py55t21z5v55vlm25s55))/x.aspx", "http://a.example/x.aspx"),
        ("http://a.example/x/(A(a-1)F(b_2))", "http://a.example/x"),
        ("http://a.example/(S(lit3py55t21z5v55vlm25s55))", "http://a.example/"),
        ("http://a.example/f(S(x))/(2)", "http://a.example/f(S(x))/(2)"),
    ],
)
def test_ids_of_a_visit_make_no_new_page(url: str, expected: str) -> None:
    assert canonical(url) == expected
    assert parse_url(canonical(url, session_ids=True)).url == parse_url(url).url


def test_tracking_parameters_are_kept_on_request() -> None:
    assert canonical("http://a.example/?utm_source=x", tracking=True) == "http://a.example/?utm_source=x"


@pytest.mark.parametrize(
    "url",
    ["mailto:a@b.example", "javascript:void(0)", "ftp://a.example/", "http://", "http://u:p@a.example/", "//a/b", ""],
)
def test_what_is_no_page_has_no_canonical_url(url: str) -> None:
    with pytest.raises(UnitError):
        canonical(url)


def test_a_url_may_be_as_long_as_the_limit_and_no_longer() -> None:
    longest = "http://a.example/" + "x" * (MAX_URL - 17)
    assert canonical(longest) == longest
    with pytest.raises(UnitError, match="longer than"):
        canonical(longest + "x")
