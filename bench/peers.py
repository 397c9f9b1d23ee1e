"""Other ways to run many small units, at the same no-op: each in processes of its own, as its manual starts it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bench import processor

PATIENCE = 90.0


@dataclass(frozen=True)
class Peer:
    """Another queue.

    Attributes:
        run: measures it: units, seconds, processor seconds.
        note: what it guarantees, and how it was set up.
    """

    name: str
    run: Callable[[], tuple[int, float, float]]
    note: str


def available() -> list[Peer]:
    """Those that are installed here."""
    found = []
    if find_spec("huey"):
        redis = shutil.which("redis-server") is not None
        name = f"huey ({'Redis' if redis else 'SQLite; no redis-server is installed'})"
        note = "huey: two worker processes, results kept; a worker that is killed loses the unit that it had taken."
        found.append(Peer(name, _huey_on_redis if redis else _huey_on_sqlite, note))
    if find_spec("dbos"):
        note = "DBOS: a step for each unit, 125 steps a workflow, its queue runs the workflows in one process; SQLite."
        found.append(Peer("DBOS (SQLite)", _dbos, note))
    return found


def _huey_on_redis() -> tuple[int, float, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        socket = Path(folder) / "redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", folder]
        with _process(command) as server:
            _await(socket.exists)
            return _huey(f"unix://{socket}", server.pid)


def _huey_on_sqlite() -> tuple[int, float, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return _huey(str(Path(folder) / "huey.db"))


def _huey(storage: str, *others: int) -> tuple[int, float, float]:
    """With its consumer in two processes; the producer counts as well."""
    consumer = [sys.executable, "-m", "bench.peer_huey", storage, "consume"]
    producer = [sys.executable, "-m", "bench.peer_huey", storage, "produce"]
    with _process(consumer) as workers:
        time.sleep(2.0)  # until its workers wait for work: it says so nowhere
        before = sum(map(processor.seconds, (workers.pid, *others)))
        units, seconds, used = _report(producer)
        return units, seconds, used + sum(map(processor.seconds, (workers.pid, *others))) - before


def _dbos() -> tuple[int, float, float]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return _report([sys.executable, "-m", "bench.peer_dbos", str(Path(folder) / "dbos.sqlite")])


def _report(command: list[str]) -> tuple[int, float, float]:
    """What a peer's own process has measured: units, seconds, its processor seconds, as its last line."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    units, seconds, used = json.loads(done.stdout.strip().splitlines()[-1])
    return int(units), float(seconds), float(used)


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(10)


def _await(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("it did not start")
        time.sleep(0.02)
