"""The real app with its real kinds over memory adapters, served on loopback, with workers in the background."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import pytest
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.api.auth import Security, Tokens
from fermata.api.refusals import RefusalLog
from fermata.cli.main import main
from fermata.cli.seeding import put
from fermata.control.starting import NewJob, start
from fermata.domain.access import SCOPES
from fermata.domain.events import Actor, Mutation
from fermata.domain.kind import Settings
from fermata.domain.transitions import Status
from fermata.embedded import Embedded
from fermata.kinds.registry import PLACES, Registry

SECRET = "a secret of at least thirty-two bytes"
WORKERS = 6
"""With many more, a server would have the whole of a long job in hand at a time."""


class Server(Embedded):
    """A whole Fermata in one process's memory; ``wrap`` puts something between the app and its clients."""

    def __init__(self, wrap: Callable[[Any], Any] = lambda app: app) -> None:
        keys = MemoryKeys()
        put(keys)
        # The kit asks for more wrong things within a minute than the audit log takes down of one caller.
        with patch("fermata.api.app.RefusalLog", lambda: RefusalLog(10_000)):
            super().__init__(
                Registry(PLACES),
                settings=Settings(allow_local_files=True, allowed_hosts=frozenset({"127.0.0.1"})),
                keys=keys,
                secure=lambda keys: Security(keys, Tokens(SECRET, audience="fermata"), anonymous=True),
                wrap=wrap,
                workers=WORKERS,
            )

    def start(self) -> Server:
        super().start()
        self.flags = [self.url, "--jwt-secret", SECRET]
        return self

    def timed_out_task(self) -> int:
        """The number of a task that ran out of time, which no request can make."""
        number = self.engine.counters.next_number("default", "tasks")
        act = Mutation(Actor("default", "ann", SCOPES), "tasks.create", str(number), self.engine.clock.now())
        params = {"url": "http://127.0.0.1:9/", "delay": 0}
        new = NewJob(family="tasks", id=str(number), number=number, kind="crawl", params=params, timeout=0.01)
        ref = start(self.engine, act, new).ref
        while self.engine.store.job(ref).status is not Status.TIMED_OUT:
            assert not self.engine.store.job(ref).status.final
            time.sleep(0.01)
        return number


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
