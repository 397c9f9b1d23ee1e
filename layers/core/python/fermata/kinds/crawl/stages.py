"""The stages of a crawl: one for each depth, planned from the links that the one before has found."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from fermata.domain.kind import Finishing, Json, Kind, Planned, Planning, Policy, Stage
from fermata.kinds.crawl.page import crawl_page
from fermata.kinds.crawl.parameters import DEEPEST, Crawl, seeds
from fermata.toolkit.parameters import parser, schema

STAGES = tuple(f"depth{depth}" for depth in range(DEEPEST + 1))
"""A crawl that goes less deep plans no units in the later ones."""

POLICY = Policy(concurrency=4, chunk_size=50, timeout=180.0, attempts=4, backoff=2.0)
"""The timeout leaves room for the turns of the other pages in hand, of :data:`~fermata.kinds.crawl.robots.MAX_DELAY` each."""


def plan_seeds(job: Planning) -> Iterator[Planned]:
    """The first pages. Cursor: how many are named."""
    named = seeds(job.params)[: job.params["max_pages"]]
    for number in range(job.cursor or 0, len(named)):
        yield Planned({"url": named[number], "depth": 0}, number + 1)


def plan_depth(depth: int) -> Callable[[Planning], Iterator[Planned]]:
    """The planner of a later depth: the pages that those before link to and that no depth has yet."""

    def plan(job: Planning) -> Iterator[Planned]:
        if depth > job.params["max_depth"]:
            return
        known = {unit["url"] for stage in STAGES for unit in job.units(stage)}
        left = job.params["max_pages"] - len(known)
        for result in job.previous():
            for url in result.value["links"] if result.error is None else ():
                if left > 0 and url not in known:
                    left -= 1
                    known.add(url)
                    yield Planned({"url": url, "depth": depth}, None)

    return plan


def summary(job: Finishing) -> Json:
    """``{"pages": fetched ones, "failed", "depths": fetched pages of each depth, "characters": of their texts}``."""
    depths: list[int] = []
    characters = 0
    for stage in STAGES[: job.params["max_depth"] + 1]:
        fetched = [len(result.value["text"]) for result in job.results(stage) if result.error is None]
        depths.append(len(fetched))
        characters += sum(fetched)
    return {"pages": job.succeeded, "failed": job.failed, "depths": depths, "characters": characters}


CRAWL = Kind(
    name="crawl",
    title="Crawl a site",
    stages=tuple(
        Stage(name, plan_depth(depth) if depth else plan_seeds, crawl_page, POLICY) for depth, name in enumerate(STAGES)
    ),
    parse=parser(Crawl),
    schema=schema(Crawl),
    finish=summary,
    limit=1,
)
