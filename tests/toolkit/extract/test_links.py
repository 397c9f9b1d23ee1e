from __future__ import annotations

import pytest
from fermata.toolkit.extract.content import Links
from fermata.toolkit.extract.html import read_page
from fermata.toolkit.extract.links import forbids_following, refreshed


def links_of(html: str) -> Links:
    return read_page([html], 1_000).links


def urls(html: str) -> tuple[str, ...]:
    return links_of(html).urls


def test_links_are_listed_once_in_order_with_their_base() -> None:
    links = links_of("<base href='/x/'><a href=b>1</a><a href=' a '>2</a><a href=b>3</a><a>4</a>")
    assert (links.urls, links.base) == (("b", "a"), "/x/")


@pytest.mark.parametrize(
    "html",
    [
        "<frameset cols='20%,*'><frame src=a><frame src=b></frameset>",
        "<frameset><frameset><frame src=a></frameset><frame src='b'><noframes><a href=c>c</a></noframes></frameset>",
        "<iframe src=a></iframe><iframe src=b></iframe><iframe></iframe>",
        "<map><area href=a><area href=b></map>",
        "<meta http-equiv=Refresh content='0; url=a'><a href=b>b</a>",
    ],
)
def test_frames_areas_and_refreshes_lead_on(html: str) -> None:
    assert urls(html)[:2] == ("a", "b")


@pytest.mark.parametrize(
    ("content", "url"),
    [
        ("0;url=a", "a"),
        ("5; URL='a b'; x", "a b"),
        (' 0.5 , url = "a" ', "a"),
        ("0 a", "a"),
        (";a", "a"),
        ("0;url=a?url=b", "a?url=b"),
        ("0; 'a", "a"),
        ("5", ""),
        ("5;", ""),
        ("", ""),
        ("soon; url=a", ""),
    ],
)
def test_a_refresh_is_read_as_the_standard_has_it(content: str, url: str) -> None:
    assert refreshed(content) == url


def test_a_refresh_for_visitors_without_scripts_is_none() -> None:
    assert urls("<noscript><meta http-equiv=refresh content='0;url=a'></noscript><a href=b>b</a>") == ("b",)


def test_a_link_that_is_always_marked_is_to_be_left_alone() -> None:
    html = "<a href=a rel='external NOFOLLOW'>1</a><a href=b rel=nofollow>2</a><a href=b>2</a><a href=c>3</a>"
    assert links_of(html).nofollow == ("a",)


@pytest.mark.parametrize("content", ["nofollow", "noindex, NoFollow", "none"])
def test_a_page_may_mark_all_its_links(content: str) -> None:
    html = f"<meta name=ROBOTS content='{content}'><a href=a>1</a><a href=b>2</a>"
    assert links_of(html).nofollow == ("a", "b")


@pytest.mark.parametrize("directives", ["", "noindex", "index, follow", "googlebot: nofollow"])
def test_other_directives_do_not(directives: str) -> None:
    assert not forbids_following(directives)
