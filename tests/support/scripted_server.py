"""A server that answers what a test tells it to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Reply:
    """What is answered to one request; ``breaks``: the connection ends before the body does."""

    status: int = 200
    body: Sequence[bytes] = (b"{}",)
    headers: dict[str, str] = field(default_factory=dict)
    breaks: bool = False


@dataclass
class Scripted:
    """Answers requests one after the other with what was told, the last one again and again.

    Attributes:
        asked: method, path and headers of each request.
        queries: of each request.
    """

    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    url: str = ""

    def tell(self, *replies: Reply) -> None:
        self.replies[:] = replies
        self.asked.clear()
        self.queries.clear()

    async def __call__(self, scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append((scope["method"], scope["path"], headers))
        self.queries.append(scope["query_string"].decode())
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        raw = [(name.encode(), value.encode()) for name, value in reply.headers.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": raw})
        for part in reply.body:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        if reply.breaks:
            raise ConnectionResetError("as asked")
        await send({"type": "http.response.body", "body": b""})
