"""The stages of a crawl: one for each depth, planned from the links that the one before has found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from urllib.parse import urlsplit

from fermata.domain.kind import Files, Finishing, Json, Kind, Planned, Planning, Policy, Stage, UnitError
from fermata.kinds.crawl.page import crawl_page
from fermata.kinds.crawl.parameters import DEEPEST, Crawl, canonical_for, scope_of, seeds
from fermata.kinds.crawl.scope import is_page
from fermata.kinds.crawl.sitemap import listed
from fermata.toolkit.fetch.rate_limit import PACE
from fermata.toolkit.parameters import parser, schema

STAGES = tuple(f"depth{depth}" for depth in range(DEEPEST + 1))
"""A crawl that goes less deep plans no units in the later ones."""

TARGETS = "targets.json"
"""The job's file with the pages that were fetched, after redirects. One that is missing there costs a unit, but no request."""

SITEMAP = "sitemap.json"
"""The job's file with what the sitemaps listed."""

POLICY = Policy(concurrency=4, chunk_size=50, timeout=180.0, attempts=4, backoff=2.0)
"""The timeout leaves room for the turns of the other pages in hand, of :data:`~fermata.kinds.crawl.robots.MAX_DELAY` each."""


def plan_seeds(job: Planning) -> Iterator[Planned]:
    """The first pages, and those of the site's sitemaps where that is asked for. Cursor: how many are named."""
    named = seeds(job.params)
    if job.params.get("sitemap"):
        if job.cursor is None:
            _keep_sitemaps(job)
        listed = json.loads(job.files.get(SITEMAP))["urls"]
        named = list(dict.fromkeys([*named, *listed]))
    named = named[: job.params["max_pages"]]
    for number in range(job.cursor or 0, len(named)):
        yield Planned({"url": named[number], "depth": 0}, number + 1)


def plan_depth(depth: int) -> Callable[[Planning], Iterator[Planned]]:
    """The planner of a later depth: the pages that those before link to and that no depth has yet."""

    def plan(job: Planning) -> Iterator[Planned]:
        if depth > job.params["max_depth"]:
            return
        known = {unit["url"] for stage in STAGES for unit in job.units(stage)}
        left = job.params["max_pages"] - len(known)
        targets = _targets(job.files)
        known |= targets
        for result in job.previous():
            if result.error is not None:
                continue
            targets.add(result.value["final_url"])
            known.add(result.value["final_url"])
            for url in result.value["links"]:
                if left > 0 and url not in known:
                    left -= 1
                    known.add(url)
                    yield Planned({"url": url, "depth": depth}, None)
        job.files.put(TARGETS, json.dumps(sorted(targets)).encode())

    return plan


def summary(job: Finishing) -> Json:
    """``{"pages": fetched ones, "failed", "repeated": redirects to one of them, "depths": fetched pages of each depth,
    "characters": of their texts, "sitemap": {"pages", "read", "failed"}, or null where none was asked for}``.
    """
    depths: list[int] = []
    characters = 0
    for stage in STAGES[: job.params["max_depth"] + 1]:
        pages = [result.value for result in job.results(stage) if result.error is None]
        fetched = [len(page["text"]) for page in pages if page.get("repeats") is None]
        depths.append(len(fetched))
        characters += sum(fetched)
    return {
        "pages": sum(depths),
        "failed": job.failed,
        "repeated": job.succeeded - sum(depths),
        "depths": depths,
        "characters": characters,
        "sitemap": _sitemaps(job) if job.params.get("sitemap") else None,
    }


def _targets(files: Files) -> set[str]:
    return set(json.loads(files.get(TARGETS))) if files.exists(TARGETS) else set()


def _keep_sitemaps(job: Planning) -> None:
    """The pages of the site's sitemaps among the job's files, canonical, so that every slice of the plan names the same."""
    params, scope = job.params, scope_of(job.params)

    def page(url: str) -> str | None:
        try:
            url = canonical_for(params, url)
        except UnitError:
            return None
        return url if scope.has(url) and is_page(url) else None

    def turn(url: str) -> None:
        PACE.wait(urlsplit(url).netloc, params["delay"], float("inf"), job.wait)

    sites = {f"{parts.scheme}://{parts.netloc}/" for parts in map(urlsplit, seeds(params))}
    found = listed(sorted(sites), params["user_agent"], job.settings.allowed_hosts, page, params["max_pages"], turn)
    job.files.put(SITEMAP, json.dumps(asdict(found)).encode())


def _sitemaps(job: Finishing) -> Json:
    found = json.loads(job.files.get(SITEMAP))
    return {"pages": len(found["urls"]), "read": found["read"], "failed": found["failed"]}


CRAWL = Kind(
    name="crawl",
    title="Crawl a site",
    stages=tuple(
        Stage(name, plan_depth(depth) if depth else plan_seeds, crawl_page, POLICY) for depth, name in enumerate(STAGES)
    ),
    families=frozenset({"tasks"}),
    parse=parser(Crawl),
    schema=schema(Crawl),
    finish=summary,
    limit=1,
)
