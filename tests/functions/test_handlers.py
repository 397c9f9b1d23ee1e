"""Each function with the event that the repository shows for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fermata.adapters.aws import table_keys
from fermata.domain.errors import NotFound
from fermata.domain.jobs import Ref
from fermata.domain.transitions import Status
from fermata.environment import Misconfigured
from fermata.local import template

JOB = Ref("default", "batch:demo")


def started(deployed: Any, path: str) -> None:
    """The api's own event, with a document that needs no network."""
    event = deployed.event("api")
    body = json.loads(event["body"])
    body["documents"] = [{"file_path": path, "file_source_type": "local"}]
    answer = deployed.invoke("api", event | {"body": json.dumps(body)})
    assert answer["statusCode"] == 200, answer


def test_the_api_starts_a_batch(deployed: Any) -> None:
    answer = deployed.invoke("api", deployed.event("api"))
    assert (answer["statusCode"], json.loads(answer["body"])) == (
        200,
        {"job_id": "demo", "total_documents": 1, "message": "Batch processing started"},
    )
    job = deployed.engine.store.job(JOB)
    assert job.trace == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_the_api_names_the_request_as_the_gateway_does(deployed: Any) -> None:
    answer = deployed.invoke("api", deployed.event("api"))
    assert answer["headers"]["x-request-id"] == "JKJaXmPLvHcESHA="


def test_a_batch_runs_through_workflow_and_worker(deployed: Any, tmp_path: Any) -> None:
    text = tmp_path / "swifts.txt"
    text.write_text("Swifts sleep on the wing. A swift spends most of its life in the air above the town. " * 5)
    started(deployed, str(text))
    deployed.invoke("workflow", deployed.event("workflow"))
    (message,) = deployed.messages()
    assert deployed.invoke("worker", {"Records": [message]}) == {"batchItemFailures": []}
    job = deployed.engine.store.job(JOB)
    assert (job.status, job.counts.succeeded, job.error) == (Status.COMPLETED, 1, None)


def test_the_worker_drops_a_message_of_a_job_that_is_not_there(deployed: Any) -> None:
    assert deployed.invoke("worker", deployed.event("worker")) == {"batchItemFailures": []}


def test_the_worker_gives_back_what_it_cannot_read(deployed: Any) -> None:
    event = deployed.event("worker")
    event["Records"][0]["body"] = "{}"
    assert deployed.invoke("worker", event) == {
        "batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]
    }


def test_an_execution_of_a_job_that_is_not_there_is_stopped(deployed: Any) -> None:
    engine = deployed.engine
    engine.workflow.start(JOB, 1)
    deployed.invoke("workflow", deployed.event("workflow"))
    with pytest.raises(NotFound):
        engine.store.job(JOB)


def test_an_execution_that_arrives_parks_its_token(deployed: Any) -> None:
    deployed.invoke("api", deployed.event("api"))
    deployed.invoke("workflow", deployed.event("workflow"))
    parked = deployed.engine.parking.find(JOB, 1)
    assert (parked.state, parked.token) == ("working", deployed.event("workflow")["token"])


def test_recovery_tells_what_it_did(deployed: Any) -> None:
    deployed.invoke("api", deployed.event("api"))
    assert deployed.invoke("recovery", deployed.event("recovery")) == {"looked": 1, "repaired": 0, "errors": []}


def test_a_maintenance_window_holds_and_releases_the_tenants_work(deployed: Any) -> None:
    deployed.invoke("api", deployed.event("api"))
    deployed.invoke("recovery", {"maintenance": "pause"})
    assert deployed.engine.store.job(JOB).status is Status.PAUSED
    deployed.invoke("recovery", {"maintenance": "resume"})
    assert deployed.engine.store.scope("default", "system").hold is None


@pytest.mark.parametrize("name", ["api", "worker", "workflow", "recovery"])
def test_a_function_does_not_start_in_a_wrong_environment(
    deployed: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", name)
    monkeypatch.delenv("FERMATA_TABLE")
    with pytest.raises(Misconfigured, match="FERMATA_TABLE is missing"):
        deployed.module(name)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


def test_logs_are_json_that_names_job_and_trace(deployed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.invoke("worker", deployed.event("worker"))
    (line,) = [line for line in lines(capsys) if line.get("message") == "left"]
    assert (line["service"], line["job_id"], line["stop"]) == ("worker", "batch:demo", "dropped")
    assert line["trace"].startswith("00-0af7651916cd43dd8448eb211c80319c")


def test_a_command_is_logged_with_who_and_what(deployed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.invoke("api", deployed.event("api"))
    (line,) = [line for line in lines(capsys) if line.get("message") == "batch.start"]
    assert (line["user"], line["target"], line["status"], line["function_request_id"]) == (
        "ann",
        "demo",
        200,
        "request-1",
    )


def test_metrics_have_service_and_kind_and_nothing_else(deployed: Any, capsys: pytest.CaptureFixture[str]) -> None:
    deployed.invoke("api", deployed.event("api"))
    (line,) = [line for line in lines(capsys) if "_aws" in line]
    (described,) = line["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Fermata"
    assert [sorted(names) for names in described["Dimensions"]] == [["kind", "service"]]
    assert (line["kind"], line["service"], line["JobsStarted"]) == ("tag_documents", "api", [1.0])


@pytest.fixture
def unreadable(deployed: Any) -> None:
    """A job whose record nobody can read."""
    deployed.invoke("api", deployed.event("api"))
    key = table_keys.job(JOB)
    deployed.account.clients.dynamodb.update_item(
        TableName=deployed.account.table,
        Key={"pk": {"S": key.pk}, "sk": {"S": key.sk}},
        UpdateExpression="SET doc = :none",
        ExpressionAttributeValues={":none": {"S": "{}"}},
    )


@pytest.mark.usefixtures("unreadable")
def test_what_recovery_can_not_see_to_is_in_the_metric_that_an_alarm_watches(
    deployed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert deployed.invoke("recovery", deployed.event("recovery"))["errors"] == ["batch:demo: TypeError"]
    (line,) = [line for line in lines(capsys) if "RecoveryErrors" in line]
    (described,) = line["_aws"]["CloudWatchMetrics"]
    alarm = template.load()["Resources"]["UnrecoveredJobs"]["Properties"]
    watched = {one["Name"]: one["Value"] for one in alarm["Dimensions"]}
    assert (described["Namespace"], described["Dimensions"]) == (alarm["Namespace"], [list(watched)])
    assert {name: line[name] for name in watched} == watched
    assert line[alarm["MetricName"]] == [1.0]
    assert line[alarm["MetricName"]][0] >= alarm["Threshold"]


def test_a_recovery_that_saw_to_everything_says_so_that_the_alarm_ends(
    deployed: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.invoke("recovery", deployed.event("recovery"))
    assert [line["RecoveryErrors"] for line in lines(capsys) if "RecoveryErrors" in line] == [[0.0]]
