"""Observing a batch over a WebSocket."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from audiences import watched
from fermata.api.app import Options
from fermata.api.batch.frames import Seen, news
from fermata.api.streaming import Window, Windows
from fermata.domain.jobs import Ref
from fermata.domain.kind import Unit
from serving import served
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

START = "/api/batch/start"
QUICK = Windows(streamed=Window(poll=0.01, progress=0.01))


@pytest.fixture
def service(make_service: Any) -> Any:
    return make_service(options=Options(windows=QUICK))


@dataclass
class Browser:
    """Opens WebSockets of a server."""

    url: str

    def open(self, path: str, **headers: str) -> ClientConnection:
        return connect(f"ws{self.url.removeprefix('http')}{path}", additional_headers=headers, proxy=None)

    def closed_with(self, path: str, **headers: str) -> int:
        with self.open(path, **headers) as socket:
            return closing(socket)


@pytest.fixture
def browser(service: Any) -> Iterator[Browser]:
    with served(service.app) as url:
        yield Browser(url)


@pytest.fixture
def batch(service: Any, ann: Any) -> Any:
    """Starts a batch of documents with these titles; its id."""

    def start(*titles: str) -> str:
        documents = [{"title": title, "file_path": f"https://example.com/{title}"} for title in titles]
        answer = ann.post(START, json={"documents": documents, "config": {}})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["job_id"])

    return start


def address(job_id: str, token: str = "sk_test_123456") -> str:
    return f"/api/batch/ws/{job_id}?token={token}"


def hear(socket: ClientConnection) -> Any:
    return json.loads(socket.recv(10))


def closing(socket: ClientConnection) -> int:
    """The code that it is closed with, before anything is told."""
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(10)
    assert closed.value.rcvd is not None
    return int(closed.value.rcvd.code)


def heard(socket: ClientConnection) -> list[dict[str, Any]]:
    """All that is told until the connection is closed."""
    messages = []
    try:
        while True:
            messages.append(hear(socket))
    except ConnectionClosed as closed:
        assert closed.rcvd is not None
        assert closed.rcvd.code == 1000
    return messages


def test_a_batch_that_is_over_is_told_whole(service: Any, browser: Browser, batch: Any) -> None:
    job_id = batch("one", "bad")
    service.driver.run()
    with browser.open(address(job_id)) as socket:
        catchup, ending = heard(socket)
    assert catchup == {
        "type": "catchup",
        "job_id": job_id,
        "state": {"status": "completed", "progress": 1.0, "processed_count": 1, "failed_count": 1, "total": 2},
        "results": [
            {
                "row_id": 0,
                "row_number": 1,
                "title": "one",
                "status": "success",
                "tags": ["one", "two"],
                "error": None,
                "success": True,
            },
            {
                "row_id": 1,
                "row_number": 2,
                "title": "bad",
                "status": "failed",
                "tags": None,
                "error": "this one is bad",
                "success": False,
            },
        ],
    }
    assert ending == {
        "type": "completed",
        "job_id": job_id,
        "total_documents": 2,
        "processed_count": 1,
        "failed_count": 1,
        "error": None,
        "message": "Completed: 1 succeeded, 1 failed",
    }


def test_each_document_is_told_as_it_settles(service: Any, browser: Browser, batch: Any) -> None:
    job_id = batch(*"abcd")
    with browser.open(address(job_id)) as socket:
        assert hear(socket)["state"]["status"] == "pending"
        service.driver.run()
        *told, ending = heard(socket)
    done = [message for message in told if message["status"] != "processing"]
    assert [(message["row_number"], message["status"], message["tags"]) for message in done] == [
        (number, "success", ["one", "two"]) for number in (1, 2, 3, 4)
    ]
    assert [message["progress"] for message in told] == sorted(message["progress"] for message in told)
    assert ending["type"] == "completed"


@pytest.mark.parametrize(("how", "type_"), [("cancel", "cancelled"), ("fail", "error")])
def test_the_last_message_says_how_it_ended(
    service: Any, ann: Any, browser: Browser, batch: Any, how: str, type_: str
) -> None:
    job_id = batch(*(["bad"] if how == "fail" else ["one"]))
    with browser.open(address(job_id)) as socket:
        hear(socket)
        if how == "cancel":
            assert ann.post(f"/api/batch/jobs/{job_id}/cancel").status_code == 200
        else:
            service.driver.run()
        assert heard(socket)[-1]["type"] == type_


def test_what_a_catchup_has_no_room_for_follows(service: Any, browser: Browser, batch: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("fermata.api.batch.frames.CATCHUP_BYTES", 200)
    job_id = batch(*"abc")
    service.driver.run()
    with browser.open(address(job_id)) as socket:
        catchup, *rest, _ = heard(socket)
    rows = [*catchup["results"], *rest]
    assert [row["row_id"] for row in rows] == [0, 1, 2]
    assert 0 < len(catchup["results"]) < 3


def test_a_document_that_is_being_processed_is_told_so(service: Any, batch: Any) -> None:
    job_id, told = batch(*"abc"), []
    ref, seen = Ref("default", f"batch:{job_id}"), Seen()
    real = service.engine.kinds["tag_documents"]

    def look(unit: Unit) -> Any:
        nonlocal seen
        found = news(service.engine, ref, seen)
        seen = found.seen
        told.extend((message["row_id"], message["title"], message["status"]) for message in found.messages)
        return real.stages[0].run(unit)

    service.kinds["tag_documents"] = replace(real, stages=(replace(real.stages[0], run=look),))
    service.driver.run()
    assert (0, "a", "processing") in told
    assert all(told.count(one) == 1 for one in told)


def test_silence_is_broken_by_a_keepalive(make_service: Any) -> None:
    service = make_service(options=Options(windows=replace(QUICK, keepalive=0.0)))
    job_id = (
        service.user("ann")
        .post(START, json={"documents": [{"file_path": "https://example.com/a"}], "config": {}})
        .json()["job_id"]
    )
    with served(service.app) as url, Browser(url).open(address(job_id)) as socket:
        hear(socket)
        assert hear(socket) == {"type": "keepalive", "job_id": job_id}


def test_a_token_is_a_key_a_ticket_or_a_jwt(service: Any, browser: Browser, batch: Any, make_token: Any) -> None:
    job_id = batch("one")
    service.driver.run()
    ticket = service.key().post("/api/v1/session/stream-ticket").json()["ticket"]
    for path in (
        address(job_id),
        address(job_id, make_token("bob")),
        address(job_id, ticket),
        f"/api/batch/ws/{job_id}?ticket={ticket}",
    ):
        with browser.open(path) as socket:
            assert heard(socket)[0]["type"] == "catchup"
    with browser.open(f"/api/batch/ws/{job_id}", authorization=f"Bearer {make_token('bob')}") as socket:
        assert heard(socket)[0]["type"] == "catchup"


def test_whoever_may_not_is_closed_with_a_policy_violation(
    service: Any, browser: Browser, batch: Any, make_token: Any
) -> None:
    job_id = batch("one")
    refused = [
        f"/api/batch/ws/{job_id}",
        address(job_id, "sk_wrong"),
        address(job_id, "a.b"),
        address(job_id, "a.b.c"),
        address(job_id, make_token("ann", scope="control")),
        address(job_id, "sk_test_other"),
        address("none"),
        f"{address(job_id)}&rows=1",
        f"{address(job_id)}&token=sk_test_123456",
    ]
    assert [browser.closed_with(path) for path in refused] == [1008] * len(refused)


def test_a_cookie_opens_nothing(service: Any, browser: Browser, batch: Any) -> None:
    answer = service.client().post("/api/v1/session", json={"api_key": "sk_test_123456"})
    assert answer.status_code == 201
    assert browser.closed_with(f"/api/batch/ws/{batch('one')}", cookie=f"fermata={answer.cookies['fermata']}") == 1008


def test_what_an_observer_says_changes_nothing(service: Any, browser: Browser, batch: Any) -> None:
    job_id = batch("one")
    before = service.audit()
    with browser.open(address(job_id)) as socket:
        socket.send(json.dumps({"documents": [], "config": {}}))
        socket.send(b"\x00")
        service.driver.run()
        assert heard(socket)[-1]["type"] == "completed"
    assert service.audit() == before


def observing(make_service: Any, **options: Any) -> tuple[Any, str]:
    """A service with these windows, and the address of a batch."""
    service = make_service(options=Options(windows=replace(QUICK, **options)))
    documents = [{"file_path": "https://example.com/a"}]
    answer = service.user("ann").post(START, json={"documents": documents, "config": {}})
    return service, address(answer.json()["job_id"])


def test_a_key_that_is_revoked_ends_the_observation(make_service: Any) -> None:
    service, path = observing(make_service, recheck=0.0)
    with served(service.app) as url, Browser(url).open(path) as socket:
        hear(socket)
        service.keys.revoke("default", "id-23456", 1.0)
        assert closing(socket) == 1008


def test_a_tenant_has_no_more_observers_than_it_may_and_others_have_theirs(make_service: Any) -> None:
    service, path = observing(make_service)
    service.app.state.services.audience.of_tenant = 1
    with served(service.app) as url, Browser(url).open(path) as socket:
        hear(socket)
        assert Browser(url).closed_with(path) == 1013
        assert Browser(url).closed_with(path.replace("sk_test_123456", "sk_test_other")) == 1008


def test_an_observer_that_reads_nothing_is_given_up(make_service: Any, monkeypatch: Any) -> None:
    noise = random.Random(1).randbytes(200_000).hex()
    monkeypatch.setattr("fermata.api.batch.socket.STALL", 0.05)
    monkeypatch.setattr("fermata.api.batch.frames.keepalive", lambda job_id: {"type": "keepalive", "pad": noise})
    service, path = observing(make_service, keepalive=0.0)
    audience = watched(service)
    with served(service.app) as url, Browser(url).open(path):
        assert audience.left.wait(10)
