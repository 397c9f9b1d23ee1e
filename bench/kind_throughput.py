"""How much of each kind's work one process does in a second, over memory and loopback."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from fermata.content.model import Record
from fermata.testing import TestJob, Workbench
from fermata.testing.loopback import LoopbackServer
from paper_services import PaperServices

from bench.papers import papers

SAMPLES = Path(__file__).parents[1] / "samples"
TEXTS = ("glacier.txt", "sourdough.txt", "swifts.md", "journey.txt", "observability.md")
PAGES = ("tidal-energy.html", "coffee-roasting.html", "teaching-chess.html")
MB = 1_000_000
Row = tuple[str, ...]


def throughput() -> Iterator[Row]:
    """A row for each kind: its name, the job, units, seconds, units a second."""
    for measure in (
        places,
        improvements,
        duplicates,
        table,
        search,
        research,
        index,
        sources,
        keywords,
        crawl,
        tags,
        scans,
    ):
        yield from measure()


def places() -> Iterator[Row]:
    from fermata.toolkit.places.gazetteer import gazetteer

    gazetteer()  # read once in a process, which is not the text's time
    text = (SAMPLES / "journey.txt").read_text(encoding="utf-8")
    yield _timed("ai_location_import", "about 100,000 characters", Workbench(), text=(text * 200)[:99_000])


def improvements() -> Iterator[Row]:
    values = ({"name": f"ANNA {n}", "note": "KÃ¶ln  is  far . It is far."} for n in range(2_000))
    bench = _with("rows", [Record(f"r:{n}", f"r:{n}", value) for n, value in enumerate(values)])
    yield _timed("ai_improvement", "2,000 records, all untidy, applied", bench, table="rows")


def duplicates() -> Iterator[Row]:
    records, _ = papers(random.Random(7))
    yield _timed("dedup", f"{len(records):,} records, merged", _with("papers", records), merge="now")


def table() -> Iterator[Row]:
    text = "id,name,since\n" + "".join(f"{n},name {n},2026-01-{n % 28 + 1:02}\n" for n in range(3_000))
    yield _timed("csv_import", "3,000 rows, applied", Workbench(), text=text, unique="id")


def search() -> Iterator[Row]:
    with LoopbackServer() as web:
        services = PaperServices(web, papers=1_000)
        for source in ("openalex", "europe_pmc"):
            about = f"1,000 papers of {source} on loopback"
            params = {"query": "bees", "sources": [source], "limit": 1_000, "endpoints": services.endpoints}
            yield _timed("search", about, Workbench(), **params)


def research() -> Iterator[Row]:
    bench = _filled(40)
    question = "How does the light of a harbour guide ships in winter?"
    yield _timed("research", "a question of a workspace of 200 sources, without a model", bench, question=question)


def index() -> Iterator[Row]:
    names = [*TEXTS, *PAGES, "cover-crops.pdf", "beekeeping.docx"]
    rows = [{"file_path": str(SAMPLES / name), "title": name} for name in names]
    yield _timed("index", f"{len(names)} documents of samples/", Workbench(), documents=rows)
    bench = _with("papers", papers(random.Random(7))[0])
    yield _timed("index", "a table of 1,500 records", bench, table="papers", text_fields=["title"])


def sources() -> Iterator[Row]:
    for size in (1, 10):
        text = prose(size * MB).encode()
        began = time.perf_counter()
        kind, about, units, seconds, rate = _timed(
            "source.process", f"a text of {size} MB", Workbench(), files={"text": text}, source_id="s", title="A text"
        )
        speed = len(text) / 1_000 / (time.perf_counter() - began)
        yield kind, f"{about}: {speed:,.0f} KB a second", units, seconds, rate


def keywords() -> Iterator[Row]:
    bench = _filled(10)
    words = ["lighthouse", "tidal energy", "soil", "sourdough", "geolocator", "moraine", "harbour", "winter"]
    yield _timed("keyword_expand", f"{len(words)} keywords in a workspace of 50 sources", bench, keywords=words)


def crawl() -> Iterator[Row]:
    with LoopbackServer() as web:
        links = "".join(f'<li><a href="/page{n}">Page {n}</a>' for n in range(300))
        web.answer("/", f"<html><title>Site</title><main><ul>{links}</ul></main>".encode(), Content_Type="text/html")
        for number in range(300):
            text = (SAMPLES / PAGES[number % len(PAGES)]).read_bytes().replace(b"</title>", b" %d</title>" % number)
            web.answer(f"/page{number}", text, Content_Type="text/html; charset=utf-8")
        params: dict[str, Any] = {"url": web.url("/"), "max_pages": 301, "max_depth": 1, "delay": 0}
        yield _timed("crawl", "a site of 301 pages on loopback, without a delay", Workbench(), **params)


def tags() -> Iterator[Row]:
    names = [*TEXTS, *PAGES, "cover-crops.pdf", "beekeeping.docx"] * 20
    rows = "".join(f"{name},{SAMPLES / name}\n" for name in names)
    with LoopbackServer() as web:
        url = web.answer("/list.csv", f"title,file_path\n{rows}".encode(), Content_Type="text/csv")
        yield _timed("tag_documents", f"{len(names)} documents of samples/", Workbench(), documents_url=url)


def scans() -> Iterator[Row]:
    rows = [{"file_path": str(SAMPLES / "letter-scan.pdf"), "title": f"Letter {number}"} for number in range(5)]
    yield _timed("ocr", "5 scanned letters of a page", Workbench(), documents=rows)


def prose(size: int) -> str:
    """So many characters in sentences and paragraphs, whose words are as rare and as common as those of a language."""
    chance = random.Random(7)
    syllables = [consonant + vowel for consonant in "bcdfghklmnprstvw" for vowel in "aeiou"]
    words = ["".join(chance.choices(syllables, k=chance.randint(1, 4))) for _ in range(40_000)]
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    written: list[str] = []
    while size > 0:
        sentence = " ".join(chance.choices(words, cum_weights=weights, k=chance.randint(6, 24))).capitalize()
        written.append(f"{sentence}.{chance.choices((' ', chr(10) * 2), (7, 1))[0]}")
        size -= len(written[-1])
    return "".join(written)


def _with(name: str, records: list[Record]) -> Workbench:
    bench = Workbench()
    for at in range(0, len(records), 100):
        bench.content.add(name, records[at : at + 100])
    return bench


def _filled(times: int) -> Workbench:
    """A workspace that has each of the sample texts so many times."""
    bench = Workbench()
    for number in range(times):
        for name in TEXTS:
            text = (SAMPLES / name).read_bytes()
            bench.run("source.process", files={"text": text}, source_id=f"s{number}.{name}", title=f"{name} {number}")
    return bench


def _timed(kind: str, about: str, bench: Workbench, files: Any = None, **params: Any) -> Row:
    began = time.perf_counter()
    job = bench.run(kind, files=files, **params)
    if job.status == "waiting_review":
        job.approve()
    took = time.perf_counter() - began
    if job.status != "completed" or _failed(job):
        raise RuntimeError(f"{kind}: {job.status} {job.error} {job.counts}")
    units = job.counts[0]
    return f"`{kind}`", about, f"{units:,}", f"{took:.1f}", f"{units / took:,.0f}"


def _failed(job: TestJob) -> int:
    _, failed, _ = job.counts
    return failed
