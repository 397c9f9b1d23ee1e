"""An engine in memory behind a port, and a server that answers what a test tells it to."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from fermata.embedded import Embedded
from fermata_client import Client, Retry
from scripted_server import Scripted

QUICK = Retry(attempts=3, base=0.001)


@pytest.fixture(scope="session")
def server() -> Iterator[Embedded]:
    with Embedded() as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Embedded) -> Iterator[Client]:
    with Client(server.url, api_key=server.api_key, retry=QUICK) as made:
        yield made


@pytest.fixture
def at_rest(server: Embedded) -> Iterator[Embedded]:
    """The server, whose units run only when a test says so."""
    server.works.clear()
    yield server
    server.works.set()


@pytest.fixture(scope="session")
def _scripted() -> Iterator[Scripted]:
    app = Scripted()
    config = uvicorn.Config(app, port=0, lifespan="off", ws="none", log_config=None, access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.005)
    app.url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    yield app
    running.should_exit = True
    thread.join()


@pytest.fixture
def scripted(_scripted: Scripted) -> Scripted:
    return _scripted


@pytest.fixture
def caller(scripted: Scripted) -> Iterator[Client]:
    """A client of the scripted server."""
    with Client(scripted.url, api_key="sk_1", retry=QUICK) as made:
        yield made
