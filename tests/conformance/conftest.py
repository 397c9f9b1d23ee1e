"""The real app with its real kinds over memory adapters, served on loopback, with workers in the background."""

from __future__ import annotations

import contextlib
import io
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.state import State
from fermata.api.app import create_app
from fermata.api.auth import Security, Tokens
from fermata.bootstrap import memory_content, memory_engine
from fermata.cli.main import main
from fermata.cli.seeding import put
from fermata.control.starting import NewJob, start
from fermata.domain.access import SCOPES
from fermata.domain.events import Actor, Mutation
from fermata.domain.kind import Settings
from fermata.domain.transitions import Status
from fermata.kinds.registry import PLACES, Registry
from fermata.testing import Driver

SECRET = "a secret of at least thirty-two bytes"
WORKERS = 6
EVERY = 0.5
"""Seconds between two runs of recovery."""


@dataclass
class Server:
    """A whole Fermata in one process's memory.

    Attributes:
        wrap: puts something between the app and its clients.
    """

    wrap: Callable[[Any], Any] = field(default=lambda app: app)
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.world = State()
        settings = Settings(allow_local_files=True, allowed_hosts=frozenset({"127.0.0.1"}))
        self.engine = memory_engine(self.world, Registry(PLACES), settings=settings)
        self.driver = Driver(self.engine, self.world)
        keys = MemoryKeys()
        put(keys)
        app = create_app(
            self.engine, memory_content(self.world), Security(keys, Tokens(SECRET, audience="fermata"), anonymous=True)
        )
        config = uvicorn.Config(self.wrap(app), port=0, lifespan="off", ws="none", log_config=None, access_log=False)
        self.server = uvicorn.Server(config)
        loops = [self.server.run, self._recover, *[self._work] * WORKERS]
        self.threads = [threading.Thread(target=loop) for loop in loops]

    def __enter__(self) -> Server:
        for thread in self.threads:
            thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        self.flags = [self.url, "--jwt-secret", SECRET]
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.server.should_exit = True
        for thread in self.threads:
            thread.join()

    def timed_out_task(self) -> int:
        """The number of a task that ran out of time, which no request can make."""
        number = self.engine.store.next_number("default", "tasks")
        act = Mutation(Actor("default", "ann", SCOPES), "tasks.create", str(number), self.engine.clock.now())
        params = {"url": "http://127.0.0.1:9/", "delay": 0}
        new = NewJob(family="tasks", id=str(number), number=number, kind="crawl", params=params, timeout=0.01)
        ref = start(self.engine, act, new).ref
        while self.engine.store.job(ref).status is not Status.TIMED_OUT:
            assert not self.engine.store.job(ref).status.final
            time.sleep(0.01)
        return number

    def _work(self) -> None:
        while not self.ended.is_set():
            if not self.driver.step():
                time.sleep(0.005)

    def _recover(self) -> None:
        while not self.ended.wait(EVERY):
            self.driver.recover()


@dataclass
class Kit:
    """What the command said of a server: its exit code, and a row for each check."""

    code: int
    rows: dict[str, dict[str, Any]]

    def of(self, result: str) -> set[str]:
        """Names of the checks with this result."""
        return {name for name, row in self.rows.items() if row["result"] == result}


def run_kit(*arguments: str) -> Kit:
    written = io.StringIO()
    with contextlib.redirect_stdout(written):
        code = main(["conformance", *arguments, "--json"])
    rows = [json.loads(line) for line in written.getvalue().splitlines()]
    return Kit(code, {f"{row['document']} {row['name']}": row for row in rows})


@pytest.fixture(scope="session")
def kit() -> Callable[..., Kit]:
    """Runs the command with these arguments."""
    return run_kit


@pytest.fixture(scope="session")
def make_server() -> type[Server]:
    """For tests that need a server with a fault."""
    return Server


@pytest.fixture(scope="session")
def whole_run() -> Kit:
    """The whole kit, run once over the real app."""
    with Server() as server:
        return run_kit(*server.flags, "--timed-out-task", str(server.timed_out_task()))
