"""Receivers of webhooks in memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fermata.domain.webhooks import Reply

Answer = Callable[[bytes], Reply]


class MemoryReceivers:
    """Implements :class:`fermata.ports.Receivers`: remembers what it was given, and answers as told, else 204.

    Attributes:
        answers: by URL.
        posted: URL, headers and body of each request.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.posted: list[tuple[str, Mapping[str, str], bytes]] = []

    def refusal(self, url: str, allowed_hosts: frozenset[str]) -> str | None:
        return None if url.startswith("https://") else "must be an https URL"

    def post(self, url: str, headers: Mapping[str, str], body: bytes, allowed_hosts: frozenset[str]) -> Reply:
        self.posted.append((url, headers, body))
        answer = self.answers.get(url)
        return answer(body) if answer is not None else Reply(204)
