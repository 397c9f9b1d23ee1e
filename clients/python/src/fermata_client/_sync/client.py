"""The client: one attribute for each family of routes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from fermata_client import embedded, local, routes
from fermata_client._sync.access import Keys
from fermata_client._sync.batches import Batches
from fermata_client._sync.changes import Change, Some, changes
from fermata_client._sync.following import PATIENCE
from fermata_client._sync.jobs import Jobs
from fermata_client._sync.kinds import Kinds
from fermata_client._sync.processes import Processes
from fermata_client._sync.records import Records
from fermata_client._sync.schedules import Schedules
from fermata_client._sync.sources import Sources
from fermata_client._sync.system import Audit, System
from fermata_client._sync.tasks import Tasks
from fermata_client._sync.transport import Credentials, Transport
from fermata_client._sync.webhooks import Webhooks
from fermata_client.retries import Retry

if TYPE_CHECKING:
    from fermata_client import models


class Client:
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
        self.transport = Transport(url, _credentials(api_key, token), timeout=timeout, retry=retry)
        self._on_close: list[Callable[[], None]] = []
        self.jobs = Jobs(self.transport)
        self.kinds = Kinds(self.transport)
        self.batches = Batches(self.transport)
        self.sources = Sources(self.transport)
        self.tasks = Tasks(self.transport)
        self.processes = Processes(self.transport)
        self.records = Records(self.transport)
        self.schedules = Schedules(self.transport)
        self.webhooks = Webhooks(self.transport)
        self.system = System(self.transport)
        self.audit = Audit(self.transport)
        self.keys = Keys(self.transport)

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

    def health(self) -> models.Health:
        """That the server answers, and its version; needs no credentials."""
        return self.transport.call(routes.HEALTH)

    def search(self, query: str, *, workspace: str | None = None, limit: int | None = None) -> models.Passages:
        """The passages of a workspace's sources that answer best."""
        return self.transport.call(routes.SEARCH, query={"q": query, "workspace": workspace, "limit": limit})

    def follow(
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
    ) -> Iterator[Change]:
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
        for change in found:
            yield change

    def whoami(self) -> models.SessionInfo:
        """Tenant, user and scopes of the caller."""
        return self.transport.call(routes.SESSION_READ)

    def close(self) -> None:
        """End all connections, and an embedded engine."""
        self.transport.close()
        while self._on_close:
            self._on_close.pop()()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
