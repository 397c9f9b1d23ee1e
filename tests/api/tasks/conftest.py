"""A service whose kind ``crawl`` needs nothing of the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fermata.control.holds import own_hold
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Ref
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.domain.transitions import Status
from fermata.ports import SaveJob

TASKS = "/api/v1/tasks"


class During(dict[Any, Callable[[], Any]]):
    """What happens in the middle of a unit, by its value."""


def _parse(params: Mapping[str, Any]) -> dict[str, Any]:
    urls = params.get("urls", [])
    if not isinstance(urls, list):
        raise ValueError("urls must be a list")
    return {"urls": urls, "depth": params.get("depth", 1)}


def _plan(planning: Planning) -> Iterator[Planned]:
    urls = planning.params["urls"]
    return (Planned(urls[at], at + 1) for at in range(planning.cursor or 0, len(urls)))


def _kind(during: During) -> Kind:
    def run(unit: Unit) -> Any:
        during.get(unit.value, lambda: None)()
        if str(unit.value).startswith("bad"):
            raise UnitError("it is bad")
        return unit.value

    one = Policy(chunk_size=1, timeout=None)
    return Kind("crawl", "Crawl", (Stage("crawl", _plan, run, one),), _parse, dict, families=frozenset({"tasks"}))


@pytest.fixture
def during() -> During:
    return During()


@pytest.fixture
def service(make_service: Any, during: During) -> Any:
    return make_service(kinds={"crawl": _kind(during)})


@pytest.fixture
def create() -> Callable[..., int]:
    """Creates a task; its number."""

    def create(caller: httpx.Client, *urls: str, **more: Any) -> int:
        answer = caller.post(TASKS, json={"task_type": "crawl", "params": {"urls": list(urls)}} | more)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["data"]["id"])

    return create


@pytest.fixture
def put(service: Any) -> Callable[[int, Status], None]:
    """Puts a task into a status, as if it had come there by itself."""

    def put(number: int, status: Status) -> None:
        engine = service.engine
        job = engine.store.job(Ref("default", f"tasks:{number}"))
        job = replace(job, status=status, rev=job.rev + 1)
        if status is Status.PAUSED:
            job = replace(job, holds=(own_hold(engine, "ann", None),))
        if status.final:
            job = replace(job, finished_at=job.created_at + 5, counts=Counts(2, 1, 1), closed=True)
        engine.store.write(SaveJob(job))

    return put
