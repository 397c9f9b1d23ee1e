"""Status, active jobs and results of batches."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fermata.api import result_export
from fermata.kinds.tag_documents import TAG_DOCUMENTS

DOCUMENT = {"title": "A", "file_path": "https://example.com/a.pdf", "file_source_type": "url"}
BAD = DOCUMENT | {"title": "bad", "lang": "en"}


def start(caller: httpx.Client, documents: list[dict[str, Any]]) -> str:
    answer = caller.post("/api/batch/start", json={"documents": documents, "config": {}})
    return str(answer.json()["job_id"])


def get(caller: httpx.Client, job_id: str, what: str) -> Any:
    return caller.get(f"/api/batch/jobs/{job_id}/{what}").json()


def follow(caller: httpx.Client, job_id: str, limit: int = 2) -> list[dict[str, Any]]:
    """All rows, page by page."""
    found: list[dict[str, Any]] = []
    page = get(caller, job_id, f"results?limit={limit}")
    while page["results"]:
        found += page["results"]
        if page["next_cursor"] is None:
            break
        page = get(caller, job_id, f"results?limit={limit}&cursor={page['next_cursor']}")
    return found


# Status ------------------------------------------------------------------------------------------------------------------


def test_a_status_has_just_the_documented_keys(ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT, BAD])
    assert get(ann, job_id, "status") == {
        "job_id": job_id,
        "status": "pending",
        "total_documents": 2,
        "processed_count": 0,
        "failed_count": 0,
        "progress": 0.0,
    }


def test_counts_add_up_at_every_moment(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT, BAD, DOCUMENT, DOCUMENT, BAD])
    seen = []
    while service.driver.step():
        now = get(ann, job_id, "status")
        settled = now["processed_count"] + now["failed_count"]
        assert now["total_documents"] == 5
        assert now["progress"] == settled / 5
        seen.append(settled)
    assert seen == sorted(seen)
    assert get(ann, job_id, "status") | {"job_id": ""} == {
        "job_id": "",
        "status": "completed",
        "total_documents": 5,
        "processed_count": 3,
        "failed_count": 2,
        "progress": 1.0,
    }


def test_a_batch_of_failures_has_failed(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [BAD, BAD])
    service.driver.run()
    assert get(ann, job_id, "status")["status"] == "failed"


@pytest.mark.parametrize("what", ["status", "results"])
@pytest.mark.parametrize("unknown", ["nothing", "1", "x" * 200, "a%2Fb"])
def test_an_unknown_id_is_not_found(service: Any, ann: httpx.Client, what: str, unknown: str) -> None:
    assert ann.get(f"/api/batch/jobs/{unknown}/{what}").status_code == 404
    assert service.audit() == []


@pytest.mark.parametrize("what", ["status", "results"])
def test_another_tenants_job_is_not_found(service: Any, ann: httpx.Client, what: str) -> None:
    job_id = start(ann, [DOCUMENT])
    answer = service.key("sk_test_other").get(f"/api/batch/jobs/{job_id}/{what}")
    assert (answer.status_code, answer.json()) == (404, {"detail": f"Job not found: {job_id}"})


def test_another_user_of_the_tenant_may_read_a_job(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT])
    assert get(service.user("bob"), job_id, "status")["job_id"] == job_id


# Active ------------------------------------------------------------------------------------------------------------------


def test_active_batches_are_shown_newest_first_with_just_the_documented_keys(service: Any, ann: httpx.Client) -> None:
    older, newer = start(ann, [DOCUMENT]), start(ann, [DOCUMENT] * 3)
    shown = ann.get("/api/batch/active").json()
    assert list(shown) == ["jobs"]
    assert [job["job_id"] for job in shown["jobs"]] == [newer, older]
    first = shown["jobs"][0]
    assert set(first) == {"job_id", "status", "total_documents", "processed_count", "started_at"}
    assert (first["status"], first["total_documents"], first["processed_count"]) == ("pending", 3, 0)
    assert first["started_at"].endswith("Z")
    assert len(first["started_at"]) == len("2024-01-15T10:30:00Z")


def test_active_shows_neither_what_is_over_nor_what_is_anothers(service: Any, ann: httpx.Client) -> None:
    start(ann, [DOCUMENT])
    service.driver.run()
    paused, cancelled, of_bob = start(ann, [DOCUMENT]), start(ann, [DOCUMENT]), start(service.user("bob"), [DOCUMENT])
    start(service.user("ann", tenant="other"), [DOCUMENT])
    ann.post(f"/api/batch/jobs/{paused}/pause")
    ann.post(f"/api/batch/jobs/{cancelled}/cancel")
    assert [job["job_id"] for job in ann.get("/api/batch/active").json()["jobs"]] == [paused]
    assert [job["job_id"] for job in service.user("bob").get("/api/batch/active").json()["jobs"]] == [of_bob]


def test_active_goes_on_past_a_page(ann: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fermata.api.batch.routes.PAGE", 2)
    ids = [start(ann, [DOCUMENT]) for _ in range(5)]
    assert [job["job_id"] for job in ann.get("/api/batch/active").json()["jobs"]] == ids[::-1]


# Results -----------------------------------------------------------------------------------------------------------------


def test_a_document_without_tags_says_why(make_service: Any) -> None:
    def untold(unit: Any) -> dict[str, Any]:
        return {**unit.value, "columns": {}, "tags": [], "note": "the text has no words"}

    kind = TAG_DOCUMENTS
    service = make_service(kinds={kind.name: replace(kind, stages=(replace(kind.stages[0], run=untold),))})
    job_id = start(service.user("ann"), [DOCUMENT])
    service.driver.run()
    row = get(service.user("ann"), job_id, "results")["results"][0]
    assert (row["tags"], row["note"]) == ([], "the text has no words")


def test_each_row_has_its_tags_or_its_error(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT | {"lang": "de"}, BAD])
    service.driver.run()
    page = get(ann, job_id, "results")
    assert page["next_cursor"] is None
    good, bad = page["results"]
    assert good == {
        "row": 1,
        **DOCUMENT,
        "columns": {"lang": "de"},
        "tags": ["one", "two"],
        "note": None,
        "error": None,
        "attempts": 1,
    }
    assert bad == {
        "row": 2,
        **DOCUMENT,
        "title": "bad",
        "columns": {"lang": "en"},
        "tags": None,
        "note": None,
        "error": "this one is bad",
        "attempts": 1,
    }


def test_a_row_says_how_often_its_document_was_tried(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT, BAD])
    service.driver.run()
    assert ann.post(f"/api/v1/jobs/batch:{job_id}/retry").status_code == 200
    service.driver.run()
    assert sorted((row["row"], row["attempts"]) for row in follow(ann, job_id)) == [(1, 1), (2, 2)]


@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_pages_show_each_row_once(service: Any, ann: httpx.Client, limit: int) -> None:
    job_id = start(ann, [DOCUMENT, BAD] * 5)
    service.driver.run()
    assert sorted(row["row"] for row in follow(ann, job_id, limit)) == list(range(1, 11))


def test_a_reader_keeps_up_with_a_batch_that_runs(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT] * 9)
    found: list[int] = []
    cursor = ""
    for _ in range(1000):
        page = get(ann, job_id, f"results?limit=2{cursor}")
        found += [row["row"] for row in page["results"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        service.driver.step()
    assert sorted(found) == list(range(1, 10))


def test_results_stay_readable_after_a_cancel(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT] * 12)
    while not follow(ann, job_id):
        service.driver.step()
    ann.post(f"/api/batch/jobs/{job_id}/cancel")
    assert {row["error"] for row in follow(ann, job_id)} == {None}


def test_a_page_ends_early_when_it_is_large(service: Any, ann: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_export, "PAGE_BYTES", 300)
    job_id = start(ann, [DOCUMENT] * 10)
    service.driver.run()
    page = get(ann, job_id, "results?limit=500")
    assert 1 < len(page["results"]) < 4
    assert len(follow(ann, job_id, 500)) == 10


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=501",
        "limit=x",
        "format=xml",
        "cursor=forged",
        "cursor=%00",
        "curser=x",
        "cursor=" + "A" * 9000,
    ],
    ids=lambda query: query[:20],
)
def test_a_bad_query_is_a_400_that_names_it(ann: httpx.Client, query: str) -> None:
    job_id = start(ann, [DOCUMENT])
    answer = ann.get(f"/api/batch/jobs/{job_id}/results?{query}")
    assert (answer.status_code, answer.json()["detail"].partition(":")[0]) == (400, query.partition("=")[0])


def test_another_jobs_cursor_is_refused(service: Any, ann: httpx.Client) -> None:
    one, two = start(ann, [DOCUMENT] * 3), start(ann, [DOCUMENT] * 3)
    service.driver.run()
    cursor = get(ann, one, "results?limit=1")["next_cursor"]
    assert ann.get(f"/api/batch/jobs/{two}/results?cursor={cursor}").status_code == 400


# Downloads ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def done(service: Any, ann: httpx.Client) -> str:
    job_id = start(ann, [DOCUMENT | {"größe": 'a "b", c'}, BAD, DOCUMENT])
    service.driver.run()
    return job_id


def test_a_finished_batch_downloads_as_csv(ann: httpx.Client, done: str) -> None:
    answer = ann.get(f"/api/batch/jobs/{done}/results?format=csv")
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-disposition"] == f'attachment; filename="{done}.csv"'
    assert [(row["row"], row["tags"], row["error"]) for row in found] == [
        ("1", "one; two", ""),
        ("2", "", "this one is bad"),
        ("3", "one; two", ""),
    ]
    assert json.loads(found[0]["columns"]) == {"größe": 'a "b", c'}


def test_a_finished_batch_downloads_as_json_lines(ann: httpx.Client, done: str) -> None:
    answer = ann.get(f"/api/batch/jobs/{done}/results?format=jsonl")
    assert answer.headers["content-type"] == "application/jsonl"
    assert [json.loads(line) for line in answer.text.splitlines()] == follow(ann, done, 500)


@pytest.mark.parametrize("format_", ["csv", "jsonl"])
def test_a_large_download_is_a_redirect_to_the_whole_file(
    service: Any, ann: httpx.Client, done: str, format_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = ann.get(f"/api/batch/jobs/{done}/results?format={format_}").content
    monkeypatch.setattr(result_export, "PAGE_BYTES", 100)
    monkeypatch.setattr(type(service.engine.blobs), "link", lambda self, key, seconds: f"http://files/{key}")
    for _ in range(2):
        answer = ann.get(f"/api/batch/jobs/{done}/results?format={format_}")
        assert answer.status_code == 303
        assert service.world.blobs[answer.headers["location"].removeprefix("http://files/")] == small


def test_a_download_of_a_batch_that_runs_is_a_page_with_a_link_to_the_rest(service: Any, ann: httpx.Client) -> None:
    job_id = start(ann, [DOCUMENT] * 12)
    while not follow(ann, job_id):
        service.driver.step()
    answer = ann.get(f"/api/batch/jobs/{job_id}/results?format=csv")
    assert answer.text.startswith("row,")
    service.driver.run()
    link = answer.headers["link"].partition(">")[0].removeprefix("<")
    rest = ann.get(f"/api/batch/jobs/{job_id}/{link}")
    assert not rest.text.startswith("row,")
    assert "link" not in rest.headers
    assert len((answer.text + rest.text).splitlines()) == 13


def test_a_download_of_too_many_rows_is_a_page(ann: httpx.Client, done: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_export, "MOST_AT_ONCE", 2)
    answer = ann.get(f"/api/batch/jobs/{done}/results?format=jsonl")
    assert len(answer.text.splitlines()) == 2
    assert "link" in answer.headers


FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\uff1dHYPERLINK")


def test_a_csv_file_has_no_formulas_unless_it_is_asked_for_as_it_is(service: Any, ann: httpx.Client) -> None:
    rows = [{"title": title, "file_path": "https://a.example/", "n": 1} for title in (*FORMULAS, "-5", "+1.5e3", "a=b")]
    job_id = ann.post("/api/batch/start", json={"config": {}, "documents": rows}).json()["job_id"]
    service.driver.run()
    for raw, mark in (("", "'"), ("&raw=true", "")):
        text = ann.get(f"/api/batch/jobs/{job_id}/results?format=csv{raw}").text
        titles = [row["title"] for row in csv.DictReader(io.StringIO(text, newline=""))]
        assert titles == [*(mark + title for title in FORMULAS), "-5", "+1.5e3", "a=b"]


def test_a_page_of_quotes_fits_an_answer(service: Any, ann: httpx.Client) -> None:
    """A function's answer is a string in JSON, in which each quote, escaped already, takes four bytes."""
    row = {"file_path": "https://a.example/", "note": '"\\' * 60_000}
    job_id = ann.post("/api/batch/start", json={"config": {}, "documents": [row] * 18}).json()["job_id"]
    service.driver.run()
    count, cursor = 0, None
    while True:
        answer = ann.get(f"/api/batch/jobs/{job_id}/results?limit=500" + (f"&cursor={cursor}" if cursor else ""))
        assert len(json.dumps(answer.text, ensure_ascii=False).encode()) < 6_000_000
        count, cursor = count + len(answer.json()["results"]), answer.json()["next_cursor"]
        if cursor is None:
            break
    assert count == 18
