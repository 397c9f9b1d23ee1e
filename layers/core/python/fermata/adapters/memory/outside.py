"""Queue, executions, blobs and secrets in memory."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from fermata.adapters.memory.world import World
from fermata.domain.errors import NotFound, TokenSpent
from fermata.domain.jobs import Ref
from fermata.ports import Message


class MemoryQueue:
    """Implements :class:`fermata.ports.Queue`; whoever drives the world takes the messages out."""

    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, messages: Sequence[Message], delay: float = 0) -> None:
        with self.world.lock:
            self.world.queue.extend(messages)

    def dead(self, limit: int = 100) -> Iterator[Message]:
        for _ in range(limit):
            with self.world.lock:
                if not self.world.dead:
                    return
                message = self.world.dead[0]
            yield message
            with self.world.lock:
                self.world.dead.remove(message)

    def backlog(self) -> int:
        with self.world.lock:
            return len(self.world.queue)


class MemoryWorkflow:
    """Implements :class:`fermata.ports.Workflow`: the state machine's transitions; whoever drives the world enters the steps."""

    def __init__(self, world: World) -> None:
        self.world = world

    def start(self, ref: Ref, run: int) -> None:
        with self.world.lock:
            if (ref, run) not in self.world.executions:
                self.world.executions[ref, run] = "running"
                self.world.arrivals.append((ref, run, "plan"))

    def succeed(self, token: str, output: dict[str, Any]) -> None:
        with self.world.lock:
            waiting = self.world.tokens.pop(token, None)
            if waiting is None or not self.running(waiting[0], waiting[1]):
                raise TokenSpent(token)
            ref, run, step = waiting
            if step == "finish":
                self.world.executions[ref, run] = "over"
            else:
                following = {"plan": "run", "review": "plan"}.get(step) or str(output["next"])
                self.world.arrivals.append((ref, run, following))

    def stop(self, ref: Ref, run: int, reason: str) -> None:
        with self.world.lock:
            if (ref, run) in self.world.executions:
                self.world.executions[ref, run] = "over"

    def running(self, ref: Ref, run: int) -> bool:
        with self.world.lock:
            return self.world.executions.get((ref, run)) == "running"


class MemoryBlobs:
    """Implements :class:`fermata.ports.Blobs`."""

    def __init__(self, world: World) -> None:
        self.world = world

    def put(self, key: str, data: bytes) -> None:
        with self.world.lock:
            self.world.blobs[key] = data

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        with self.world.lock:
            try:
                return self.world.blobs[key][start:end]
            except KeyError:
                raise NotFound("blob", key) from None

    def open(self, key: str, start: int = 0) -> IO[bytes]:
        return io.BytesIO(self.get(key, start))

    def write(self, key: str, parts: Iterable[bytes]) -> int:
        data = b"".join(parts)
        self.put(key, data)
        return len(data)

    def exists(self, key: str) -> bool:
        with self.world.lock:
            return key in self.world.blobs

    def link(self, key: str, seconds: int) -> str:
        return f"memory:{key}"


class MemorySecrets:
    """Implements :class:`fermata.ports.Secrets`: it hides nothing, but refuses a wrong context."""

    def seal(self, text: str, context: dict[str, str]) -> str:
        return base64.b64encode(json.dumps([text, context], sort_keys=True).encode()).decode()

    def open(self, sealed: str, context: dict[str, str]) -> str:
        text, sealed_for = json.loads(base64.b64decode(sealed))
        if sealed_for != context:
            raise NotFound("secret", "in this context")
        return str(text)
