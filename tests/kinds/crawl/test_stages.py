from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.kind import Interrupted
from fermata.domain.transitions import Status
from fermata.kinds.crawl import CRAWL
from fermata.toolkit.parameters import InvalidParameters

Site = Callable[..., str]

TREE = {
    "/": ["/a", "/b", "/#top", "http://elsewhere.example/", "/picture.png", "mailto:a@b.example"],
    "/a": ["/", "a1", "/b?utm_source=a"],
    "/b": ["/a1", "/b1"],
    "/a1": ["/deep"],
    "/b1": [],
    "/deep": ["/deeper"],
}
"""Depths: / is 0; a and b 1; a1 and b1 2; deep 3; deeper is missing."""


def asked(web: Any) -> list[str]:
    return sorted(path for _, path, _, _ in web.requests if path != "/robots.txt")


def paths(values: list[Any]) -> list[str]:
    return ["/" + value["url"].split("/", 3)[3] for value in values]


def test_a_site_is_followed_to_its_depth(jobs: Any, web: Any, site: Site) -> None:
    ref = jobs.run("crawl", url=site(TREE), delay=0, max_depth=2)
    assert [paths(jobs.values(ref, depth)) for depth in range(6)] == [["/"], ["/a", "/b"], ["/a1", "/b1"], [], [], []]
    assert asked(web) == ["/", "/a", "/a1", "/b", "/b1"]
    job = jobs.job(ref)
    assert job.status is Status.COMPLETED
    assert job.result["pages"] == 5 and job.result["depths"] == [1, 2, 2]


def test_a_result_has_the_page_and_what_it_links_to(jobs: Any, web: Any, site: Site) -> None:
    ref = jobs.run("crawl", url=site(TREE), delay=0, max_depth=1)
    first, leaf = jobs.values(ref)[0], jobs.values(ref, 1)[1]
    assert first.pop("text").startswith("Text of /. to /a")
    assert first == {
        "url": web.url("/"),
        "final_url": web.url("/"),
        "status": 200,
        "depth": 0,
        "title": "Page /",
        "format": "html",
        "truncated": False,
        "links_found": 2,
        "links": [web.url("/a"), web.url("/b")],
        "repeats": None,
    }
    assert (leaf["links_found"], leaf["links"]) == (2, [])


def test_the_sample_site_is_crawled(jobs: Any, web: Any, samples: Path) -> None:
    for file in (samples / "site").iterdir():
        web.answer(f"/site/{file.name}", file.read_bytes(), Content_Type="text/html")
    web.answer("/site/", (samples / "site" / "index.html").read_bytes())
    ref = jobs.run("crawl", url=web.url("/site/"), delay=0, max_depth=3)
    titles = [[page["title"] for page in jobs.values(ref, depth)] for depth in range(4)]
    assert titles[0] == ["The Rooftop Apiary"]
    assert sorted(titles[1]) == ["The Hives", "The Queens", "The Rooftop Apiary", "The Year on the Roof"]
    assert (titles[2], titles[3]) == (["The Workshop"], [])
    assert "twelve to an evening" in jobs.values(ref, 2)[0]["text"]
    assert jobs.counts(ref) == (6, 0, 0)


def test_a_missing_page_fails_alone(jobs: Any, site: Site) -> None:
    ref = jobs.run("crawl", url=site(TREE), delay=0, max_depth=4)
    assert jobs.counts(ref) == (6, 1, 0)
    assert "404" in jobs.results(ref, 4)[0].error


@pytest.mark.parametrize("most", [1, 2, 4])
def test_the_pages_of_all_depths_together_are_bounded(jobs: Any, web: Any, site: Site, most: int) -> None:
    ref = jobs.run("crawl", url=site(TREE), delay=0, max_depth=5, max_pages=most)
    assert jobs.job(ref).result["pages"] == len(asked(web)) == most


def test_seeds_that_mean_one_page_are_one(jobs: Any, web: Any, site: Site) -> None:
    first = site(TREE)
    ref = jobs.run("crawl", urls=[first, first + "#x", first + "?utm_source=1", web.url("/b")], delay=0, max_depth=0)
    assert paths(jobs.values(ref)) == ["/", "/b"]


def test_what_robots_are_asked_not_to_fetch_is_left_alone(jobs: Any, web: Any, site: Site) -> None:
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /a\n\nUser-agent: friend\nDisallow:\n")
    url = site(TREE)
    ref = jobs.run("crawl", url=url, delay=0, max_depth=1)
    assert asked(web) == ["/", "/b"]
    assert "robots.txt" in jobs.results(ref, 1)[0].error
    jobs.run("crawl", url=url, delay=0, max_depth=1, user_agent="friend/2.0 (+http://friend.example)")
    assert asked(web) == ["/", "/", "/a", "/b", "/b"]
    assert web.requests[-1][2]["User-Agent"] == "friend/2.0 (+http://friend.example)"


def test_robots_txt_is_read_once(jobs: Any, web: Any, site: Site) -> None:
    jobs.run("crawl", url=site(TREE), delay=0)
    assert [path for _, path, _, _ in web.requests].count("/robots.txt") == 1


def test_while_robots_txt_can_not_be_had_nothing_is_fetched(jobs: Any, web: Any, site: Site) -> None:
    web.answer("/robots.txt", status=503)
    ref = jobs.run("crawl", url=site(TREE), delay=0)
    assert asked(web) == []
    assert jobs.job(ref).status is Status.FAILED
    assert "robots.txt can't be read" in jobs.results(ref)[0].error


def test_a_redirect_within_the_site_is_followed_and_leads_on(jobs: Any, web: Any, site: Site) -> None:
    site(TREE)
    first = web.answer("/moved", status=302, Location="/b")
    ref = jobs.run("crawl", url=first, delay=0, max_depth=1)
    assert jobs.values(ref)[0]["final_url"] == web.url("/b")
    assert paths(jobs.values(ref, 1)) == ["/a1", "/b1"]


def test_a_page_that_a_redirect_led_to_is_named_where_it_was_to_be_fetched_again(
    jobs: Any, web: Any, site: Site
) -> None:
    first = site({"/": ["/old", "/older"], "/new": []})
    web.answer("/old", status=301, Location="/new")
    web.answer("/older", status=301, Location="/new")
    ref = jobs.run("crawl", url=first, delay=0, max_depth=1)
    one, other = jobs.values(ref, 1)
    assert (one["url"], one["final_url"], one["title"]) == (web.url("/old"), web.url("/new"), "Page /new")
    assert (other["final_url"], other["repeats"], other["text"]) == (web.url("/new"), web.url("/old"), "")
    assert jobs.job(ref).result["depths"] == [1, 1]


def test_a_redirected_page_that_failed_is_fetched_by_a_retry(jobs: Any, web: Any, site: Site) -> None:
    first = site({"/": ["/old", "/older"]})
    web.answer("/old", status=301, Location="/new")
    web.answer("/older", status=301, Location="/new")
    ref = jobs.run("crawl", url=first, delay=0, max_depth=1)
    assert jobs.counts(ref) == (2, 1, 0)
    site({"/new": []})
    jobs.retry(ref)
    assert [page["title"] for page in jobs.values(ref, 1)] == ["Page /new", ""]


def test_the_start_of_a_long_robots_txt_counts(jobs: Any, web: Any, site: Site) -> None:
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /a\n" + b"# filler\n" * 60_000 + b"Disallow: /b\n")
    jobs.run("crawl", url=site(TREE), delay=0, max_depth=1)
    assert asked(web) == ["/", "/b"]


def test_a_redirect_off_the_site_is_refused(jobs: Any, web: Any) -> None:
    first = web.answer("/", status=302, Location="http://elsewhere.example/secret?x=1")
    ref = jobs.run("crawl", url=first, delay=0)
    assert jobs.results(ref)[0].error == "redirected off the site, to http://elsewhere.example/secret?…"


def test_a_redirect_to_what_robots_may_not_fetch_is_refused(jobs: Any, web: Any, site: Site) -> None:
    web.answer("/robots.txt", b"User-agent: *\nDisallow: /a")
    site(TREE)
    ref = jobs.run("crawl", url=web.answer("/moved", status=301, Location="/a"), delay=0)
    assert "robots.txt" in jobs.results(ref)[0].error
    assert asked(web) == ["/moved"]


def test_a_private_address_is_not_crawled(jobs: Any) -> None:
    ref = jobs.run("crawl", url="http://localhost:9/", delay=0)
    assert "only public addresses" in jobs.results(ref)[0].error
    assert jobs.job(ref).status is Status.FAILED


def test_a_page_of_links_without_text_leads_on(jobs: Any, web: Any, site: Site) -> None:
    site(TREE)
    first = web.answer("/gallery", b'<html><body><a href="/b1"><img src="x.png"></a></body></html>')
    ref = jobs.run("crawl", url=first, delay=0)
    assert (jobs.values(ref)[0]["text"], paths(jobs.values(ref, 1))) == ("", ["/b1"])


def test_links_begin_at_the_pages_base(jobs: Any, web: Any) -> None:
    first = web.answer("/x/y", b'<html><base href="/other/"><p>text</p><a href="page">p</a></html>')
    ref = jobs.run("crawl", url=first, delay=0, max_depth=1)
    assert jobs.values(ref)[0]["links"] == [web.url("/other/page")]


def test_a_paused_crawl_asks_for_no_page_and_goes_on_where_it_was(jobs: Any, web: Any, site: Site) -> None:
    url = site(TREE)
    answer = web.answers["/a"]
    ref = jobs.start("crawl", url=url, delay=0)
    web.act("/a", lambda handler: (jobs.pause(ref), answer(handler)))
    jobs.driver.run()
    assert jobs.job(ref).status is Status.PAUSED
    assert asked(web) == ["/", "/a"] and jobs.counts(ref) == (2, 0, 1)
    web.act("/a", answer)
    jobs.resume(ref)
    assert jobs.job(ref).status is Status.COMPLETED
    assert asked(web) == ["/", "/a", "/a1", "/b", "/b1"]


def test_a_page_whose_wait_is_cut_short_is_not_asked_for(make_unit: Any, web: Any, site: Site) -> None:
    params = CRAWL.parse({"url": site(TREE), "delay": 5})

    def cut_short(seconds: float) -> None:
        raise Interrupted

    unit = replace(make_unit({}), value={"url": web.url("/"), "depth": 0}, params=params, wait=cut_short)
    CRAWL.stages[0].run(unit)
    with pytest.raises(Interrupted):
        CRAWL.stages[0].run(replace(unit, value={"url": web.url("/a"), "depth": 0}))
    assert asked(web) == ["/"]


def test_a_cancelled_crawl_asks_for_no_page(jobs: Any, web: Any, site: Site) -> None:
    url = site(TREE)
    answer = web.answers["/"]
    ref = jobs.start("crawl", url=url, delay=0)
    web.act("/", lambda handler: (jobs.cancel(ref), answer(handler)))
    jobs.driver.run()
    assert jobs.job(ref).status is Status.CANCELLED
    assert asked(web) == ["/"]


def test_a_retry_asks_for_what_failed_and_follows_its_links(jobs: Any, web: Any, site: Site) -> None:
    url = site(TREE)
    answer = web.answers.pop("/b")
    ref = jobs.run("crawl", url=url, delay=0)
    assert jobs.counts(ref) == (3, 1, 0)
    web.answers["/b"] = answer
    jobs.retry(ref)
    assert jobs.counts(ref) == (5, 0, 0)
    assert sorted(asked(web)) == ["/", "/a", "/a1", "/b", "/b", "/b1"]
    assert jobs.job(ref).result["depths"] == [1, 2, 2]


def test_a_killed_worker_loses_and_repeats_no_settled_page(killing: Any, web: Any, site: Site) -> None:
    jobs = killing("crawl", stage=1, nth=2)
    ref = jobs.start("crawl", url=site(TREE), delay=0)
    jobs.outlive()
    assert jobs.job(ref).status is Status.COMPLETED
    assert paths(jobs.values(ref, 1)) == ["/a", "/b"]
    assert jobs.counts(ref) == (5, 0, 0)


def test_planning_in_slices_names_every_page_once(jobs: Any, web: Any, site: Site) -> None:
    names = [f"/{number}" for number in range(130)]
    ref = jobs.start("crawl", url=site({"/": names, **dict.fromkeys(names, names[:3])}), delay=0, max_pages=1_000)
    slices = 0
    with jobs.slow_planning():
        while jobs.job(ref).stage == 0 or not jobs.job(ref).plan.complete:
            slices += jobs.driver.step()
    jobs.driver.run()
    assert slices > 2
    assert sorted(paths(jobs.values(ref, 1))) == sorted(names)
    assert jobs.job(ref).result["depths"] == [1, 130, 0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "ftp://a.example/"),
        ("url", "http://u:secret@a.example/"),
        ("url", ""),
        ("url", 3),
        ("urls", "http://a.example/"),
        ("urls", ["nonsense"]),
        ("urls", ["http://a.example/"] * 101),
        ("max_depth", -1),
        ("max_depth", 6),
        ("max_depth", "2"),
        ("max_pages", 0),
        ("max_pages", 10_001),
        ("scope", "world"),
        ("delay", -0.1),
        ("delay", 30.1),
        ("delay", float("nan")),
        ("user_agent", ""),
        ("user_agent", "a\nb"),
        ("user_agent", "a" * 201),
        ("tracking", "yes"),
        ("session_ids", "yes"),
        ("nofollow", 1),
        ("sitemap", "/sitemap.xml"),
        ("unknown", 1),
    ],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: Any) -> None:
    given = {name: value} if name in ("url", "urls") else {"url": "http://a.example/", name: value}
    with pytest.raises(InvalidParameters) as refusal:
        CRAWL.parse(given)
    assert refusal.value.errors()[0]["loc"][0] == name
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("given", [{}, {"url": "http://a.example/", "urls": ["http://b.example/"]}])
def test_a_crawl_begins_at_a_url_or_at_several(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidParameters, match="either url or urls"):
        CRAWL.parse(given)


def test_parameters_at_the_limits_are_accepted() -> None:
    most = {
        "urls": ["http://a.example/"] * 100,
        "max_depth": 5,
        "max_pages": 10_000,
        "delay": 30,
        "scope": "subdomains",
    }
    parsed = CRAWL.parse(most)
    assert CRAWL.parse(parsed) == parsed


def test_the_schema_describes_every_parameter() -> None:
    properties = CRAWL.schema()["properties"]
    assert all(part.get("description") for part in properties.values())
    assert (properties["max_depth"]["minimum"], properties["max_depth"]["maximum"]) == (0, 5)
