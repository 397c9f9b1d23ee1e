"""Streams over real connections, and through a gateway that buffers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from audiences import watched
from fermata.api.app import Options
from fermata.api.streaming import Windows
from serving import served
from streaming_clients import HEADERS, QUICK, EventSource, crawl, over_http


def life(service: Any, operator: httpx.Client, path: str, *between: Any) -> Iterator[Any]:
    """A task's life, one small step at a time."""
    yield from (service.driver.step() for _ in range(4))
    yield operator.post(f"{path}/pause", json={"reason": "look"})
    yield service.driver.run()
    yield from (act() for act in between)
    yield operator.post(f"{path}/resume")
    while service.driver.step():
        yield


def test_a_client_follows_a_job_over_many_windows_without_loss_or_repeat(
    service: Any, operator: httpx.Client, task: Any, source: Any
) -> None:
    path = task(12)
    client = source(path)
    client.follow(life(service, operator, path, lambda: None, lambda: None, lambda: None))
    (job,) = service.world.jobs.values()
    assert client.ids == list(range(1, job.events + 1))
    assert client.windows > 1
    shown = [event for event in client.events if event != "workflow.progress"]
    assert shown == [
        "workflow.created",
        "workflow.started",
        "workflow.stage",
        "workflow.pausing",
        "workflow.paused",
        "workflow.resumed",
        "workflow.completed",
        "done",
    ]
    assert client.events[-1] == "done"


def test_a_client_follows_a_job_that_goes_its_own_way(
    service: Any, operator: httpx.Client, task: Any, source: Any
) -> None:
    path = task(60)

    def live() -> None:
        for _ in range(10):
            for _ in range(5):
                service.driver.step()
            operator.post(f"{path}/pause")
            operator.post(f"{path}/resume")
        service.driver.run()

    client, worker = source(path), threading.Thread(target=live)
    worker.start()
    client.follow(iter(()))
    worker.join()
    (job,) = service.world.jobs.values()
    assert client.ids == list(range(1, job.events + 1))
    assert job.events > 30


def test_progress_between_events_is_told_and_moves_no_position(
    service: Any, operator: httpx.Client, task: Any, source: Any
) -> None:
    path = task(6)
    client = source(path)
    client.follow(steps(service))
    progress = [heard for heard in client.heard if heard.event == "workflow.progress"]
    assert [heard.id for heard in progress] == [None] * len(progress)
    assert any(0 < heard.data["progress"] < 6 for heard in progress)
    assert client.heard[-1].data["progress"] == client.heard[-1].data["total"] == 6


def steps(service: Any) -> Iterator[Any]:
    while service.driver.step():
        yield


def test_pausing_and_paused_have_a_checkpoint(service: Any, operator: httpx.Client, task: Any, source: Any) -> None:
    path = task(6)
    client = source(path)
    client.follow(life(service, operator, path))
    told = {heard.event: heard.data for heard in client.heard}
    assert told["workflow.pausing"]["checkpoint"] == told["workflow.paused"]["checkpoint"] == "unit"
    assert told["workflow.pausing"]["reason"] == "look"


def test_a_cancelled_task_tells_of_cancelling_first(
    service: Any, operator: httpx.Client, task: Any, source: Any
) -> None:
    path = task(3)
    client = source(path)
    operator.post(f"{path}/cancel")
    client.follow(iter(()))
    assert client.events[-3:] == ["workflow.cancelling", "workflow.cancelled", "done"]
    assert client.ids == [1, 2]


def test_a_stream_of_a_finished_process_tells_the_state_and_ends(
    service: Any, operator: httpx.Client, process: Any, source: Any
) -> None:
    path = process(1)
    operator.post(f"{path}/cancel")
    client = source(path)
    client.follow(iter(()))
    assert (client.windows, client.events, client.ids) == (1, ["message", "done"], [2])
    assert [heard.data for heard in client.heard] == [operator.get(path).json()] * 2


def test_a_process_is_told_as_it_stands_and_a_review_does_not_end_it(
    service: Any, operator: httpx.Client, process: Any, source: Any
) -> None:
    path = process(2)

    def script() -> Iterator[Any]:
        yield from steps(service)
        yield operator.post(f"{path}/review", json={"decision": "approve"})
        yield from steps(service)

    client = source(path)
    client.follow(script())
    (job,) = service.world.jobs.values()
    assert client.ids == list(range(1, job.events + 1))
    seen = list(dict.fromkeys(heard.data["status"] for heard in client.heard))
    assert seen == ["pending", "running", "waiting_review", "completed"]
    assert all(set(heard.data) == set(operator.get(path).json()) for heard in client.heard)


def test_who_comes_back_is_told_only_what_came_after(
    service: Any, operator: httpx.Client, process: Any, source: Any
) -> None:
    path = process(2)
    service.driver.run()
    operator.post(f"{path}/cancel")
    client = source(path)
    client.last = 2
    client.follow(iter(()))
    assert (client.ids, client.events[-1]) == ([3, 4, 5], "done")
    assert [heard.data["status"] for heard in client.heard[:3]] == ["running", "waiting_review", "cancelled"]


def test_who_has_seen_the_last_event_is_told_only_that_it_is_over(
    service: Any, operator: httpx.Client, process: Any, source: Any
) -> None:
    path = process(1)
    operator.post(f"{path}/cancel")
    client = source(path)
    client.last = 2
    client.follow(iter(()))
    assert (client.ids, client.events) == ([], ["done"])
    assert client.heard[0].data["status"] == "cancelled"


def test_a_window_in_which_nothing_happens_has_heartbeats_and_ends(process: Any, streamed: Any) -> None:
    client = streamed(process(1))
    client.window()
    assert (client.events, client.ids) == (["message"], [1])
    assert client.comments > 0


def test_a_buffered_window_ends_once_it_has_something_to_tell(service: Any, process: Any, buffered: Any) -> None:
    client = buffered(process(1))
    client.window()
    assert (client.events, client.comments) == (["message"], 0)
    client.window()
    assert (len(client.heard), client.comments > 0) == (1, True)
    service.driver.step()  # the execution, which tells nothing
    service.driver.step()
    client.window()
    assert client.ids == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        ("2", "is ahead of the last event, which is 1"),
        ("999999999999999", "is ahead of the last event, which is 1"),
        ("-1", "must be the id of an event that this stream sent"),
        ("1.0", "must be the id of an event that this stream sent"),
        ("one", "must be the id of an event that this stream sent"),
        ("1,1", "must be the id of an event that this stream sent"),
        ("9" * 400, "must be the id of an event that this stream sent"),
    ],
    ids=lambda value: value[:12],
)
def test_a_position_that_never_was_is_refused(
    operator: httpx.Client, task: Any, process: Any, last: str, reason: str
) -> None:
    headers = {"Last-Event-ID": last}
    of_task = operator.get(f"{task(1)}/stream", headers=headers)
    of_process = operator.get(f"{process(1)}/stream", headers=headers)
    assert (of_task.status_code, of_task.json()) == (422, {"error": f"Last-Event-ID: {reason}"})
    assert (of_process.status_code, of_process.json()) == (422, {"detail": f"Last-Event-ID: {reason}"})


def test_position_zero_asks_for_the_whole_history(service: Any, process: Any, source: Any) -> None:
    path = process(1)
    service.driver.run()
    client = source(path)
    client.last = 0
    client.window()
    assert client.ids == [1, 2, 3, 4]


def test_a_stream_is_marked_as_one(operator: httpx.Client, process: Any) -> None:
    answer = operator.get(f"{process(1)}/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["x-accel-buffering"] == "no"


def test_what_is_no_event_stands_in_no_block_of_its_own(operator: httpx.Client, process: Any) -> None:
    """Some clients take a block without data for an event that says nothing."""
    path = process(1)
    text = operator.get(f"{path}/stream").text
    assert text.startswith("retry: 10\nid: 1\ndata: ")
    resumed = operator.get(f"{path}/stream", headers={"Last-Event-ID": "1"}).text
    assert resumed.startswith("retry: 10\n: still here\n")
    blocks = [block for block in (text + resumed).split("\n\n")[:-1] if block]
    assert [block for block in blocks if "data: " not in block] == []


def test_who_was_told_the_end_need_not_come_again(operator: httpx.Client, process: Any, task: Any) -> None:
    for path in (process(1), task(1), "/api/v1/jobs/tasks:1"):
        operator.post(f"{path}/cancel")
        ends = [line for line in operator.get(f"{path}/stream").text.splitlines() if line.startswith("id: ")]
        assert ends[-1] == "id: 2-end"
        again = operator.get(f"{path}/stream", headers={"Last-Event-ID": "2-end"})
        assert (again.status_code, again.content) == (204, b"")
        assert operator.get(f"{path}/stream", headers={"Last-Event-ID": "2"}).status_code == 200


def test_a_position_is_taken_from_the_address_and_the_header_counts(operator: httpx.Client, process: Any) -> None:
    path = process(1)
    operator.post(f"{path}/cancel")
    assert operator.get(f"{path}/stream", params={"last_event_id": "2-end"}).status_code == 204
    both = operator.get(f"{path}/stream", params={"last_event_id": "2-end"}, headers={"Last-Event-ID": "1"})
    assert "id: 2\n" in both.text


def test_the_end_of_a_task_is_no_progress(operator: httpx.Client, task: Any) -> None:
    path = task(1)
    operator.post(f"{path}/cancel")
    last = operator.get(f"{path}/stream").text.strip().split("\n\n")[-1]
    assert "event: done" in last
    assert json.loads(last.partition("data: ")[2])["type"] == "done"


def test_a_stream_that_loses_its_store_ends_and_goes_on_with_the_next_window(
    service: Any, process: Any, source: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fermata.domain.errors import Unavailable

    path = process(1)
    client = source(path)
    client.last = 1
    real, calls = type(service.engine.store).job, iter(range(1_000))

    def flaky(self: Any, ref: Any) -> Any:
        if next(calls) == 1:
            raise Unavailable("throttled")
        return real(self, ref)

    monkeypatch.setattr(type(service.engine.store), "job", flaky)
    client.window()
    assert client.heard == []
    monkeypatch.undo()
    service.driver.run()
    client.window()
    assert client.ids == [2, 3, 4]


def lasting(make_service: Any, windows: Windows) -> tuple[Any, str]:
    """A service with these windows, and the path of the stream of a task that waits."""
    service = make_service(kinds={"crawl": crawl()}, options=Options(windows=windows))
    made = service.key().post("/api/v1/tasks", json={"task_type": "crawl"}).json()
    return service, f"/api/v1/tasks/{made['data']['id']}/stream"


PATIENT = replace(QUICK, lasting=replace(QUICK.streamed, length=20.0))


def test_a_tasks_stream_lasts_to_its_end_where_the_server_sees_its_clients_go(make_service: Any) -> None:
    service, path = lasting(make_service, PATIENT)
    with served(service.app) as url:
        client = EventSource(over_http(f"{url}{path}"))
        client.window(service.driver.run() for _ in range(1))
    assert client.events[-1] == "done"


def test_a_key_that_is_revoked_ends_its_streams(make_service: Any) -> None:
    service, path = lasting(make_service, replace(PATIENT, recheck=0.0))
    with served(service.app) as url:
        client = EventSource(over_http(f"{url}{path}"))
        client.window(service.keys.revoke("default", "id-23456", 1.0) for _ in range(1))
    assert client.events == ["workflow.created"]


def test_a_tenant_follows_no_more_than_it_may(make_service: Any) -> None:
    service, path = lasting(make_service, PATIENT)
    service.app.state.services.audience.of_tenant = 0
    answer = service.key().get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "10")
    assert service.key().get("/api/v1/tasks").status_code == 200


def test_a_client_that_reads_nothing_is_given_up(make_service: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("fermata.api.streaming.responding.STALL", 0.05)
    monkeypatch.setattr("fermata.api.streaming.responding.HEARTBEAT", b": " + b"x" * 4_000_000 + b"\n")
    service, path = lasting(make_service, PATIENT)
    audience = watched(service)
    with served(service.app) as url, httpx.stream("GET", f"{url}{path}", headers=HEADERS) as answer:
        assert next(answer.iter_bytes())
        assert audience.left.wait(10)


@pytest.mark.parametrize("name", ["last_event_id", "lastEventId"])
def test_a_client_that_can_send_no_headers_says_in_the_address_where_it_stands(make_service: Any, name: str) -> None:
    service, path = lasting(make_service, QUICK)
    service.driver.run()
    told = service.key().get(path, params={name: "3"}).text
    assert "workflow.stage" not in told
    assert "workflow.completed" in told


def test_what_a_client_adds_counts_before_what_it_began_with(make_service: Any) -> None:
    service, path = lasting(make_service, QUICK)
    service.driver.run()
    told = service.key().get(path, params={"last_event_id": "1", "lastEventId": "3"}).text
    assert "workflow.stage" not in told
