"""A batch through the whole template in moto: gateway event, api, state machine, workflow, queue, worker, table and bucket."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.stack

SAMPLES = Path(__file__).parents[2] / "samples"
SECRET = "a secret that is known to the tests alone"


@pytest.fixture(autouse=True)
def closed_children() -> Iterator[None]:
    """The reading processes and connections that a worker keeps warm end with the test."""
    yield
    from fermata.toolkit import extract
    from fermata.toolkit.fetch import network

    extract.close()
    network.close()


@pytest.fixture
def ann() -> dict[str, str]:
    import time

    import jwt

    claims = {"sub": "ann", "aud": "fermata", "exp": time.time() + 600}
    return {"authorization": f"Bearer {jwt.encode(claims, SECRET, 'HS256')}"}


def documents(*names: str) -> list[dict[str, str]]:
    return [{"title": name, "file_path": str(SAMPLES / name), "file_source_type": "local"} for name in names]


def start(stack: Any, who: dict[str, str], docs: list[dict[str, str]]) -> str:
    answer = stack.http("POST", "/api/batch/start", body={"documents": docs, "config": {"num_tags": 4}}, headers=who)
    assert answer.status == 200, answer.body
    return str(answer.json()["job_id"])


def job(stack: Any, who: dict[str, str], job_id: str, verb: str = "status", method: str = "GET") -> Any:
    return stack.http(method, f"/api/batch/jobs/{job_id}/{verb}", headers=who)


def executions(stack: Any) -> list[str]:
    found = stack.client("stepfunctions").list_executions(stateMachineArn=stack.outputs["StateMachineArn"])
    return [execution["status"] for execution in found["executions"]]


def test_a_batch_of_several_formats_ends_with_tags_for_each_document(stack: Any, ann: dict[str, str]) -> None:
    names = ["glacier.txt", "swifts.md", "tidal-energy.html", "beekeeping.docx", "lighthouses.pdf"]
    job_id = start(stack, ann, documents(*names))
    stack.pump()
    status = job(stack, ann, job_id).json()
    assert (status["status"], status["processed_count"], status["progress"]) == ("completed", 5, 1.0)
    rows = job(stack, ann, job_id, "results").json()["results"]
    assert sorted(row["title"] for row in rows) == sorted(names)
    assert all(len(row["tags"]) == 4 for row in rows)
    assert executions(stack) == ["SUCCEEDED"]


def test_a_document_that_cannot_be_read_fails_alone(stack: Any, ann: dict[str, str]) -> None:
    job_id = start(stack, ann, documents("glacier.txt", "there-is-no-such-file.txt"))
    stack.pump()
    status = job(stack, ann, job_id).json()
    assert (status["status"], status["processed_count"], status["failed_count"]) == ("completed", 1, 1)
    errors = [row["error"] for row in job(stack, ann, job_id, "results").json()["results"] if row["error"]]
    assert len(errors) == 1


def test_a_paused_batch_waits_in_its_execution_and_resumes_to_the_end(stack: Any, ann: dict[str, str]) -> None:
    job_id = start(stack, ann, documents("glacier.txt", "swifts.md"))
    assert job(stack, ann, job_id, "pause", "POST").status == 200
    stack.pump()
    assert job(stack, ann, job_id).json()["status"] == "paused"
    assert executions(stack) == ["RUNNING"]
    assert stack.invoke("recovery", {})["repaired"] == 0
    assert job(stack, ann, job_id, "resume", "POST").status == 200
    stack.pump()
    assert job(stack, ann, job_id).json()["processed_count"] == 2
    assert executions(stack) == ["SUCCEEDED"]


def test_a_cancelled_batch_ends_its_execution(stack: Any, ann: dict[str, str]) -> None:
    job_id = start(stack, ann, documents("glacier.txt"))
    assert job(stack, ann, job_id, "cancel", "POST").status == 200
    stack.pump()
    assert job(stack, ann, job_id).json()["status"] == "cancelled"
    assert job(stack, ann, job_id, "resume", "POST").status == 409
    assert executions(stack) in (
        ["ABORTED"],
        ["FAILED"],
    )  # moto marks one that is stopped while a function runs as failed


def test_a_secret_is_sealed_and_gone_when_the_job_ends(stack: Any, ann: dict[str, str]) -> None:
    body = {"documents": documents("glacier.txt"), "config": {"api_key": "sk-very-secret-0123"}}
    job_id = stack.http("POST", "/api/batch/start", body=body, headers=ann).json()["job_id"]
    stack.pump()
    assert job(stack, ann, job_id).json()["status"] == "completed"
    table = stack.client("dynamodb").scan(TableName=stack.outputs["TableName"])["Items"]
    assert "sk-very-secret" not in str(table)
    assert all("sealed_secrets" not in item or item["sealed_secrets"] == {"NULL": True} for item in table)
