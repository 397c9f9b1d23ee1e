"""Observers whose connections a gateway keeps."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from fermata.adapters.memory.observers import MemoryObservers
from fermata.api.batch.connections import keep_alive, open_connection, push
from fermata.domain.errors import NotFound, Unauthenticated, Unavailable
from fermata.domain.jobs import Ref

START = "/api/batch/start"


@dataclass
class Gateway:
    """Keeps what its connections are sent; those that are not open are gone."""

    sent: dict[str, list[Any]] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)

    def send(self, id_: str, text: str) -> None:
        if id_ not in self.sent:
            raise NotFound("connection", id_)
        self.sent[id_].append(json.loads(text))

    def close(self, id_: str) -> None:
        self.closed.append(id_)
        if self.sent.pop(id_, None) is None:
            raise NotFound("connection", id_)


@dataclass
class World:
    service: Any
    observers: MemoryObservers = field(default_factory=MemoryObservers)
    gateway: Gateway = field(default_factory=Gateway)
    heard: list[Any] = field(default_factory=list)

    def open(self, id_: str, job_id: str, token: str = "sk_test_123456") -> None:
        asked = {"job_id": job_id, "token": token}
        open_connection(self.service.app.state.services, self.observers, id_, {}, asked)
        self.heard = self.gateway.sent[id_] = []

    def push(self, job_id: str) -> None:
        push(self.service.engine, self.observers, self.gateway, Ref("default", f"batch:{job_id}"))

    def minute(self) -> None:
        keep_alive(self.service.engine, self.observers, self.gateway)


@pytest.fixture
def world(service: Any) -> World:
    return World(service)


@pytest.fixture
def job_id(ann: Any) -> str:
    documents = [{"title": title, "file_path": "https://example.com/a"} for title in ("one", "bad", "two")]
    return str(ann.post(START, json={"documents": documents, "config": {}}).json()["job_id"])


def types(heard: list[Any]) -> list[str]:
    return [message.get("status", message["type"]) for message in heard]


def test_whoever_comes_is_told_how_it_stands_and_then_what_is_new(service: Any, world: World, job_id: str) -> None:
    world.open("a", job_id)
    world.push(job_id)
    assert types(world.heard) == ["catchup"]
    service.driver.run()
    world.push(job_id)
    assert types(world.heard) == ["catchup", "success", "failed", "success", "completed"]
    assert (world.gateway.closed, world.observers.all()) == (["a"], [])


def test_nothing_is_told_twice_while_nothing_happens(world: World, job_id: str) -> None:
    world.open("a", job_id)
    for _ in range(3):
        world.push(job_id)
    assert types(world.heard) == ["catchup"]


def test_what_got_lost_is_told_within_the_minute(service: Any, world: World, job_id: str) -> None:
    world.open("a", job_id)
    world.push(job_id)
    service.driver.run()
    world.minute()
    assert types(world.heard)[-1] == "completed"


def test_silence_is_broken_by_a_keepalive(service: Any, world: World, job_id: str) -> None:
    world.open("a", job_id)
    world.push(job_id)
    world.minute()
    service.engine.clock.sleep(60)
    world.minute()
    assert types(world.heard) == ["catchup", "keepalive"]


def test_who_has_gone_is_forgotten(service: Any, world: World, job_id: str) -> None:
    world.open("a", job_id)
    service.engine.clock.sleep(60)
    del world.gateway.sent["a"]
    world.push(job_id)
    assert world.observers.all() == []


def test_a_connection_that_is_still_opening_is_told_again(world: World, job_id: str) -> None:
    world.open("a", job_id)
    heard = world.gateway.sent.pop("a")
    with pytest.raises(Unavailable):
        world.push(job_id)
    world.gateway.sent["a"] = heard
    world.push(job_id)
    assert types(heard) == ["catchup"]


def test_a_thousand_documents_and_more_are_told(service: Any, world: World, ann: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("fermata.api.batch.frames.MOST", 2)
    documents = [{"file_path": "https://example.com/a"}] * 7
    job_id = ann.post(START, json={"documents": documents, "config": {}}).json()["job_id"]
    world.open("a", job_id)
    world.push(job_id)
    service.driver.run()
    world.push(job_id)
    assert types(world.heard) == ["catchup", *["success"] * 7, "completed"]


def test_whoever_may_not_is_not_noted_down(world: World, job_id: str) -> None:
    with pytest.raises(Unauthenticated):
        world.open("a", job_id, "sk_wrong")
    with pytest.raises(NotFound):
        world.open("a", job_id, "sk_test_other")
    assert world.observers.all() == []
