"""Start, pause, resume and cancel of batches."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from fermata.control.engine import Limits
from fermata.control.scopes import hold_scope
from fermata.domain.holds import SYSTEM, Hold
from fermata.domain.kind import Settings
from fermata.toolkit.documents import MAX_ROW

START = "/api/batch/start"
DOCUMENT = {"title": "A", "file_path": "https://example.com/a.pdf", "file_source_type": "url"}


def body(**changes: Any) -> dict[str, Any]:
    return {"documents": [DOCUMENT], "config": {}} | changes


def started(caller: httpx.Client, **changes: Any) -> str:
    answer = caller.post(START, json=body(**changes))
    assert answer.status_code == 200, answer.text
    return str(answer.json()["job_id"])


def refusal(caller: httpx.Client, sent: Any) -> str:
    """The detail of a 400."""
    answer = caller.post(START, json=sent)
    assert answer.status_code == 400, answer.text
    assert set(answer.json()) == {"detail"}
    return str(answer.json()["detail"])


def status(caller: httpx.Client, job_id: str) -> str:
    return str(caller.get(f"/api/batch/jobs/{job_id}/status").json()["status"])


# Start -------------------------------------------------------------------------------------------------------------------


def test_a_batch_starts_with_an_id_of_the_server(ann: httpx.Client) -> None:
    answer = ann.post(START, json=body())
    assert answer.status_code == 200
    job_id = answer.json()["job_id"]
    assert answer.json() == {"job_id": job_id, "total_documents": 1, "message": "Batch processing started"}
    assert re.fullmatch(r"batch-\d{10}-[0-9a-z]+", job_id)


def test_the_documents_of_a_batch_are_a_file_of_the_job(service: Any, ann: httpx.Client) -> None:
    started(ann, documents=[DOCUMENT, {"file_path": "s3://b/k", "größe": 3, "null": None}])
    (data,) = service.world.blobs.values()
    assert [json.loads(line) for line in data.splitlines()] == [
        DOCUMENT,
        {"file_path": "s3://b/k", "größe": 3, "null": None},
    ]


def test_the_same_request_again_gets_the_first_answer_and_starts_nothing(service: Any, ann: httpx.Client) -> None:
    first, again = (ann.post(START, json=body(job_id="mine")) for _ in range(2))
    service.driver.run()
    assert first.json() == again.json() == ann.post(START, json=body(job_id="mine")).json()
    assert len(service.world.jobs) == 1
    assert service.audit() == [("batch.start", "mine", "done")] * 3


@pytest.mark.parametrize(
    "changes",
    [{"documents": [DOCUMENT, DOCUMENT]}, {"config": {"num_tags": 3}}, {"config": {"api_key": "b", "model_name": "m"}}],
    ids=str,
)
def test_another_request_under_a_used_id_is_a_conflict(
    service: Any, ann: httpx.Client, changes: dict[str, Any]
) -> None:
    started(ann, job_id="mine")
    with service.leaves_one_record():
        answer = ann.post(START, json=body(job_id="mine", **changes))
    assert answer.status_code == 409
    assert "mine" in answer.json()["detail"]


def test_ids_are_per_tenant(service: Any, ann: httpx.Client) -> None:
    started(ann, job_id="mine")
    started(service.key("sk_test_other"), job_id="mine", documents=[DOCUMENT, DOCUMENT])
    assert len(service.world.jobs) == 2


@pytest.mark.parametrize("job_id", ["a", "A.b_c-9", "1a", "x" * 128])
def test_a_client_may_choose_the_id(ann: httpx.Client, job_id: str) -> None:
    assert started(ann, job_id=job_id) == job_id
    assert status(ann, job_id) == "pending"


@pytest.mark.parametrize("job_id", ["", "1", "1234567890", "x" * 129, "a/b", "a b", "ä", "a\n", 42, ["a"]], ids=str)
def test_a_bad_id_is_refused(ann: httpx.Client, job_id: Any) -> None:
    assert refusal(ann, body(job_id=job_id)).startswith("job_id: ")


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        ({"config": {}}, "documents"),
        (body(documents=[]), "documents"),
        (body(documents=None), "documents"),
        (body(documents_url="https://example.com/list.csv"), "documents"),
        (body(documents="all"), "documents"),
        (body(documents=[1]), "documents[0]"),
        (body(documents=[DOCUMENT, {}]), "documents[1]"),
        (body(documents=[{"file_path": ""}]), "documents[0]"),
        (body(documents=[{"file_path": 1}]), "documents[0]"),
        (body(documents=[DOCUMENT | {"file_source_type": "ftp"}]), "documents[0]"),
        (body(documents=[DOCUMENT | {"title": "t" * 1001}]), "documents[0]"),
        (body(documents=[{"file_path": "/etc/passwd", "file_source_type": "local"}]), "documents[0].file_source_type"),
        ({"documents": [DOCUMENT]}, "config"),
        (body(config=None), "config"),
        (body(config={"num_pages": 0}), "config.num_pages"),
        (body(config={"num_pages": 11}), "config.num_pages"),
        (body(config={"num_pages": "3"}), "config.num_pages"),
        (body(config={"num_pages": 2.5}), "config.num_pages"),
        (body(config={"num_pages": True}), "config.num_pages"),
        (body(config={"num_tags": 0}), "config.num_tags"),
        (body(config={"num_tags": 16}), "config.num_tags"),
        (body(config={"exclusion_words": "the"}), "config.exclusion_words"),
        (body(config={"exclusion_words": [""]}), "config.exclusion_words.0"),
        (body(config={"base_url": "file:///etc"}), "config.base_url"),
        (body(config={"tags": 3}), "config.tags"),
        (body(column_mapping={"Name": "name"}), "column_mapping"),
        (body(column_mapping={"a": "title", "b": "title"}), "column_mapping"),
        ({"documents_url": "ftp://example.com/a.csv", "config": {}}, "documents_url"),
        (body(priority=1), "priority"),
        ([], "body"),
        ("text", "body"),
        (None, "body"),
    ],
    ids=str,
)
def test_a_bad_value_is_a_400_that_names_it(service: Any, ann: httpx.Client, sent: Any, named: str) -> None:
    with service.leaves_one_record():
        assert refusal(ann, sent).startswith(f"{named}: ")
    assert service.world.jobs == {}
    assert service.world.blobs == {}


@pytest.mark.parametrize("content", [b"", b"{", b'{"documents": [', b"\xff\xfe", b"null"], ids=str)
def test_a_malformed_body_is_a_400(service: Any, ann: httpx.Client, content: bytes) -> None:
    with service.leaves_one_record():
        answer = ann.post(START, content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, list(answer.json())) == (400, ["detail"])


def test_ten_megabytes_of_documents_are_told_to_come_by_reference(service: Any, ann: httpx.Client) -> None:
    documents = [{"file_path": "https://example.com/" + "a" * 8000}] * 1300
    answer = ann.post(START, json=body(documents=documents))
    assert answer.status_code == 413
    assert "by reference" in answer.json()["detail"]
    assert service.world.jobs == {}


def test_a_mapped_column_is_a_documents_path(service: Any, ann: httpx.Client) -> None:
    job_id = started(ann, documents=[{"Link": "https://example.com/a"}], column_mapping={"Link": "file_path"})
    service.driver.run()
    assert status(ann, job_id) == "completed"


def test_local_files_are_read_where_the_stack_allows_it(make_service: Any) -> None:
    service = make_service(settings=Settings(allow_local_files=True))
    started(service.user(), documents=[{"file_path": "/srv/a.txt", "file_source_type": "local"}])


def test_a_batch_by_reference_has_no_total_yet(ann: httpx.Client) -> None:
    answer = ann.post(START, json={"documents_url": "https://example.com/list.csv", "config": {}})
    assert answer.json()["total_documents"] == 0


def test_a_tenant_may_have_so_many_open_jobs(make_service: Any) -> None:
    service = make_service(limits=Limits(open_jobs=1))
    started(service.user())
    with service.leaves_one_record():
        answer = service.user().post(START, json=body())
    assert (answer.status_code, "1" in answer.json()["detail"]) == (429, True)


def test_more_documents_than_a_job_may_have_are_a_400(make_service: Any) -> None:
    service = make_service(limits=Limits(units_per_job=1))
    assert "1" in refusal(service.user(), body(documents=[DOCUMENT] * 2))


SECRET = "sk-very-secret-0123456789"


def test_the_api_key_is_shown_nowhere(service: Any, ann: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    config = {"api_key": SECRET, "model_name": "m"}
    job_id = started(ann, config=config, documents=[DOCUMENT, DOCUMENT | {"title": "bad"}])
    service.driver.run()
    answers = [ann.get(f"/api/batch/jobs/{job_id}/{what}").text for what in ("status", "results")]
    answers.append(ann.get("/api/batch/active").text)
    world = {name: value for name, value in vars(service.world).items() if name not in ("effect", "lock")}
    assert SECRET not in "".join(answers) + caplog.text + repr(world)


@pytest.mark.parametrize(
    "config",
    [
        {"api_key": SECRET, "num_pages": 99},
        {"api_key": [SECRET]},
        {"api_key": SECRET + "\n", "model_name": "m"},
        {"api_key": SECRET * 200, "model_name": "m"},
        {"api_key": SECRET, "unknown": SECRET},
    ],
    ids=lambda config: ",".join(config),
)
def test_the_api_key_is_in_no_error(
    service: Any, ann: httpx.Client, config: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    detail = refusal(ann, body(config=config))
    assert SECRET not in detail + str(service.audit()) + caplog.text


# Pause, resume, cancel ---------------------------------------------------------------------------------------------------


def post(caller: httpx.Client, job_id: str, verb: str) -> httpx.Response:
    return caller.post(f"/api/batch/jobs/{job_id}/{verb}")


@pytest.fixture
def job_id(ann: httpx.Client) -> str:
    return started(ann, documents=[DOCUMENT] * 5)


def test_a_paused_batch_stops_and_goes_on_where_it_stopped(service: Any, ann: httpx.Client, job_id: str) -> None:
    assert post(ann, job_id, "pause").json() == {"message": "Batch processing paused"}
    service.driver.run()
    assert status(ann, job_id) == "paused"
    assert post(ann, job_id, "resume").json() == {"message": "Batch processing resumed"}
    service.driver.run()
    assert status(ann, job_id) == "completed"


def test_a_cancelled_batch_is_cancelled_at_once(ann: httpx.Client, job_id: str) -> None:
    assert post(ann, job_id, "cancel").json() == {"message": "Batch processing cancelled", "job_id": job_id}
    assert status(ann, job_id) == "cancelled"


WRONG = {
    "pending": ["resume"],
    "paused": ["pause"],
    "completed": ["pause", "resume", "cancel"],
    "cancelled": ["pause", "resume", "cancel"],
    "failed": ["pause", "resume", "cancel"],
}


@pytest.mark.parametrize(("state", "verb"), [(state, verb) for state, verbs in WRONG.items() for verb in verbs])
def test_a_verb_in_the_wrong_status_is_a_conflict(service: Any, ann: httpx.Client, state: str, verb: str) -> None:
    job_id = started(ann, documents=[DOCUMENT | {"title": "bad" if state == "failed" else "good"}])
    {"paused": lambda: post(ann, job_id, "pause"), "cancelled": lambda: post(ann, job_id, "cancel")}.get(state, int)()
    if state in ("completed", "failed"):
        service.driver.run()
    assert status(ann, job_id) == state
    with service.leaves_one_record():
        answer = post(ann, job_id, verb)
    assert (answer.status_code, list(answer.json())) == (409, ["detail"])
    assert status(ann, job_id) == state


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
@pytest.mark.parametrize("unknown", ["nothing", "1", "x" * 200, "a%2Fb", "%00", "batch:x"])
def test_an_unknown_id_is_not_found(service: Any, ann: httpx.Client, verb: str, unknown: str) -> None:
    answer = post(ann, unknown, verb)
    assert (answer.status_code, list(answer.json())) == (404, ["detail"])


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_another_tenants_job_is_not_found(service: Any, job_id: str, verb: str) -> None:
    with service.leaves_one_record("other"):
        answer = post(service.key("sk_test_other"), job_id, verb)
    assert (answer.status_code, answer.json()) == (404, {"detail": f"Job not found: {job_id}"})


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_a_read_only_key_may_not_control(service: Any, job_id: str, verb: str) -> None:
    with service.leaves_one_record():
        assert post(service.key("sk_test_readonly"), job_id, verb).status_code == 403


def test_every_mutation_leaves_one_record(service: Any, ann: httpx.Client, job_id: str) -> None:
    for verb in ("pause", "resume", "cancel"):
        post(ann, job_id, verb)
    assert service.audit() == [
        ("batch.start", job_id, "done"),
        ("batch.pause", job_id, "done"),
        ("batch.resume", job_id, "done"),
        ("batch.cancel", job_id, "done"),
    ]


def test_resuming_a_batch_does_not_lift_a_pause_of_the_system(service: Any, ann: httpx.Client, job_id: str) -> None:
    post(ann, job_id, "pause")
    hold_scope(service.engine, None, "default", Hold(SYSTEM, "root", None, 0.0))
    answer = post(ann, job_id, "resume")
    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "Pause removed, but the whole system is held by root"},
    )
    service.driver.run()
    assert status(ann, job_id) == "paused"


def test_a_batch_that_only_the_system_holds_is_not_resumed_and_says_by_whom_and_until_when(
    service: Any, ann: httpx.Client, job_id: str
) -> None:
    hold_scope(service.engine, None, "default", Hold(SYSTEM, "root", "deploying", 0.0, 4_000_000_000.0))
    service.driver.run()
    with service.leaves_one_record():
        answer = post(ann, job_id, "resume")
    said = "cannot resume: the whole system is held by root: deploying, until 2096-10-02T07:06:40Z"
    assert (answer.status_code, answer.json()) == (409, {"detail": said})
    assert status(ann, job_id) == "paused"


@pytest.mark.parametrize("job_id", [".", "..", "a/b", "", "x" * 129, "12"])
def test_an_id_that_is_none_is_refused(ann: httpx.Client, job_id: str) -> None:
    body = {"config": {}, "job_id": job_id, "documents": [{"file_path": "https://a.example/"}]}
    assert ann.post("/api/batch/start", json=body).status_code == 400


def test_a_document_with_more_columns_than_results_can_show_refuses_the_request(ann: httpx.Client) -> None:
    rows = [{"file_path": "https://a.example/"}, {"file_path": "https://b.example/", "note": "x" * MAX_ROW}]
    answer = ann.post("/api/batch/start", json={"config": {}, "documents": rows})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("documents[1]: has 2621")


def test_a_member_that_is_null_counts_as_left_out(ann: httpx.Client) -> None:
    nothing = dict.fromkeys(("api_key", "model_name", "base_url", "num_pages", "num_tags", "exclusion_words"))
    sent = body(config=nothing, column_mapping=None, job_id=None, documents_url=None)
    assert ann.post(START, json=sent).status_code == 200
    assert "config: " in refusal(ann, body(config=None))
