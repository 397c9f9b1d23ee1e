"""The client: one attribute for each family of routes."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fermata_client import embedded, local, routes
from fermata_client._async.access import AsyncKeys
from fermata_client._async.batches import AsyncBatches
from fermata_client._async.changes import Change, Some, changes
from fermata_client._async.following import PATIENCE
from fermata_client._async.jobs import AsyncJobs
from fermata_client._async.kinds import AsyncKinds
from fermata_client._async.processes import AsyncProcesses
from fermata_client._async.records import AsyncRecords
from fermata_client._async.schedules import AsyncSchedules
from fermata_client._async.sources import AsyncSources
from fermata_client._async.system import AsyncAudit, AsyncSystem
from fermata_client._async.tasks import AsyncTasks
from fermata_client._async.transport import AsyncTransport, Credentials
from fermata_client._async.webhooks import AsyncWebhooks
from fermata_client.retries import Retry

if TYPE_CHECKING:
    from fermata_client import models


class AsyncClient:
    """A Fermata server, called as one caller; a context manager, which ends its connections.

    Attributes:
        transport: for requests that no method makes: it adds credentials, tries again and raises this package's errors.
    """

    def __init__(
        self,
        url: str,
        *,
        api_key: str | None = None,
        token: str | Callable[[], str] | None = None,
        timeout: float = 30.0,
        retry: Retry | None = None,
    ) -> None:
        """Call the server at ``url``; nothing is sent yet. Raises ValueError for a URL, key or token that is none.

        Args:
            api_key: to call it with.
            token: a JWT in place of the key, or what gives a fresh one for each request.
            timeout: seconds for each step of a request; the gateway gives up after 30.
            retry: how often requests are tried again.
        """
        self.transport = AsyncTransport(url, _credentials(api_key, token), timeout=timeout, retry=retry)
        self._on_close: list[Callable[[], None]] = []
        self.jobs = AsyncJobs(self.transport)
        self.kinds = AsyncKinds(self.transport)
        self.batches = AsyncBatches(self.transport)
        self.sources = AsyncSources(self.transport)
        self.tasks = AsyncTasks(self.transport)
        self.processes = AsyncProcesses(self.transport)
        self.records = AsyncRecords(self.transport)
        self.schedules = AsyncSchedules(self.transport)
        self.webhooks = AsyncWebhooks(self.transport)
        self.system = AsyncSystem(self.transport)
        self.audit = AsyncAudit(self.transport)
        self.keys = AsyncKeys(self.transport)

    @classmethod
    def from_environment(cls, **options: Any) -> Self:
        """The server that ``FERMATA_URL`` names, with ``FERMATA_TOKEN`` or ``FERMATA_API_KEY``. Raises KeyError."""
        token, key = os.environ.get("FERMATA_TOKEN"), os.environ.get("FERMATA_API_KEY")
        return cls(os.environ["FERMATA_URL"], token=token, api_key=None if token else key, **options)

    @classmethod
    def local(
        cls,
        state_dir: str | Path | None = None,
        *,
        user: str | None = None,
        tenant: str = "default",
        scopes: Iterable[str] = local.SCOPES,
        **options: Any,
    ) -> Self:
        """The running local stack, as this user (by default whoever runs the program) with these scopes.

        Args:
            state_dir: the stack's state folder; by default ``FERMATA_STATE_DIR``, else the nearest ``.fermata`` upwards.

        Raises:
            NotRunning: there is none.
        """
        stack, wanted = local.find(state_dir), tuple(scopes)
        return cls(stack.url, token=lambda: stack.token(user, tenant=tenant, scopes=wanted), **options)

    @classmethod
    def embedded(cls, kinds: Mapping[str, Any] | None = None, **options: Any) -> Self:
        """An engine in this process's memory, for tests; closing the client ends it.

        Args:
            kinds: kinds of work to know beside its own, by name.

        Raises:
            NotInstalled: it needs the package ``fermata`` with its extra ``local``, which this client does not.
        """
        server = embedded.start(kinds)
        client = cls(server.url, api_key=server.api_key, **options)
        client._on_close.append(server.stop)
        return client

    @property
    def url(self) -> str:
        return self.transport.url

    async def health(self) -> models.Health:
        """That the server answers, and its version; needs no credentials."""
        return await self.transport.call(routes.HEALTH)

    async def search(self, query: str, *, workspace: str | None = None, limit: int | None = None) -> models.Passages:
        """The passages of a workspace's sources that answer best."""
        return await self.transport.call(routes.SEARCH, query={"q": query, "workspace": workspace, "limit": limit})

    async def follow(
        self,
        *,
        after: str | None = None,
        kind: Some = None,
        family: Some = None,
        workspace: Some = None,
        status: Some = None,
        job: Some = None,
        types: Some = None,
        failed_units: bool | None = None,
        progress: bool = True,
        patience: float = PATIENCE,
    ) -> AsyncIterator[Change]:
        """Everything that changes in the tenant, from now on, over as many connections as it takes; it never ends by itself.

        Each filter takes one value or several; what is given together must all match.

        Args:
            after: the ``id`` of the last change that was seen: what came after it comes, once.
            job: ids of jobs, as the engine or a family has them.
            status: of the job afterwards.
            types: of events, ``system`` among them.
            failed_units: only of jobs with failed units by now, or without any so far.
            progress: tell of running jobs whose counts have moved, too.
            patience: seconds that the server may be out of reach.
        """
        found = changes(
            self.transport,
            after=after,
            kind=kind,
            family=family,
            workspace=workspace,
            status=status,
            job=job,
            types=types,
            failed_units=failed_units,
            progress=progress,
            patience=patience,
        )
        async for change in found:
            yield change

    async def whoami(self) -> models.SessionInfo:
        """Tenant, user and scopes of the caller."""
        return await self.transport.call(routes.SESSION_READ)

    async def aclose(self) -> None:
        """End all connections, and an embedded engine."""
        await self.transport.aclose()
        while self._on_close:
            self._on_close.pop()()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _credentials(api_key: str | None, token: str | Callable[[], str] | None) -> Credentials:
    """A token wins over a key, as on the server."""
    if callable(token):
        return lambda: {"Authorization": f"Bearer {_sendable(token(), 'token')}"}
    headers = {} if api_key is None else {"X-API-Key": _sendable(api_key, "API key")}
    if token is not None:
        headers = {"Authorization": f"Bearer {_sendable(token, 'token')}"}
    return lambda: headers


def _sendable(secret: str, name: str) -> str:
    """Without the end of the line that it was read from. Raises ValueError, which repeats nothing of it."""
    secret = secret.strip()
    if not (secret.isascii() and secret.isprintable()):
        raise ValueError(f"the {name} has characters in it that no {name} has")
    return secret
