"""A whole Fermata in this process: the API on a loopback port, over memory, with workers and recovery in threads.

For tests of programs that call Fermata, and for Fermata's own: real HTTP and real kinds, and nothing to start or to clean up.
"""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import TracebackType
from typing import Any, Self

import uvicorn

from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.blobs import MemoryBlobs
from fermata.adapters.memory.state import State
from fermata.adapters.web.receivers import WebReceivers
from fermata.api.app import create_app
from fermata.api.auth import Security
from fermata.bootstrap import memory_content, memory_engine
from fermata.domain.access import SCOPES, ApiKey, digest
from fermata.domain.kind import Kind, Settings
from fermata.kinds.registry import Registry
from fermata.runner.slots import Slots, ThreadSlots
from fermata.testing import Driver

logger = logging.getLogger("fermata.embedded")

WORKERS = 2
IDLE = 0.01
"""Seconds between two looks of a worker that has nothing to do."""

RECOVERY = 0.5
"""Seconds between two runs of recovery, which on AWS runs each minute."""

FILES = "/embedded-files/"
TENANT, USER = "default", "embedded"


@dataclass
class Embedded:
    """A server in memory; a context manager.

    Attributes:
        kinds: that it knows; by default all of Fermata's.
        settings: what units may do; by default read local files, and loopback.
        keys: API keys, to which one for ``api_key`` is added.
        wrap: puts something between the app and its clients.
        works: units run while it is set.
        url: where it answers, once it has been started.
        api_key: it may do everything in the tenant ``default``.
    """

    kinds: Mapping[str, Kind] = field(default_factory=Registry)
    settings: Settings = field(
        default_factory=lambda: Settings(allow_local_files=True, allowed_hosts=frozenset({"127.0.0.1", "localhost"}))
    )
    keys: MemoryKeys = field(default_factory=MemoryKeys)
    secure: Callable[[MemoryKeys], Security] = Security
    wrap: Callable[[Any], Any] = field(default=lambda app: app)
    slots: Callable[[], Slots] = ThreadSlots
    workers: int = WORKERS
    recovery: float = RECOVERY
    works: threading.Event = field(default_factory=threading.Event)
    url: str = ""
    api_key: str = field(default_factory=lambda: f"sk_{secrets.token_urlsafe(24)}", repr=False)

    def __post_init__(self) -> None:
        self.world = State()
        engine = memory_engine(self.world, self.kinds, settings=self.settings, receivers=WebReceivers())
        self.engine = replace(engine, blobs=_Files(self.world, self))
        self.driver = Driver(self.engine, self.world, slots=self.slots)
        self.keys.add(ApiKey("embedded", TENANT, USER, SCOPES, digest(self.api_key), time.time()))
        app = create_app(self.engine, memory_content(self.world), self.secure(self.keys))
        config = uvicorn.Config(self.wrap(self._serving_files(app)), lifespan="off", log_config=None, access_log=False)
        self._server = uvicorn.Server(config)
        self._ended = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> Self:
        """Answer from now on, and work."""
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        loops = [lambda: self._server.run([listening]), self._recover, self._tell, *[self._work] * self.workers]
        self._threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
        self.works.set()
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """End it, with all that it remembers."""
        self._ended.set()
        self.works.set()
        self._server.should_exit = True
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _work(self) -> None:
        while not self._ended.is_set():
            self.works.wait()
            if not self._survived(partial(self.driver.step, wait=False)):
                self._ended.wait(IDLE)

    def _recover(self) -> None:
        while not self._ended.wait(self.recovery):
            if self.works.is_set():
                self._survived(self.driver.trigger)
                self._survived(self.driver.recover)

    def _tell(self) -> None:
        while not self._ended.wait(IDLE):
            self._survived(self.driver.tell)

    def _survived(self, call: Callable[[], Any]) -> Any:
        """Its answer; None when it raised, which on AWS ends one invocation and not the function."""
        try:
            return call()
        except Exception:
            logger.exception("an embedded worker failed")
            return None

    def _serving_files(self, app: Any) -> Any:
        """Large results are fetched from where their links lead, which is S3 on AWS."""

        async def serve(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http" or not scope["path"].startswith(FILES):
                await app(scope, receive, send)
                return
            content = self.world.blobs.get(scope["path"].removeprefix(FILES))
            status = 404 if content is None else 200
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": content or b""})

        return serve


class _Files(MemoryBlobs):
    """Blobs whose links lead to the server."""

    def __init__(self, world: State, server: Embedded) -> None:
        super().__init__(world)
        self._server = server

    def link(self, key: str, seconds: int) -> str:
        return f"{self._server.url}{FILES}{key}"


def start(kinds: Mapping[str, Kind] | None = None) -> Embedded:
    """A server that knows these kinds beside Fermata's own."""
    return Embedded(ChainMap(dict(kinds or {}), Registry())).start()  # type: ignore[arg-type]
