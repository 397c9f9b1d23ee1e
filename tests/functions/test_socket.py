"""The socket function, over a table in moto and the management API of a gateway on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import unquote

import pytest
from fermata.control.starting import NewJob, start
from fermata.control.termination import cancel
from fermata.domain.events import Actor, Mutation

ACT = Mutation(Actor("default", "ann"), "batch.start", "one", 1_800_000_000.0)
KEY = "sk_test_123456"


@dataclass
class Gateway:
    """What the connections were sent, by method and id; those that are gone answer 410."""

    url: str = ""
    open: set[str] = field(default_factory=lambda: {"c1="})
    asked: list[tuple[str, str, Any]] = field(default_factory=list)


@pytest.fixture
def gateway(deployed: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateway]:
    found = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.answer()

        def do_DELETE(self) -> None:
            self.answer()

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            id_ = unquote(self.path.removeprefix("/batch/@connections/"))
            found.asked.append((self.command, id_, json.loads(body) if body else None))
            gone = id_ not in found.open
            self.send_response(410 if gone else 200)
            if gone:
                self.send_header("x-amzn-ErrorType", "GoneException")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/batch"
    monkeypatch.setenv("FERMATA_SOCKET_URL", found.url)
    yield found
    server.shutdown()
    server.server_close()


@pytest.fixture
def batch(deployed: Any) -> Any:
    new = NewJob(
        family="batch", id="one", kind="tag_documents", params={"documents_url": "https://example.com/list.csv"}
    )
    return start(deployed.engine, ACT, new)


def connect(deployed: Any, connection: str = "c1=", **query: str) -> int:
    event = {
        "requestContext": {"routeKey": "$connect", "connectionId": connection, "eventType": "CONNECT"},
        "headers": {"Host": "x.execute-api.us-east-1.amazonaws.com"},
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
    }
    return int(deployed.invoke("socket", event)["statusCode"])


def stored(deployed: Any) -> list[dict[str, Any]]:
    """Everything in the table, as its stream would bring it."""
    items = deployed.account.clients.dynamodb.scan(TableName=deployed.account.table)["Items"]
    numbers = count(1)
    return [
        {
            "eventName": "INSERT",
            "dynamodb": {
                "Keys": {"pk": item["pk"], "sk": item["sk"]},
                "NewImage": item,
                "SequenceNumber": str(next(numbers)),
            },
        }
        for item in items
    ]


def test_whoever_connects_is_told_how_the_batch_stands_and_ends(deployed: Any, gateway: Gateway, batch: Any) -> None:
    assert connect(deployed, job_id="one", token=KEY) == 200
    assert deployed.invoke("socket", {"Records": stored(deployed)}) == {"batchItemFailures": []}
    cancel(deployed.engine, None, batch.ref, "enough", wait=False)
    deployed.invoke("socket", {"Records": stored(deployed)})
    assert [(method, id_, body and body["type"]) for method, id_, body in gateway.asked] == [
        ("POST", "c1=", "catchup"),
        ("POST", "c1=", "cancelled"),
        ("DELETE", "c1=", None),
    ]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 401),
        ({"job_id": "one"}, 401),
        ({"job_id": "one", "token": "sk_wrong"}, 401),
        ({"job_id": "two", "token": KEY}, 404),
        ({"token": KEY}, 404),
        ({"job_id": "one", "token": KEY, "rows": "1"}, 422),
    ],
    ids=str,
)
def test_whoever_may_not_is_not_let_in(
    deployed: Any, gateway: Gateway, batch: Any, query: dict[str, str], status: int
) -> None:
    assert connect(deployed, **query) == status
    deployed.invoke("socket", {"Records": stored(deployed)})
    assert gateway.asked == []


def test_whoever_disconnects_is_told_nothing_more(deployed: Any, gateway: Gateway, batch: Any) -> None:
    connect(deployed, job_id="one", token=KEY)
    gone = {"requestContext": {"routeKey": "$disconnect", "connectionId": "c1=", "eventType": "DISCONNECT"}}
    assert deployed.invoke("socket", gone) == {"statusCode": 200}
    deployed.invoke("socket", {"Records": stored(deployed)})
    assert gateway.asked == []


def test_a_connection_that_is_not_open_yet_is_told_again(deployed: Any, gateway: Gateway, batch: Any) -> None:
    gateway.open.clear()
    connect(deployed, job_id="one", token=KEY)
    changes = stored(deployed)
    failed = deployed.invoke("socket", {"Records": changes})["batchItemFailures"]
    assert failed[0]["itemIdentifier"] in {change["dynamodb"]["SequenceNumber"] for change in changes}
    gateway.open.add("c1=")
    assert deployed.invoke("socket", {"Records": changes}) == {"batchItemFailures": []}
    assert gateway.asked[-1][2]["type"] == "catchup"


def test_each_minute_what_got_lost_is_told(deployed: Any, gateway: Gateway, batch: Any) -> None:
    connect(deployed, job_id="one", token=KEY)
    deployed.invoke("socket", {})
    assert [body["type"] for _, _, body in gateway.asked] == ["catchup"]


def test_a_batch_that_can_not_be_told_of_keeps_no_other_from_being_told(
    deployed: Any, gateway: Gateway, batch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(deployed.engine, ACT, NewJob(family="batch", id="two", kind="tag_documents", params=batch.params))
    connect(deployed, job_id="one", token=KEY)
    module = deployed.module("socket")
    push = module.push

    def stumble(engine: Any, observers: Any, connections: Any, ref: Any) -> None:
        if ref.id == "batch:two":
            raise ZeroDivisionError("a fault of ours")
        push(engine, observers, connections, ref)

    monkeypatch.setattr(module, "push", stumble)
    assert deployed.invoke("socket", {"Records": stored(deployed)}) == {"batchItemFailures": []}
    assert [body["type"] for _, _, body in gateway.asked] == ["catchup"]


def test_a_connection_that_is_not_open_yet_keeps_no_other_batch_from_being_told(
    deployed: Any, gateway: Gateway, batch: Any
) -> None:
    start(deployed.engine, ACT, NewJob(family="batch", id="two", kind="tag_documents", params=batch.params))
    connect(deployed, connection="young=", job_id="one", token=KEY)
    connect(deployed, connection="c1=", job_id="two", token=KEY)
    changes = sorted(stored(deployed), key=lambda change: "one" not in str(change["dynamodb"]["Keys"]))
    assert deployed.invoke("socket", {"Records": changes})["batchItemFailures"]
    assert ("c1=", "catchup") in [(id_, body and body["type"]) for _, id_, body in gateway.asked]


def test_each_minute_one_that_can_not_be_told_keeps_no_other_from_being_told(
    deployed: Any, gateway: Gateway, batch: Any
) -> None:
    connect(deployed, connection="a-young=", job_id="one", token=KEY)
    connect(deployed, connection="c1=", job_id="one", token=KEY)
    assert deployed.invoke("socket", {}) == {}
    assert ("c1=", "catchup") in [(id_, body and body["type"]) for _, id_, body in gateway.asked]
