"""Holds the running API to its own description for as long as asked: ``python tests/fuzz/run.py SECONDS``.

schemathesis makes the requests, from the description and from answers (by the links in it), and runs all of its checks. The
API is the real app over memory adapters, with the real kinds' parameters; their units need nothing of the world, so that no
request leaves this computer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import uvicorn
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.adapters.memory.state import State
from fermata.api.app import Options, create_app
from fermata.api.auth import Security, Tokens
from fermata.api.streaming import Window, Windows
from fermata.bootstrap import memory_content, memory_engine
from fermata.cli.seeding import SEEDS, put
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage
from fermata.kinds.registry import PLACES, Registry
from fermata.testing import Driver
from fermata.testing.driver import QuickClock

HERE = Path(__file__).parent
SECRET = "a secret of at least thirty-two bytes"
AT_ONCE = Windows(Window(length=0.0), Window(length=0.0))
"""Streams tell what there is, and close."""

UNITS = 3


def harmless(real: Kind) -> Kind:
    """The kind with its parameters and stages, but units that do nothing."""

    def plan(job: Planning) -> Iterator[Planned]:
        return (Planned(number, number + 1) for number in range(job.cursor or 0, UNITS))

    def follow(job: Planning) -> Iterator[Planned]:
        return (Planned(result.number, None) for result in job.previous())

    stages = tuple(
        Stage(
            stage.name, follow if number else plan, lambda unit: {"did": unit.value}, Policy(timeout=None), stage.review
        )
        for number, stage in enumerate(real.stages)
    )
    return Kind(
        real.name,
        real.title,
        stages,
        real.parse,
        real.schema,
        secrets=real.secrets,
        limit=real.limit,
        families=real.families,
    )


class Kinds(dict[str, Kind]):
    """The real kinds; any other name is a kind as well, so that what is made up can be started."""

    def __missing__(self, name: str) -> Kind:
        stage = Stage("do", lambda job: iter([Planned(1, 1)]), lambda unit: unit.value, Policy(timeout=None))
        return Kind(name, name, (stage,), dict, dict, families=frozenset({"processes", "tasks"}))


class Server:
    """The API on loopback, with the engine driven beside it."""

    def __init__(self) -> None:
        world, registry = State(), Registry(PLACES)
        kinds: Mapping[str, Kind] = Kinds({name: harmless(registry[name]) for name in registry})
        engine = memory_engine(world, kinds, QuickClock())
        keys = MemoryKeys()
        put(keys)
        security = Security(keys, Tokens(SECRET, audience="fermata"))
        app = create_app(engine, memory_content(world), security, Options(windows=AT_ONCE))
        self.driver, self.ended = Driver(engine, world), threading.Event()
        self.server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", ws="none", log_level="error"))
        self.threads = [threading.Thread(target=run) for run in (self.server.run, self._drive)]

    def __enter__(self) -> str:
        for thread in self.threads:
            thread.start()
        while not self.server.started:
            self.ended.wait(0.01)
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    def __exit__(self, *error: object) -> None:
        self.ended.set()
        self.server.should_exit = True
        for thread in self.threads:
            thread.join()

    def _drive(self) -> None:
        while not self.ended.wait(0.05):
            for _ in range(20):
                if not self.driver.step():
                    break


def command(tool: str, url: str, seconds: float, *more: str) -> list[str]:
    key = SEEDS[0][0]
    config = ["--config-file", str(HERE / "schemathesis.toml")]
    run = ["run", f"{url}/openapi.json", "--max-time", str(int(seconds)), "--header", f"X-API-Key: {key}"]
    return [tool, *config, *run, *more]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--tool", default="schemathesis")
    known, more = parser.parse_known_args(arguments)
    with Server() as url:
        return subprocess.run(command(known.tool, url, known.seconds, *more), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
