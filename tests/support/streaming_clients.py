"""Streams of short windows, and a client that follows them as browsers do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import httpx
from fermata.api.streaming import Window, Windows
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit
from lambda_runtime import event_loop

QUICK = Windows(
    streamed=Window(length=0.15, poll=0.01, progress=0.02, heartbeat=0.05, retry=0.01),
    buffered=Window(length=0.15, poll=0.01, progress=0.02, heartbeat=0.05, retry=0.01, hasty=True),
)
HEADERS = {"x-api-key": "sk_test_123456"}


def _plan(planning: Planning) -> Iterator[Planned]:
    return (Planned(at, at + 1) for at in range(planning.cursor or 0, planning.params["units"]))


def _run(unit: Unit) -> Any:
    return unit.value


def crawl() -> Kind:
    one = Policy(chunk_size=1, timeout=None)
    return Kind(
        "crawl",
        "Crawl",
        (Stage("crawl", _plan, _run, one),),
        lambda params: {"units": 1, **params},
        dict,
        families=FAMILIES,
    )


FAMILIES = frozenset({"processes", "tasks"})


def csv_import() -> Kind:
    def approved(planning: Planning) -> Iterator[Planned]:
        return (Planned(result.value, None) for result in planning.previous())

    one = Policy(chunk_size=1, timeout=None)
    stages = (Stage("validate", _plan, _run, one), Stage("apply", approved, _run, one, review=True))
    return Kind(
        "csv_import",
        "Import",
        stages,
        lambda params: {"units": 1, **params},
        dict,
        families=FAMILIES,
    )


@dataclass
class Heard:
    """A message as a browser dispatches it; ``last`` is the id it goes on from."""

    event: str
    data: Any
    id: int | None
    last: str | int | None


@dataclass
class EventSource:
    """Follows a stream over as many connections as it takes, until ``done``."""

    connect: Callable[[Mapping[str, str]], Iterator[str]]
    heard: list[Heard] = field(default_factory=list)
    comments: int = 0
    windows: int = 0
    last: str | int | None = None

    def follow(self, script: Iterator[Any], most: int = 200) -> None:
        """Take the next step of the script after each message, and after each window that told nothing."""
        while not any(heard.event == "done" for heard in self.heard):
            assert self.windows < most, "the stream never ended"
            before = len(self.heard)
            self.window(script)
            if len(self.heard) == before:
                next(script, None)

    def window(self, script: Iterator[Any] | None = None) -> None:
        """One connection."""
        self.windows += 1
        headers = {} if self.last is None else {"Last-Event-ID": str(self.last)}
        fields: dict[str, str] = {}
        for line in self.connect(HEADERS | headers):
            if line.startswith(":"):
                self.comments += 1
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                self._dispatch(fields)
                fields = {}
                next(script or iter(()), None)
            else:
                fields = {}

    def _dispatch(self, fields: Mapping[str, str]) -> None:
        id_ = int(fields["id"]) if fields.get("id", "").isdigit() else None
        self.last = fields.get("id", self.last)
        self.heard.append(Heard(fields.get("event", "message"), json.loads(fields["data"]), id_, self.last))

    @property
    def ids(self) -> list[int]:
        return [heard.id for heard in self.heard if heard.id is not None]

    @property
    def events(self) -> list[str]:
        return [heard.event for heard in self.heard]


def over_http(url: str) -> Callable[[Mapping[str, str]], Iterator[str]]:
    def connect(headers: Mapping[str, str]) -> Iterator[str]:
        with httpx.stream("GET", url, headers=dict(headers), timeout=30) as answer:
            assert answer.status_code == 200, answer.read()
            yield from answer.iter_lines()

    return connect


def over_gateway(app: Any, path: str) -> Callable[[Mapping[str, str]], Iterator[str]]:
    """As the HTTP API calls the function: one event in, one whole response out."""
    from mangum import Mangum

    def connect(headers: Mapping[str, str]) -> Iterator[str]:
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": "",
            "headers": {"host": "api.example.com", **headers},
            "requestContext": {
                "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
                "requestId": "request-1",
                "stage": "$default",
            },
            "isBase64Encoded": False,
        }
        with event_loop():
            answer = Mangum(app, lifespan="off")(event, SimpleNamespace())
        assert answer["statusCode"] == 200, answer
        assert answer["isBase64Encoded"] is False
        yield from answer["body"].split("\n")

    return connect
