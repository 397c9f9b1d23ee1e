"""Streams of short windows, and a server that really streams them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from fermata.api.app import Options
from serving import served
from streaming_clients import QUICK, EventSource, crawl, csv_import, over_gateway, over_http


@pytest.fixture
def service(make_service: Any) -> Any:
    return make_service(kinds={"crawl": crawl(), "csv_import": csv_import()}, options=Options(windows=QUICK))


@pytest.fixture
def operator(service: Any) -> httpx.Client:
    client: httpx.Client = service.key()
    return client


@pytest.fixture
def task(operator: httpx.Client) -> Callable[[int], str]:
    """Creates a task of so many units; its path."""

    def create(units: int) -> str:
        made = operator.post("/api/v1/tasks", json={"task_type": "crawl", "params": {"units": units}})
        return f"/api/v1/tasks/{made.json()['data']['id']}"

    return create


@pytest.fixture
def process(operator: httpx.Client) -> Callable[[int], str]:
    """Creates a process of so many units; its path."""

    def create(units: int) -> str:
        made = operator.post("/processes", json={"type": "csv_import", "input": {"units": units}})
        return f"/processes/{made.json()['id']}"

    return create


@pytest.fixture(params=["streamed", "buffered"])
def source(request: pytest.FixtureRequest, service: Any) -> Iterator[Callable[[str], EventSource]]:
    """A client of a server that streams, and one behind a gateway that buffers."""
    if request.param == "buffered":
        yield lambda path: EventSource(over_gateway(service.app, f"{path}/stream"))
        return
    with served(service.app) as url:
        yield lambda path: EventSource(over_http(f"{url}{path}/stream"))


@pytest.fixture
def streamed(service: Any) -> Iterator[Callable[[str], EventSource]]:
    with served(service.app) as url:
        yield lambda path: EventSource(over_http(f"{url}{path}/stream"))


@pytest.fixture
def buffered(service: Any) -> Callable[[str], EventSource]:
    return lambda path: EventSource(over_gateway(service.app, f"{path}/stream"))
