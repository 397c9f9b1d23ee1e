from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from document_fixtures import pdf_bytes
from fermata.content.model import WorkspaceRef
from fermata.content.search import search
from fermata.domain.transitions import Status
from fermata.kinds.source_process import SOURCE_PROCESS, stages
from fermata.kinds.source_process.parameters import TEXT
from fermata.toolkit.parameters import InvalidParameters
from image_fixtures import scanned_pdf

HERE = WorkspaceRef("default", "default")
GUIDE = b"# Guide\n\nBegin here.\n\n## Bees\n\nA hive has one queen.\n\n## Swifts\n\nSwifts sleep in the air.\n"


def found(jobs: Any, question: str) -> list[tuple[str, int]]:
    return [(hit.source, hit.section) for hit in search(jobs.content.index, HERE, question)]


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part is a block of its own."""
    monkeypatch.setattr(stages, "BLOCK", 1)


def process(jobs: Any, text: bytes = GUIDE, source_id: str = "s1") -> Any:
    return jobs.run("source.process", {"text": text}, source_id=source_id, title="Guide")


def test_a_text_is_taken_apart_and_can_be_found(jobs: Any) -> None:
    ref = process(jobs)
    job = jobs.job(ref)
    assert job.status is Status.COMPLETED
    assert [(part["path"], part["text"]) for part in jobs.values(ref)] == [
        (["Guide"], "Begin here."),
        (["Guide", "Bees"], "A hive has one queen."),
        (["Guide", "Swifts"], "Swifts sleep in the air."),
    ]
    assert found(jobs, "queen") == [("s1", 1)]
    assert job.result == {
        "source_id": "s1",
        "title": "Guide",
        "format": "markdown",
        "document_title": "Guide",
        "author": "",
        "pages": None,
        "scanned": 0,
        "parts": 3,
        "words": 12,
        "passages": 3,
        "truncated": False,
    }


def test_headings_and_titles_are_found(jobs: Any) -> None:
    jobs.run(
        "source.process", {"text": b"# Apiary\n\n## Drones\n\n## Bees\n\nA hive."}, source_id="s1", title="Yearbook"
    )
    assert found(jobs, "yearbook")[0][0] == found(jobs, "apiary")[0][0] == "s1"
    assert found(jobs, "title:drone") != []


def test_words_are_found_by_their_stems_in_the_language_of_the_text(jobs: Any) -> None:
    german = "Die Häuser der Stadt sind alt, und die Bewohner haben sie mit viel Liebe gepflegt."
    process(jobs, german.encode(), "german")
    process(jobs, b"The beekeepers were checking their hives, and all of the bees had swarmed.", "english")
    assert [found(jobs, question)[0][0] for question in ("haus", "Hauses", "bewohnern", "beekeeper", "swarming")] == [
        "german", "german", "german", "english", "english"
    ]  # fmt: skip


def test_a_long_text_is_indexed_in_few_blocks(jobs: Any) -> None:
    ref = process(jobs, " ".join(f"Word{number} ends." for number in range(10_000)).encode())
    blocks = jobs.values(ref, 2)
    assert len(blocks) == 3 and sum(block["parts"] for block in blocks) == jobs.job(ref).result["parts"] > 20
    assert found(jobs, "word9999")[0][1] == jobs.job(ref).result["parts"] - 1


def test_every_sample_is_indexed(jobs: Any, samples: Path) -> None:
    files = [path for path in sorted(samples.iterdir()) if path.suffix in (".pdf", ".docx", ".html", ".md", ".txt")]
    refs = [jobs.run("source.process", source_id=path.stem, title=path.stem, uri=str(path)) for path in files]
    assert {jobs.job(ref).status for ref in refs} == {Status.COMPLETED}
    assert {jobs.job(ref).result["format"] for ref in refs} == {"pdf", "docx", "html", "markdown", "text"}
    for question, source in [("queen colony hive", "beekeeping"), ("roasting green coffee beans", "coffee-roasting")]:
        assert found(jobs, question)[0][0] == source


def test_the_pages_of_a_pdf_are_parts(jobs: Any, web: Any, samples: Path) -> None:
    url = web.answer("/cover", (samples / "cover-crops.pdf").read_bytes())
    ref = jobs.run("source.process", source_id="s1", title="Soil", uri=url)
    assert [part["page"] for part in jobs.values(ref)] == [1, 2, 3]
    assert all(part["words"] > 20 for part in jobs.values(ref))
    assert jobs.job(ref).result["author"] == "Fermata samples"
    hit = search(jobs.content.index, HERE, "soil moisture")[0]
    assert (hit.title, hit.uri, hit.page) == ("Soil", url, hit.section + 1)
    assert len(web.requests) == 1


def test_the_headings_of_a_document_lead_to_its_parts(jobs: Any, samples: Path) -> None:
    ref = jobs.run("source.process", source_id="s1", title="Bees", uri=str(samples / "beekeeping.docx"))
    assert ["The year of a colony"] in [part["path"] for part in jobs.values(ref)]


def test_processing_again_replaces_what_was_indexed(jobs: Any) -> None:
    process(jobs)
    process(jobs, b"# Guide\n\nOnly wasps now.\n")
    assert found(jobs, "queen") == found(jobs, "swifts") == []
    assert found(jobs, "wasps") == [("s1", 0)]


def test_a_removed_source_is_not_found(jobs: Any) -> None:
    process(jobs)
    process(jobs, source_id="s2")
    jobs.content.index.remove(HERE, "s1")
    assert found(jobs, "queen") == [("s2", 1)]


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({}, "neither uri nor text"),
        ({"uri": "http://10.0.0.1/a"}, "only public addresses"),
        ({"uri": "/nowhere/at/all.pdf"}, "does not exist"),
    ],
)
def test_a_source_that_can_not_be_had_fails_the_job(jobs: Any, params: dict[str, str], reason: str) -> None:
    job = jobs.job(jobs.run("source.process", source_id="s1", title="T", **params))
    assert job.status is Status.FAILED
    assert reason in job.error


@pytest.mark.parametrize(
    ("text", "reason"), [(b"", "empty"), (b"\x89PNG\r\n\x1a\n", "an image"), (b"%PDF-1.4 nonsense", "PDF")]
)
def test_a_source_that_can_not_be_read_fails_the_job(jobs: Any, text: bytes, reason: str) -> None:
    job = jobs.job(process(jobs, text))
    assert job.status is Status.FAILED
    assert reason in job.error


def test_a_page_of_a_server_that_is_busy_is_tried_again(jobs: Any, web: Any) -> None:
    url = web.answer("/busy", status=503)
    job = jobs.job(jobs.run("source.process", source_id="s1", title="T", uri=url))
    assert "503" in job.error and f"tried {len(web.requests)} times" in job.error
    assert len(web.requests) > 3


@pytest.mark.usefixtures("one_by_one")
def test_a_hold_stops_between_blocks_and_indexing_goes_on_where_it_was(
    jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = jobs.start("source.process", {"text": GUIDE}, source_id="s1", title="T")
    cut, done = stages.passages_of, []

    def pausing(text: str) -> Any:
        done.append(text)
        if len(done) == 2:
            jobs.pause(ref)
        return cut(text)

    monkeypatch.setattr(stages, "passages_of", pausing)
    jobs.driver.run()
    assert jobs.job(ref).status is Status.PAUSED
    assert jobs.counts(ref) == (5, 0, 1)
    assert found(jobs, "queen") and not found(jobs, "swifts")
    jobs.resume(ref)
    assert jobs.job(ref).status is Status.COMPLETED
    assert len(done) == 3 and found(jobs, "swifts")


def test_a_cancelled_source_indexes_nothing_more(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = jobs.start("source.process", {"text": GUIDE}, source_id="s1", title="T")
    cut = stages.passages_of
    monkeypatch.setattr(stages, "passages_of", lambda text: (jobs.cancel(ref), cut(text))[1])
    jobs.driver.run()
    assert jobs.job(ref).status is Status.CANCELLED
    assert found(jobs, "queen swifts") == []


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("stage", [0, 2])
def test_a_killed_worker_loses_and_doubles_nothing(killing: Any, stage: int) -> None:
    jobs = killing("source.process", stage=stage, nth=2)
    ref = jobs.start("source.process", {"text": GUIDE}, source_id="s1", title="T")
    jobs.outlive()
    assert jobs.job(ref).status is Status.COMPLETED
    assert jobs.counts(ref) == (6, 0, 0)
    assert jobs.content.index.statistics(HERE).passages == 3


@pytest.mark.usefixtures("one_by_one")
def test_a_retry_indexes_the_blocks_that_failed(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = stages.passages_of

    def failing(text: str) -> Any:
        if "queen" in text:
            raise OSError("broken")
        return cut(text)

    monkeypatch.setattr(stages, "passages_of", failing)
    ref = process(jobs)
    assert jobs.counts(ref) == (5, 1, 0) and not found(jobs, "queen")
    monkeypatch.setattr(stages, "passages_of", cut)
    jobs.retry(ref)
    assert jobs.counts(ref) == (6, 0, 0) and found(jobs, "queen")
    assert jobs.job(ref).result["passages"] == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("source_id", ""),
        ("source_id", "a b"),
        ("source_id", "x" * 129),
        ("title", ""),
        ("title", "x" * 501),
        ("title", 3),
        ("uri", ""),
        ("uri", "ftp://a.example/"),
        ("uri", "s3://bucket"),
        ("uri", "relative/path"),
        ("uri", "http://u:p@a.example/"),
        ("unknown", 1),
    ],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameters) as refusal:
        SOURCE_PROCESS.parse({"source_id": "s", "title": "T", name: value})
    assert refusal.value.errors()[0]["loc"][0] == name


def test_parameters_at_the_limits_are_accepted() -> None:
    parsed = SOURCE_PROCESS.parse({"source_id": "x" * 128, "title": "x" * 500, "uri": " s3://bucket/key "})
    assert parsed["uri"] == "s3://bucket/key"
    assert SOURCE_PROCESS.parse(parsed) == parsed


SCAN = b"q 300 0 0 300 0 0 cm BI /W 1 /H 1 /CS /G /BPC 8 ID \x80 EI Q"


def test_scanned_pages_are_read_by_ocr_and_found(jobs: Any, tmp_path: Path) -> None:
    (tmp_path / "scan.pdf").write_bytes(scanned_pdf("The keeper lights the lamp.", "Moraines lie in the valley."))
    ref = jobs.run("source.process", uri=str(tmp_path / "scan.pdf"), title="Scan", source_id="s1")
    assert (jobs.job(ref).result["scanned"], jobs.job(ref).result["pages"]) == (2, 2)
    assert [(hit.page, hit.snippet) for hit in jobs.content.workspace("default", "default").search("moraine")] == [
        (2, "Moraines lie in the valley.")
    ]
    workers = {(message.stage, message.worker) for message, _ in jobs.driver.stops if message.task == "chunk"}
    assert (1, "ocr") in workers and (0, "ocr") not in workers


def test_pages_with_text_and_scans_keep_their_places(jobs: Any) -> None:
    ref = process(jobs, pdf_bytes(b"BT /F 12 Tf 20 200 Td (Bees fly.) Tj ET", SCAN))
    result = jobs.job(ref).result
    assert (result["pages"], result["scanned"], result["parts"], result["words"]) == (2, 1, 2, 2)


def test_a_source_of_scans_without_a_letter_has_no_text(jobs: Any) -> None:
    job = jobs.job(process(jobs, pdf_bytes(SCAN, SCAN)))
    assert (job.status, job.error) == (Status.FAILED, "the PDF has no text that can be read")


def test_a_job_of_a_release_without_ocr_is_finished(jobs: Any) -> None:
    ref = jobs.start("source.process", {TEXT: b"Bees fly."}, title="T", source_id="s1")
    job = jobs.world.jobs[ref]
    jobs.world.jobs[ref] = replace(job, stages=(job.stages[0], job.stages[2]))
    jobs.driver.run()
    assert (jobs.job(ref).status, jobs.job(ref).result["passages"]) == (Status.COMPLETED, 1)


def test_a_source_of_empty_pages_is_no_scan(jobs: Any) -> None:
    assert jobs.job(process(jobs, pdf_bytes(b"", b""))).error == "the PDF has no text that can be read"
