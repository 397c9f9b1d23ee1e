"""Processes that can be ended: a file that loops, bloats or crashes its reader harms nothing else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from queue import Empty, LifoQueue
from typing import Any

from fermata.domain import interruption
from fermata.domain.kind import UnitError, UnitRetry
from fermata.toolkit.aside import POLL, aside

_USES = 500
"""Files after which a process is replaced, lest what its libraries leak adds up."""

_END = 5.0
"""Seconds that a process has to end once nobody asks it any more; how it ended says what became of its last file."""

_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "LANG", "LC_ALL")


class _Child:
    def __init__(self, module: str) -> None:
        environment = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        # The very code this process runs, wherever it was loaded from; the folder that the process is in is not code.
        environment["PYTHONPATH"] = os.pathsep.join(entry for entry in sys.path if entry)
        self.uses = 0
        self._process = subprocess.Popen(  # noqa: S603 - the module is named by this program
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            text=True,
            encoding="utf-8",
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """The answer, or None when the process has ended without one."""
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101 - for the type checker
        self.uses += 1
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
            return json.loads(line) if line.endswith("\n") else None
        except OSError:
            return None

    def kill(self) -> None:
        """End the process in the middle of a file; whoever asked gets no answer."""
        self._process.kill()  # first, since the pipes are in use until then
        self.end()

    def end(self) -> int:
        """End the process; its exit code, negative for a signal."""
        for pipe in (self._process.stdin, self._process.stdout):
            try:
                if pipe is not None:
                    pipe.close()
            except OSError:
                pass
        try:
            return self._process.wait(timeout=_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class Sandbox:
    """A few processes of a module that :func:`~fermata.toolkit.sandbox_worker.serve` serves, started when they are first needed,
    for any number of threads.

    ``seconds``: how long one file may take.
    """

    def __init__(self, module: str, size: int, seconds: float) -> None:
        self._module, self._size, self.seconds = module, size, seconds
        self._slots: LifoQueue[_Child | None] = LifoQueue()
        for _ in range(size):
            self._slots.put(None)

    def ask(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        """What the module makes of a file; ``deadline`` (``time.monotonic``) tightens the time.

        Raises UnitError with a reason for the user, and UnitRetry when others took all the time.
        """
        seconds = max(0.1, min(self.seconds, deadline - time.monotonic()))
        answer = self._asked(request | {"seconds": seconds}, deadline)
        if "error" in answer:
            raise UnitError(answer["error"])
        content: dict[str, Any] = answer["content"]
        return content

    def _asked(self, request: dict[str, Any], deadline: float) -> dict[str, Any]:
        child = self._taken(deadline)
        fresh = child is None or child.uses == 0
        try:
            asked = child = child or _Child(self._module)
            answer = aside(lambda: asked.ask(request))
            if answer is not None:
                if answer.get("spent") or child.uses >= _USES:
                    child.end()
                    child = None
                return answer
            code, child = child.end(), None
        except BaseException:
            if child is not None:
                child.kill()
                child = None
            raise
        finally:
            self._slots.put(child)
        if not fresh and code != -signal.SIGALRM:
            # It may have been ended from outside while it was idle; the file is at fault only if a fresh one ends too.
            return self._asked(request, deadline)
        if code == -signal.SIGALRM:
            raise UnitError(f"reading the file took longer than {request['seconds']:.3g} seconds")
        raise UnitError("the file can't be read: it crashes its reader")

    def _taken(self, deadline: float) -> _Child | None:
        while True:
            try:
                return self._slots.get(timeout=max(0.0, min(deadline - time.monotonic(), POLL)))
            except Empty:
                interruption.check()
                if time.monotonic() >= deadline:
                    raise UnitRetry("other files took all the time there was to read this one") from None

    def close(self) -> None:
        closed = 0
        for _ in range(self._size):
            try:
                # Whoever reads at the end of the program is not waited for; without its parent a process ends itself.
                child = self._slots.get(timeout=1.0)
            except Empty:
                break
            if child is not None:
                child.end()
            closed += 1
        for _ in range(closed):
            self._slots.put(None)
