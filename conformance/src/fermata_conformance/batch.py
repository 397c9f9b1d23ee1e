"""001: batches of documents."""

from __future__ import annotations

import json
import re
from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, each, has_keys, is_equal, is_one_of, is_true
from fermata_conformance.target import Target
from fermata_conformance.words import is_count, is_zulu_time
from fermata_conformance.work import (
    BATCH,
    batch,
    batch_of,
    batch_over,
    batch_paused,
    end_batch,
    slow_batch,
    start_batch,
)

DOCUMENT = Document("001", "Batch API")

STATUSES = ("pending", "processing", "completed", "failed", "cancelled", "paused")
STATUS = ("job_id", "status", "total_documents", "processed_count", "failed_count", "progress")
ACTIVE = ("job_id", "status", "total_documents", "processed_count", "started_at")
VERBS = ("pause", "resume", "cancel")


def one(target: Target, **more: Any) -> dict[str, Any]:
    """A request to start a batch of one document."""
    return batch_of(target.pages.texts("good", 1), **more)


def verb(target: Target, job_id: str, name: str) -> Any:
    return target.callers.main.post(f"{BATCH}/jobs/{job_id}/{name}")


def refused(target: Target, change: dict[str, Any]) -> None:
    """A request that is changed like this is a 400."""
    body = {"documents": work.documents(["http://127.0.0.1/a"]), "config": {}} | change
    target.callers.main.post(f"{BATCH}/start", body).refuses(400)


@DOCUMENT.check
def start_answers_as_documented(target: Target) -> None:
    """Start answers job_id, total_documents (the number of documents to process) and the message "Batch processing started"."""
    answer = target.callers.main.post(f"{BATCH}/start", batch_of(target.pages.texts("good", 2))).body()
    has_keys("the answer", answer, ("job_id", "total_documents", "message"))
    is_equal("total_documents", answer["total_documents"], 2)
    is_equal("message", answer["message"], "Batch processing started")


@DOCUMENT.check
def the_example_request_is_taken(target: Target) -> None:
    """config holds api_key, model_name, num_pages and num_tags, as in the example request."""
    config = {"api_key": "sk-xxx", "model_name": "openai/gpt-4o-mini", "num_pages": 3, "num_tags": 8}
    config["base_url"] = f"{target.pages.url}/v1"
    job_id = start_batch(target.callers.main, one(target, config=config))
    batch_over(target, job_id)


@DOCUMENT.check
def start_takes_a_valid_jwt(target: Target) -> None:
    """Requires valid JWT access token in Authorization header."""
    job_id = start_batch(target.callers.user("ann"), one(target))
    is_equal("job_id", batch_over(target, job_id, target.callers.user("ann"))["job_id"], job_id)


@DOCUMENT.check
def every_route_needs_credentials(target: Target) -> None:
    """401 Unauthorized: invalid or missing token."""
    forged = target.callers.client(Authorization="Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.")
    wrong = target.callers.with_key("sk_test_unknown")
    for client in (target.callers.nobody, forged, wrong):
        client.post(f"{BATCH}/start", {}).refuses(401)
        client.get(f"{BATCH}/active").refuses(401)
        client.get(f"{BATCH}/jobs/none/status").refuses(401)
        for name in VERBS:
            client.post(f"{BATCH}/jobs/none/{name}").refuses(401)


@DOCUMENT.check
def documents_are_required(target: Target) -> None:
    """documents: array, required. Missing, empty or of another type it is a 400."""
    target.callers.main.post(f"{BATCH}/start", {"config": {}}).refuses(400)
    for bad in each([], None, "a", {}, ["a"], [{}], [{"title": "no path"}]):
        refused(target, {"documents": bad})


@DOCUMENT.check
def config_is_required(target: Target) -> None:
    """config: object, required. Missing or of another type it is a 400."""
    target.callers.main.post(f"{BATCH}/start", {"documents": work.documents(["http://127.0.0.1/a"])}).refuses(400)
    for bad in each(None, [], "a", 1):
        refused(target, {"config": bad})


@DOCUMENT.check
def config_has_limits(target: Target) -> None:
    """num_pages is 1 to 10, num_tags 1 to 15; anything else is a 400."""
    for bad in each(0, 11, -1, "three", 1.5):
        refused(target, {"config": {"num_pages": bad}})
    for bad in each(0, 16, -1, "eight"):
        refused(target, {"config": {"num_tags": bad}})
    for pages, tags in ((1, 1), (10, 15)):
        start_batch(target.callers.main, one(target, config={"num_pages": pages, "num_tags": tags}))
    start_batch(target.callers.main, one(target, config={"num_pages": None, "num_tags": None}))  # as if left out


@DOCUMENT.check
def bad_parameters_are_400(target: Target) -> None:
    """400 Bad Request: invalid job ID or parameters."""
    for bad in each(b"", b"{", b"[]", b"null", b'"text"'):
        target.callers.main.send(f"{BATCH}/start", bad).refuses(400)
    refused(
        target, {"documents": [{"title": "a", "file_path": "http://127.0.0.1/a", "file_source_type": "carrier pigeon"}]}
    )
    refused(target, {"column_mapping": []})


@DOCUMENT.check
def column_mapping_names_the_columns(target: Target) -> None:
    """column_mapping: optional column mapping for custom CSV structures."""
    (url,) = target.pages.texts("good", 1)
    row = {"Heading": "Bees", "Link": url, "Where": "url", "Shelf": "B 2"}
    mapping = {"Heading": "title", "Link": "file_path", "Where": "file_source_type"}
    job_id = start_batch(target.callers.main, {"documents": [row], "config": {}, "column_mapping": mapping})
    is_equal("status", batch_over(target, job_id)["status"], "completed")
    (seen,) = results(target, job_id)
    is_equal("title", seen["title"], "Bees")
    is_equal("file_path", seen["file_path"], url)
    is_true("B 2" in json.dumps(seen), f"the column Shelf is not kept: {seen}")


@DOCUMENT.check
def the_server_makes_a_job_id(target: Target) -> None:
    """Server generates a job_id if not provided: batch-<epoch seconds>-<random>."""
    job_id = start_batch(target.callers.main, one(target))
    is_true(re.fullmatch(r"batch-\d{10}-[A-Za-z0-9]{4,}", job_id), f"job_id is {job_id}")


@DOCUMENT.check
def the_client_may_choose_a_job_id(target: Target) -> None:
    """job_id: optional client-generated job ID of 1 to 128 of A-Z a-z 0-9 . _ -."""
    for job_id in (target.name("My.batch_"), target.name("x" * 110).ljust(128, "y")):
        is_equal("job_id", start_batch(target.callers.main, one(target, job_id=job_id)), job_id)
        is_equal("job_id", batch(target.callers.main, job_id)["job_id"], job_id)


@DOCUMENT.check
def a_bad_job_id_is_refused(target: Target) -> None:
    """An all-digit job_id is a 400, and so is one that is empty, too long or holds other characters."""
    for bad in each("12345", "", "x" * 129, "a/b", "a b", "é", 7):
        refused(target, {"job_id": bad})


@DOCUMENT.check
def the_same_request_again_starts_nothing(target: Target) -> None:
    """The same id with the same body replays the first answer, with another body 409."""
    body, client = one(target, job_id=target.name()), target.callers.main
    first = client.post(f"{BATCH}/start", body).body()
    client.post(f"{BATCH}/start", body).says(200, first)
    client.post(f"{BATCH}/start", body | {"config": {"num_tags": 4}}).refuses(409)


@DOCUMENT.check
def job_ids_belong_to_a_tenant(target: Target) -> None:
    """Ids are per tenant: two tenants use the same one for jobs of their own."""
    job_id, other = target.name(), target.callers.other
    start_batch(target.callers.main, one(target, job_id=job_id))
    other.get(f"{BATCH}/jobs/{job_id}/status").refuses(404)
    is_equal("job_id", start_batch(other, one(target, job_id=job_id, config={"num_tags": 1})), job_id)


@DOCUMENT.check
def status_answers_as_documented(target: Target) -> None:
    """Status answers job_id, status, total_documents, processed_count, failed_count and progress, and nothing else."""
    status = batch(target.callers.main, work.completed_batch(target))
    has_keys("the status", status, STATUS)
    is_equal("job_id", status["job_id"], work.completed_batch(target))
    counts = tuple(
        status[name] for name in ("status", "total_documents", "processed_count", "failed_count", "progress")
    )
    is_equal("status and counts", counts, ("completed", 3, 2, 1, 1.0))


@DOCUMENT.check
def status_is_one_of_six_words(target: Target) -> None:
    """Current status: pending, processing, completed, failed, cancelled, paused. Counts fit together in every read."""
    job_id = start_batch(target.callers.main, batch_of(target.pages.texts(target.name(), 12, "/slow/0.1")))
    seen: list[dict[str, Any]] = []
    target.until(
        lambda: seen.append(batch(target.callers.main, job_id)), lambda _: seen[-1]["status"] in work.OVER, "an end"
    )
    for status in seen:
        is_one_of("status", status["status"], STATUSES)
        is_count("total_documents", status["total_documents"])
        settled = status["processed_count"] + status["failed_count"]
        is_count("processed_count + failed_count", settled, status["total_documents"])
        share = settled / status["total_documents"] if status["total_documents"] else 0
        is_true(abs(status["progress"] - share) < 0.005, f"progress is {status['progress']}, settled {share}")
        is_true((status["progress"] == 1.0) == (settled == status["total_documents"]), "progress is 1.0 too early")


@DOCUMENT.check
def none_but_failures_is_failed(target: Target) -> None:
    """A job with some failed documents is completed; with none but failures, failed."""
    is_equal("status", batch(target.callers.main, work.completed_batch(target))["status"], "completed")
    failed = batch(target.callers.main, work.failed_batch(target))
    is_equal("counts", (failed["processed_count"], failed["failed_count"], failed["progress"]), (0, 1, 1.0))


@DOCUMENT.check
def pause_stops_after_the_current_document(target: Target) -> None:
    """Pause a running job: processing will stop after the current document completes. The answer has a message."""
    run = target.name()
    job_id = slow_batch(target, run=run)
    answer = verb(target, job_id, "pause").body()
    has_keys("the answer", answer, ("message",))
    paused = work.batch_at_rest(target, job_id)
    fetched = target.pages.fetched(run)
    work.rests()
    is_equal("the status of a paused job", batch(target.callers.main, job_id), paused)
    is_equal("documents that were begun", target.pages.fetched(run), fetched)
    settled = paused["processed_count"] + paused["failed_count"]
    is_equal("documents that were begun and not finished", fetched - settled, 0)
    end_batch(target, job_id).body()


@DOCUMENT.check
def resume_continues_where_it_paused(target: Target) -> None:
    """Resume: continue from where it paused. Nothing is done twice, and the answer has a message."""
    run = target.name()
    job_id = slow_batch(target, run=run)
    batch_paused(target, job_id)
    has_keys("the answer", verb(target, job_id, "resume").body(), ("message",))
    work.let_go(target, job_id)
    over = batch_over(target, job_id)
    is_equal("status and count", (over["status"], over["processed_count"]), ("completed", work.LONGER))
    is_equal("documents that were fetched", target.pages.fetched(run), work.LONGER)


@DOCUMENT.check
def cancel_answers_message_and_job_id(target: Target) -> None:
    """Cancel a running batch processing job: the answer has message and job_id, and the status is cancelled at once."""
    job_id = slow_batch(target)
    answer = end_batch(target, job_id).body()
    has_keys("the answer", answer, ("message", "job_id"))
    is_equal("job_id", answer["job_id"], job_id)
    is_equal("status", batch(target.callers.main, job_id)["status"], "cancelled")


@DOCUMENT.check
def results_outlive_a_cancel(target: Target) -> None:
    """Documents that were already processed will retain their results."""
    rows = results(target, work.cancelled_batch(target))
    is_true(rows and all(row["tags"] for row in rows if row["error"] is None), f"the results are {rows}")


@DOCUMENT.check
def cancelled_jobs_cannot_be_resumed(target: Target) -> None:
    """Cancelled jobs cannot be resumed, and not be paused or cancelled either: 409."""
    for name in VERBS:
        verb(target, work.cancelled_batch(target), name).refuses(409)
    is_equal("status", batch(target.callers.main, work.cancelled_batch(target))["status"], "cancelled")


@DOCUMENT.check
def control_in_the_wrong_state_is_409(target: Target) -> None:
    """409 Conflict: job is in invalid state for this operation."""
    for job_id in (work.completed_batch(target), work.failed_batch(target)):
        for name in VERBS:
            verb(target, job_id, name).refuses(409)
    job_id = slow_batch(target)
    verb(target, job_id, "resume").refuses(409)
    batch_paused(target, job_id)
    verb(target, job_id, "pause").refuses(409)
    end_batch(target, job_id).body()


@DOCUMENT.check
def unknown_jobs_are_404(target: Target) -> None:
    """404 Not Found: job does not exist."""
    client = target.callers.main
    for job_id in ("batch-1704454800-abc123", "none", "12345", "x" * 200):
        client.get(f"{BATCH}/jobs/{job_id}/status").refuses(404)
        client.get(f"{BATCH}/jobs/{job_id}/results").refuses(404)
        for name in VERBS:
            verb(target, job_id, name).refuses(404)


@DOCUMENT.check
def active_lists_what_is_not_over(target: Target) -> None:
    """Get a list of all active (running or paused) batch jobs for the current user, newest first."""
    ann, bob = (target.callers.user(target.name(name)) for name in ("ann", "bob"))
    first = slow_batch(target, ann)
    ann.post(f"{BATCH}/jobs/{first}/pause").body()
    work.batch_at_rest(target, first, ann)
    second = slow_batch(target, ann)
    body = ann.get(f"{BATCH}/active").body()
    has_keys("the answer", body, ("jobs",))
    is_equal("the jobs", [job["job_id"] for job in body["jobs"]], [second, first])
    is_equal("their statuses", [job["status"] for job in body["jobs"]], ["processing", "paused"])
    for job in body["jobs"]:
        has_keys("a job", job, ACTIVE)
        is_equal("total_documents", job["total_documents"], work.LONGER)
        is_count("processed_count", job["processed_count"], work.LONGER)
        is_zulu_time("started_at", job["started_at"])
    bob.get(f"{BATCH}/active").says(200, {"jobs": []})
    for job_id in (first, second):
        end_batch(target, job_id, ann).body()
    ann.get(f"{BATCH}/active").says(200, {"jobs": []})


@DOCUMENT.check
def a_secret_is_shown_nowhere(target: Target) -> None:
    """api_key is a secret: in no response, event or error."""
    secret, client = target.name("sk-secret"), target.callers.main
    config = {"api_key": secret, "model_name": "openai/gpt-4o-mini", "base_url": f"{target.pages.url}/v1"}
    urls = [*target.pages.texts("good", 1), f"{target.pages.url}/missing.txt"]
    job_id = start_batch(client, batch_of(urls, config=config))
    batch_over(target, job_id)
    native = f"{work.JOBS}/batch:{job_id}"
    places = [f"{BATCH}/jobs/{job_id}/status", f"{BATCH}/jobs/{job_id}/results", native, f"{native}/events"]
    for place in places:
        is_true(secret not in client.get(place).text, f"{place} shows the api_key")
    refusal = client.post(f"{BATCH}/start", one(target, config=config | {"num_tags": 99}))
    is_true(secret not in refusal.text, "a refusal shows the api_key")


@DOCUMENT.check
def a_large_batch_comes_by_reference(target: Target) -> None:
    """A large batch comes by reference: documents_url pointing at a CSV or JSON Lines object."""
    urls, name = target.pages.texts("good", 2), target.name()
    lines = "".join(json.dumps(row) + "\n" for row in work.documents(urls))
    table = "title,file_path,file_source_type\n" + "".join(f"a,{url},url\n" for url in urls)
    for path, content in ((f"/{name}.jsonl", lines), (f"/{name}.csv", table)):
        body = {"documents_url": target.pages.put(path, content), "config": {}}
        over = batch_over(target, start_batch(target.callers.main, body))
        is_equal(f"the outcome of {path}", (over["status"], over["processed_count"]), ("completed", 2))


@DOCUMENT.check
def results_have_tags_or_an_error(target: Target) -> None:
    """Results, each row with its tags or its error; in pages with a cursor, or to download as CSV or JSON Lines."""
    job_id, client = work.completed_batch(target), target.callers.main
    rows = results(target, job_id)
    is_equal("rows", len(rows), 3)
    is_true(all((row["error"] is None) == bool(row["tags"]) for row in rows), f"the rows are {rows}")
    path = f"{BATCH}/jobs/{job_id}/results"
    client.get(path, cursor="forged").refuses(400)
    for bad in each({"limit": 0}, {"limit": -1}, {"limit": 501}, {"format": "xml"}):
        client.get(path, **bad).refuses(400)
    lines = [json.loads(line) for line in client.get(path, format="jsonl").text.splitlines()]
    is_equal("lines", sorted(lines, key=_row), sorted(rows, key=_row))
    is_equal("lines of CSV", len(client.get(path, format="csv").text.strip().splitlines()), 4)


@DOCUMENT.check
def exclusion_words_are_in_no_tag(target: Target) -> None:
    """exclusion_words: no tag has one of them."""
    job_id = start_batch(target.callers.main, one(target, config={"exclusion_words": ["queen"], "num_tags": 15}))
    batch_over(target, job_id)
    (row,) = results(target, job_id)
    is_true(row["tags"] and not any("queen" in tag.lower().split() for tag in row["tags"]), f"the row is {row}")


def _row(row: dict[str, Any]) -> str:
    return str(row["file_path"])


def results(target: Target, job_id: str) -> list[dict[str, Any]]:
    """All rows of a batch, a page of two after the other, as far as there are any by now."""
    rows: list[dict[str, Any]] = []
    cursor: dict[str, Any] = {}
    while True:
        page = target.callers.main.get(f"{BATCH}/jobs/{job_id}/results", limit=2, **cursor).body()
        rows += page["results"]
        if not page["results"] or page["next_cursor"] is None:
            return rows
        cursor = {"cursor": page["next_cursor"]}
