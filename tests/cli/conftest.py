"""The real app over memory adapters, served on loopback, and the command run against it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
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
from fermata.domain.kind import Kind, Policy, Settings, Stage, Unit, UnitError
from fermata.kinds.tag_documents.stages import TAG_DOCUMENTS
from fermata.testing import Driver, InlineSlots

SECRET = "a secret of at least thirty-two bytes"


def echo(unit: Unit) -> Any:
    """Tags that need nothing of the world; a document called bad fails."""
    value = dict(unit.value)
    if "bad" in str(value):
        raise UnitError("this one is bad")
    known = {name: value.pop(name, None) for name in ("title", "file_path", "file_source_type")}
    return {**known, "columns": value, "tags": ["one", "two"]}


@dataclass
class Server:
    """A whole Fermata in memory behind a port; its units run while ``works`` is set.

    Attributes:
        busy: how many requests are answered with 503 before the app gets to see any.
    """

    works: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    busy: int = 0

    def __post_init__(self) -> None:
        stage = Stage("tag", TAG_DOCUMENTS.stages[0].plan, echo, Policy(chunk_size=1, timeout=None))
        kind = Kind(
            TAG_DOCUMENTS.name, TAG_DOCUMENTS.title, (stage,), TAG_DOCUMENTS.parse, TAG_DOCUMENTS.schema,
            secrets=TAG_DOCUMENTS.secrets,
        )  # fmt: skip
        self.world = State()
        self.engine = memory_engine(self.world, {kind.name: kind}, settings=Settings(allow_local_files=True))
        self.driver = Driver(self.engine, self.world, slots=InlineSlots)
        self.keys = MemoryKeys()
        put(self.keys)
        self.app = create_app(
            self.engine, memory_content(self.world), Security(self.keys, Tokens(SECRET, audience="fermata"))
        )
        self.server = uvicorn.Server(
            uvicorn.Config(self._gateway, port=0, lifespan="off", ws="none", interface="asgi3", log_config=None)
        )
        self.threads = [threading.Thread(target=self.server.run), threading.Thread(target=self._drive)]

    def __enter__(self) -> Server:
        for thread in self.threads:
            thread.start()
        eventually(lambda: self.server.started)
        self.url = f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"
        self.works.set()
        return self

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.works.set()
        self.server.should_exit = True
        for thread in self.threads:
            thread.join()

    def job(self, job_id: str) -> Any:
        return next(job for ref, job in self.world.jobs.items() if ref.id == f"batch:{job_id}")

    def run_some(self, steps: int) -> None:
        """A few steps of the engine, while it is not working by itself."""
        for _ in range(steps):
            self.driver.step()

    def _drive(self) -> None:
        while not self.ended.is_set():
            self.works.wait()
            if not self.driver.step():
                time.sleep(0.002)

    async def _gateway(self, scope: Any, receive: Any, send: Any) -> None:
        if self.busy:
            self.busy -= 1
            await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"0")]})
            await send({"type": "http.response.body", "body": b""})
            return
        await self.app(scope, receive, send)


def eventually(condition: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 20
    while not (result := condition()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)
    return result


@dataclass
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def fermata(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Runs the command with these arguments."""
    for name in ("FERMATA_URL", "FERMATA_TOKEN", "FERMATA_API_KEY", "FERMATA_MODEL_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        try:
            code = main(arguments)
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run


@pytest.fixture
def batch(fermata: Callable[..., Said], server: Server) -> Callable[..., Said]:
    """Runs ``fermata batch …`` against the server."""

    def run(*arguments: str, key: str = "sk_test_123456") -> Said:
        return fermata("batch", *arguments, "--url", server.url, "--api-key", key)

    return run


@pytest.fixture
def started(batch: Callable[..., Said], server: Server) -> str:
    """The id of a batch of four documents, none of which has run yet."""
    server.works.clear()
    said = batch("start", *(f"https://example.com/{name}.html" for name in ("a", "b", "bad", "d")))
    assert said.code == 0, said.err
    return said.out.strip()
