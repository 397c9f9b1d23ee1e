"""What jobs, batches, sources, tasks and processes have in common once somebody holds one: refreshing and waiting."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Self

from fermata_client._async.clock import sleep
from fermata_client._async.transport import AsyncTransport, read
from fermata_client.errors import Unfinished, Unsuccessful
from fermata_client.routes import Route

SOON, LATER = 0.1, 2.0
"""Seconds between two looks while waiting: the first, and the most, which is reached after some 20 s."""


class AsyncHandle(ABC):
    """One thing on the server, as it was read last; reading again, and every command, brings it up to date."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport
        self._tag: str | None = None

    @abstractmethod
    async def refresh(self) -> Self:
        """Read it again. Raises NotFound."""

    @property
    @abstractmethod
    def over(self) -> bool:
        """Whether it has ended, in whatever way."""

    @property
    @abstractmethod
    def succeeded(self) -> bool:
        """Whether it has ended well."""

    async def wait(
        self,
        timeout: float | None = None,
        *,
        progress: Callable[[Self], object] | None = None,
        until: Callable[[Self], bool] | None = None,
        every: float | None = None,
        check: bool = True,
    ) -> Self:
        """Wait until it is over.

        Args:
            timeout: seconds; None: for ever.
            progress: is called after each look.
            until: stop as soon as this is true of it, too: a job that waits for review, for example, is not over.
            every: seconds between two looks; by default few at first and two later on.
            check: raise Unsuccessful when it ends otherwise than well.

        Raises:
            Unfinished: the time ran out.
        """
        began, rest = time.monotonic(), SOON if every is None else every
        while True:
            await self.refresh()
            if progress is not None:
                progress(self)
            if self.over or (until is not None and until(self)):
                break
            left = None if timeout is None else began + timeout - time.monotonic()
            if left is not None and left <= 0:
                raise Unfinished(self, float(timeout or 0))
            await sleep(rest if left is None else min(rest, left))
            rest = min(rest * 1.15, LATER) if every is None else every
        if check and self.over and not self.succeeded:
            raise Unsuccessful(self)
        return self

    async def _read(self, route: Route[Any], path: str) -> Any:
        """Its state, or None when it is still as it was."""
        headers = {"If-None-Match": self._tag} if self._tag else None
        response = await self._transport.response(route, path, headers=headers)
        if response.status_code == 304:
            return None
        self._tag = response.headers.get("etag")
        return read(route, response)
