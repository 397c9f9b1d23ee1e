"""A pause is reached in the middle of a unit, or a plan, of every kind: none is waited for that takes its time.

What the units wait for here never comes, or comes a row at a time: a pause that is reached was not waiting for the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fermata.adapters.aws.clients import SystemClock
from fermata.content.model import Record, WorkspaceRef
from fermata.domain.jobs import Ref
from fermata.domain.kind import Settings
from fermata.domain.transitions import Status
from fermata.kinds.registry import Registry
from fermata.runner.slots import ThreadSlots
from fermata.testing import Driver

from tests.support.kind_fixtures import Jobs

PATIENCE = 60.0
"""Seconds until a job has come to what takes its time."""

ENDLESS = 12.0
"""Seconds that what it has come to would go on for, at least: until a silent server is given up, or all rows are read."""


class Paused:
    """Jobs on the machine's clock, each with its units in threads, and something that does not end.

    Attributes:
        begun: set once a job has come to what does not end.
        ever: never set; waited for a moment by what is slow.
    """

    def __init__(self, settings: Settings, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.jobs, self.web, self._patch = Jobs(settings), web, monkeypatch
        self.jobs.engine = replace(self.jobs.engine, clock=SystemClock())
        self.jobs.driver = Driver(self.jobs.engine, self.jobs.world, ThreadSlots)
        self.begun, self.ever = threading.Event(), threading.Event()
        monkeypatch.setattr("fermata.runner.chunk_loop.GRACE", 0.1)  # nothing here would end within a longer one either

    def hanging(self, path: str = "/slow") -> str:
        """The URL of a server that takes requests and never answers."""

        def wait(handler: Any) -> None:
            self.begun.set()
            self.web.released.wait()

        url: str = self.web.act(path, wait)
        return url

    def slow(self, name: str) -> None:
        """Let a function take its time, which is called again and again."""
        module, _, function = name.rpartition(".")
        real = getattr(__import__(module, fromlist=[function]), function)

        def call(*arguments: Any, **options: Any) -> Any:
            self.begun.set()
            self.ever.wait(0.1)
            return real(*arguments, **options)

        self._patch.setattr(name, call)

    def is_reached(self, ref: Ref) -> bool:
        """Whether a pause, asked for once it has begun, is reached."""
        at_work = threading.Thread(target=self.jobs.driver.run)
        at_work.start()
        assert self.begun.wait(PATIENCE)
        self.jobs.pause(ref)
        at_work.join(ENDLESS)
        self.jobs.driver.recover()
        self.jobs.driver.run()
        assert not self.web.released.is_set()
        return not at_work.is_alive() and self.jobs.job(ref).status is Status.PAUSED


@pytest.fixture
def paused(settings: Settings, web: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Paused]:
    yield Paused(settings, web, monkeypatch)


Start = Callable[[Paused], Ref]


def crawl(paused: Paused) -> Ref:
    return paused.jobs.start("crawl", url=paused.hanging(), delay=0)


def crawl_robots(paused: Paused) -> Ref:
    paused.hanging("/robots.txt")
    return paused.jobs.start("crawl", url=paused.web.url("/"), delay=0)


def crawl_sitemap(paused: Paused) -> Ref:
    paused.hanging("/sitemap.xml")
    return paused.jobs.start("crawl", url=paused.web.url("/"), delay=0, sitemap=True)


ROW = b'{"title": "x", "file_source_type": "url", "file_path": "%s"}\n'


def batch(paused: Paused) -> Ref:
    return paused.jobs.start("tag_documents", {"documents.jsonl": ROW % paused.hanging().encode()})


def batch_model(paused: Paused) -> Ref:
    url = paused.web.answer("/page", b"Beekeeping is the keeping of bees.")
    return asking(paused, "tag_documents", files={"documents.jsonl": ROW % url.encode()})


def batch_by_reference(paused: Paused) -> Ref:
    return paused.jobs.start("tag_documents", documents_url=paused.hanging())


def csv_fetch(paused: Paused) -> Ref:
    return paused.jobs.start("csv_import", table="t", url=paused.hanging())


def csv_rows(paused: Paused) -> Ref:
    paused.slow("fermata.kinds.csv_import.blocks.checked")
    rows = "name\n" + "".join(f"row {number}\n" for number in range(2_000))
    return paused.jobs.start("csv_import", table="t", text=rows)


def source_fetch(paused: Paused) -> Ref:
    return paused.jobs.start("source.process", source_id="src_1", title="t", uri=paused.hanging())


def source_index(paused: Paused) -> Ref:
    paused.slow("fermata.kinds.source_process.stages.passages_of")
    text = "".join(f"# Chapter {number}\n\nSome words of it.\n\n" for number in range(2_000))
    return paused.jobs.start("source.process", {"text": text.encode()}, source_id="src_1", title="t")


def index_fetch(paused: Paused) -> Ref:
    return paused.jobs.start("index", documents=[{"title": "t", "file_path": paused.hanging()}])


def index_text(paused: Paused) -> Ref:
    paused.slow("fermata.kinds.index.stages.passages_of")
    text = "".join(f"# Chapter {number}\n\nSome words of it.\n\n" for number in range(2_000))
    url = paused.web.answer("/text", text.encode(), Content_Type="text/markdown")
    return paused.jobs.start("index", documents=[{"title": "t", "file_path": url}])


def asking(paused: Paused, kind: str, **params: Any) -> Ref:
    """A job of a kind that asks a model, which does not answer."""
    paused.hanging("/v1/chat/completions")
    return paused.jobs.start(kind, model_name="m", base_url=paused.web.url("/v1"), api_key="k", **params)


def keywords_of_a_model(paused: Paused) -> Ref:
    return asking(paused, "keyword_expand", keywords=["bees"], sources=[])


def places_of_a_document(paused: Paused) -> Ref:
    return paused.jobs.start("ai_location_import", url=paused.hanging())


def places_of_a_model(paused: Paused) -> Ref:
    return asking(paused, "ai_location_import", text="From Paris to Rome.")


def improvements_of_a_model(paused: Paused) -> Ref:
    table(paused)
    return asking(paused, "ai_improvement", table="t")


def ocr(paused: Paused) -> Ref:
    return paused.jobs.start("ocr", documents=[{"title": "t", "file_path": paused.hanging()}])


def research(paused: Paused) -> Ref:
    return asking(paused, "research", question="What do bees eat?")


def search(paused: Paused) -> Ref:
    paused.hanging("/works")
    return paused.jobs.start("search", query="bees", sources=["crossref"], endpoints={"crossref": paused.web.url("")})


def table(paused: Paused) -> None:
    records = [Record(f"{number:04}", "one", {"title": f"A title of number {number % 50}"}) for number in range(2_000)]
    for start in range(0, 2_000, 100):
        paused.jobs.content.records.add(WorkspaceRef("default", "default"), "t", records[start : start + 100])


def dedup_scan(paused: Paused) -> Ref:
    table(paused)
    paused.slow("fermata.kinds.dedup.stages.fingerprint")
    return paused.jobs.start("dedup", table="t")


def dedup_compare(paused: Paused) -> Ref:
    table(paused)
    paused.slow("fermata.kinds.dedup.stages.reasons")
    return paused.jobs.start("dedup", table="t")


def probe(paused: Paused) -> Ref:
    paused.slow("fermata.kinds.probe.stages._spend")
    return paused.jobs.start("probe", units=4, seconds=600)


STARTS: dict[str, tuple[Start, ...]] = {
    "crawl": (crawl, crawl_robots, crawl_sitemap),
    "tag_documents": (batch, batch_model, batch_by_reference),
    "csv_import": (csv_fetch, csv_rows),
    "source.process": (source_fetch, source_index),
    "index": (index_fetch, index_text),
    "keyword_expand": (keywords_of_a_model,),
    "ai_location_import": (places_of_a_document, places_of_a_model),
    "ai_improvement": (improvements_of_a_model,),
    "ocr": (ocr,),
    "research": (research,),
    "search": (search,),
    "dedup": (dedup_scan, dedup_compare),
    "probe": (probe,),
}


def test_every_kind_is_here() -> None:
    assert set(Registry()) <= STARTS.keys()


@pytest.mark.parametrize(
    "start", [start for kind in sorted(Registry()) for start in STARTS.get(kind, ())], ids=lambda start: start.__name__
)
def test_a_pause_is_reached_in_the_middle(paused: Paused, start: Start) -> None:
    ref = start(paused)
    assert paused.is_reached(ref)
