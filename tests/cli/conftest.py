"""The real app over memory adapters, served on loopback, and the command run against it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.state import SystemClock
from fermata.api.auth import Security, Tokens
from fermata.cli.main import main
from fermata.cli.seeding import put
from fermata.domain.kind import Kind, Policy, Stage, Unit, UnitError
from fermata.embedded import Embedded
from fermata.kinds.registry import Registry
from fermata.kinds.tag_documents.stages import TAG_DOCUMENTS
from fermata.testing import InlineSlots

SECRET = "a secret of at least thirty-two bytes"


def echo(unit: Unit) -> Any:
    """Tags that need nothing of the world; a document called bad fails."""
    value = dict(unit.value)
    if "bad" in str(value):
        raise UnitError("this one is bad")
    known = {name: value.pop(name, None) for name in ("title", "file_path", "file_source_type")}
    return {**known, "columns": value, "tags": ["one", "two"]}


class Server(Embedded):
    """A whole Fermata in memory behind a port; its units run while ``works`` is set.

    Attributes:
        busy: how many requests are answered with 503 before the app gets to see any.
        asked: method and path of each request.
    """

    def __init__(self, kinds: Mapping[str, Kind] | None = None) -> None:
        self.busy = 0
        self.asked: list[tuple[str, str]] = []
        self._step = threading.Lock()
        super().__init__(
            {**Registry(), **KINDS} if kinds is None else kinds,
            keys=MemoryKeys(),
            secure=lambda keys: Security(keys, Tokens(SECRET, audience="fermata")),
            wrap=self._gateway,
            slots=lambda: InlineSlots(SystemClock()),
            workers=1,
        )
        put(self.keys)
        step = self.driver.step
        self.driver.step = lambda *, wait=True: self._stepped(lambda: step(wait=wait))  # type: ignore[method-assign]

    def _stepped(self, step: Callable[[], bool]) -> bool:
        with self._step:
            return step()

    def job(self, job_id: str) -> Any:
        return next(job for ref, job in self.world.jobs.items() if ref.id == f"batch:{job_id}")

    def reset(self) -> None:
        """As it was in the beginning, and at work: a server for each test would take most of its time."""
        self.works.clear()
        with self._step:
            for place in vars(self.world).values():
                if isinstance(place, dict | list):
                    place.clear()
        self.busy = 0
        self.works.set()

    def run_some(self, steps: int) -> None:
        """A few steps of the engine, while it is not working by itself."""
        for _ in range(steps):
            self.driver.step()

    def _gateway(self, app: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            self.asked.append((scope["method"], scope["path"]))
            if self.busy:
                self.busy -= 1
                await send({"type": "http.response.start", "status": 503, "headers": [(b"retry-after", b"0")]})
                await send({"type": "http.response.body", "body": b""})
                return
            await app(scope, receive, send)

        return answer


_STAGE = Stage("tag", TAG_DOCUMENTS.stages[0].plan, echo, Policy(chunk_size=1, timeout=None))
KINDS = {
    TAG_DOCUMENTS.name: Kind(
        TAG_DOCUMENTS.name, TAG_DOCUMENTS.title, (_STAGE,), TAG_DOCUMENTS.parse, TAG_DOCUMENTS.schema,
        secrets=TAG_DOCUMENTS.secrets,
    )
}  # fmt: skip
"""The kind of batches, with units that need nothing of the world."""


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


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def server(_server: Server) -> Server:
    _server.reset()
    return _server


@pytest.fixture
def fermata(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Said]:
    """Runs the command with these arguments; nothing of the person's own settings is seen."""
    for name in ("URL", "TOKEN", "API_KEY", "MODEL_KEY", "PROFILE", "DEBUG"):
        monkeypatch.delenv(f"FERMATA_{name}", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("FERMATA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("FERMATA_CONFIG", str(tmp_path / "config.ini"))

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(arguments)
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
def run(fermata: Callable[..., Said], server: Server) -> Callable[..., Said]:
    """Runs the command against the server, as a caller who may do everything."""
    return lambda *arguments: fermata(*arguments, "--url", server.url, "--api-key", server.api_key)


@pytest.fixture
def at_rest(server: Server) -> Server:
    """The server, whose units run only when a test says so."""
    server.works.clear()
    return server


@pytest.fixture
def started(batch: Callable[..., Said], server: Server) -> str:
    """The id of a batch of four documents, none of which has run yet."""
    server.works.clear()
    said = batch("start", *(f"https://example.com/{name}.html" for name in ("a", "b", "bad", "d")))
    assert said.code == 0, said.err
    return said.out.strip()
