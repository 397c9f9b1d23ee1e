"""The stream as clients of the document of pause ask for it."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fermata.api.app import Options
from fermata.api.streaming import Window, Windows
from fermata.domain.kind import Kind, Planned, Policy, Stage

STREAM = "/api/v1/stream/sse"


@pytest.fixture
def service(make_service: Any) -> Any:
    once = Window(length=0.0)
    stage = Stage("do", lambda planning: iter([Planned(1, 1)]), lambda unit: unit.value, Policy(timeout=None))
    crawl = Kind("crawl", "Crawl", (stage,), dict, dict, families=frozenset({"tasks"}))
    return make_service(kinds={"crawl": crawl}, options=Options(windows=Windows(once, once)))


@pytest.fixture
def operator(service: Any) -> httpx.Client:
    client: httpx.Client = service.key()
    client.post("/api/v1/tasks", json={"task_type": "crawl"})
    return client


def told(client: httpx.Client, **query: str) -> list[dict[str, Any]]:
    answer = client.get(STREAM, params=query)
    assert answer.status_code == 200, answer.text
    blocks = answer.text.strip().split("\n\n")
    return [json.loads(block.partition("data: ")[2]) for block in blocks if "data: " in block]


def test_a_workflow_is_told_from_its_beginning_to_its_end(service: Any, operator: httpx.Client) -> None:
    service.driver.run()
    events = told(operator, workflow_id="task-1")
    assert [event["type"] for event in events] == [
        "workflow.created",
        "workflow.started",
        "workflow.stage",
        "workflow.completed",
        "done",
    ]
    assert {event["workflow_id"] for event in events} == {"task-1"}
    assert events[0]["message"] == "Created by user-23456"


def test_only_the_types_that_are_named_are_told_and_the_end(service: Any, operator: httpx.Client) -> None:
    operator.post("/api/v1/tasks/1/pause", json={"reason": "lunch"})
    service.driver.run()
    operator.post("/api/v1/tasks/1/cancel")
    events = told(operator, workflow_id="1", types="workflow.paused, workflow.cancelled")
    assert [event["type"] for event in events] == ["workflow.paused", "workflow.cancelled", "done"]
    assert events[0]["message"] == "Paused at checkpoint pre_execution: lunch"


def test_it_goes_on_after_the_event_that_the_address_names(service: Any, operator: httpx.Client) -> None:
    service.driver.run()
    events = told(operator, workflow_id="1", last_event_id="3")
    assert [event["type"] for event in events] == ["workflow.completed", "done"]
    assert operator.get(STREAM, params={"workflow_id": "1", "last_event_id": "4-end"}).status_code == 204


def test_without_a_workflow_all_of_the_tenant_are_told(service: Any, operator: httpx.Client) -> None:
    position = service.key().get("/api/v1/stream").text.partition("id: ")[2].partition("\n")[0]
    operator.post("/api/v1/tasks", json={"task_type": "crawl"})
    operator.post("/api/v1/tasks/1/pause")
    events = told(operator, last_event_id=position, types="workflow.created,workflow.pausing")
    assert [(event["workflow_id"], event["type"]) for event in events] == [
        ("task-2", "workflow.created"),
        ("task-1", "workflow.pausing"),
    ]


@pytest.mark.parametrize(
    ("query", "status"), [({"workflow_id": "9"}, 404), ({"types": "workflow.gone"}, 422), ({"type": "x"}, 422)], ids=str
)
def test_errors_are_told_in_the_documents_shape(operator: httpx.Client, query: dict[str, str], status: int) -> None:
    answer = operator.get(STREAM, params=query)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


@pytest.mark.parametrize("name", ["api_key", "token"])
def test_a_client_that_can_send_no_headers_says_in_the_address_who_it_is(
    service: Any, operator: httpx.Client, make_token: Any, name: str
) -> None:
    service.driver.run()
    for credential in ("sk_test_123456", make_token("ann")):
        assert told(service.client(), workflow_id="task-1", **{name: credential})[-1]["type"] == "done"
    assert service.client().get(STREAM, params={"workflow_id": "task-1", name: "sk_wrong"}).status_code == 401
    assert service.client().get(STREAM, params={"workflow_id": "task-1", name: "sk_test_other"}).status_code == 404
    assert service.client().get("/api/v1/tasks/1/stream", params={name: "sk_test_123456"}).status_code == 401


def test_what_the_headers_say_counts_before_the_address(operator: httpx.Client) -> None:
    assert operator.get(STREAM, params={"workflow_id": "task-1", "token": "sk_wrong"}).status_code == 200
