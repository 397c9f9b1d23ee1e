"""Processes, with a review where a person has to decide."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from fermata_client import routes
from fermata_client._sync.following import PATIENCE, follow
from fermata_client._sync.handle import Handle
from fermata_client._sync.jobs import Decision, Job, Jobs
from fermata_client._sync.transport import Transport, read_json
from fermata_client.values import numbers
from fermata_client.words import ProcessStatus

if TYPE_CHECKING:
    from fermata_client import models

ProcessItems: TypeAlias = "list[models.ProcessItem]"
ProcessEvents: TypeAlias = "list[models.ProcessEvent]"


class Process(Handle):
    """A process. ``data`` is its state as it was read last."""

    def __init__(self, transport: Transport, data: models.Process) -> None:
        super().__init__(transport)
        self.data = data

    def __str__(self) -> str:
        error = self.data.result_summary.get("error")
        why = f": {error}" if error else ""
        return f"process {self.id} is {self.status.replace('_', ' ')}, {self.data.progress} %{why}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    @property
    def id(self) -> int:
        return self.data.id

    @property
    def status(self) -> ProcessStatus:
        return self.data.status

    @property
    def result(self) -> dict[str, Any]:
        return self.data.result_summary

    @property
    def over(self) -> bool:
        return self.status.final

    @property
    def succeeded(self) -> bool:
        return self.status == ProcessStatus.COMPLETED

    def refresh(self) -> Self:
        path = routes.PROCESSES_READ.at(id=self.id)
        self.data = self._read(routes.PROCESSES_READ, path) or self.data
        return self

    def retry(self, *, reason: str | None = None) -> Self:
        """Keep what succeeded, run what failed or never ran. Raises Conflict unless it is failed."""
        return self._now(self._processes.retry(self.id, reason=reason))

    def cancel(self, *, reason: str | None = None) -> Self:
        """Stop for good. Raises Conflict when it is over."""
        return self._now(self._processes.cancel(self.id, reason=reason))

    def review(self, decision: Decision, *, units: Iterable[int] | None = None, reason: str | None = None) -> Self:
        """Approve the draft, all of it or these units, or reject it. Raises Conflict unless it waits for review."""
        return self._now(self._processes.review(self.id, decision, units=units, reason=reason))

    def events(self) -> ProcessEvents:
        """Its whole history, oldest first."""
        return self._processes.events(self.id)

    def follow(self, *, patience: float = PATIENCE) -> Iterator[models.Process]:
        """The process whenever something happens to it, until it is over; ``data`` keeps up."""
        for data in self._processes.follow(self.id, patience=patience):
            self.data = data
            yield data

    def job(self) -> Job:
        """The same as a job, with its holds, results and reasons."""
        return Jobs(self._transport).get(f"processes:{self.id}")

    @property
    def _processes(self) -> Processes:
        return Processes(self._transport)

    def _now(self, data: models.Process) -> Self:
        self.data, self._tag = data, None
        return self


class Processes:
    """Processes of the tenant. One that is not of the ``workspace`` that is named raises NotFound."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        type: str,
        input: Mapping[str, Any] | None = None,
        *,
        workspace: str | int | None = None,
        idempotency_key: str | None = None,
    ) -> Process:
        """Start a process.

        Args:
            idempotency_key: the same key with the same request gets the first one; a new one for each call by default.
        """
        headers = {"Idempotency-Key": idempotency_key or random.token_urlsafe(24)}
        body = {"type": type, "input": dict(input or {}), "workspace_id": workspace}
        return Process(self._transport, self._transport.call(routes.PROCESSES_CREATE, body=body, headers=headers))

    def get(self, id: int | str, *, workspace: str | None = None) -> Process:
        """The process of this id. Raises NotFound."""
        path, query = routes.PROCESSES_READ.at(id=id), {"workspace_id": workspace}
        return Process(self._transport, self._transport.call(routes.PROCESSES_READ, path, query=query))

    def list(
        self, *, workspace: str | None = None, status: str | None = None, limit: int | None = None
    ) -> ProcessItems:
        """The newest processes of a workspace, at most 500."""
        query = {"workspace_id": workspace, "status": status, "limit": limit}
        return self._transport.call(routes.PROCESSES_LIST, query=query)

    def events(self, id: int | str, *, workspace: str | None = None) -> ProcessEvents:
        """The whole history of a process, oldest first."""
        path, query = routes.PROCESSES_EVENTS.at(id=id), {"workspace_id": workspace}
        return self._transport.call(routes.PROCESSES_EVENTS, path, query=query)

    def retry(self, id: int | str, *, reason: str | None = None, workspace: str | None = None) -> models.Process:
        path, query = routes.PROCESSES_RETRY.at(id=id), {"workspace_id": workspace}
        return self._transport.call(routes.PROCESSES_RETRY, path, query=query, body={"reason": reason})

    def cancel(self, id: int | str, *, reason: str | None = None, workspace: str | None = None) -> models.Process:
        path, query = routes.PROCESSES_CANCEL.at(id=id), {"workspace_id": workspace}
        return self._transport.call(routes.PROCESSES_CANCEL, path, query=query, body={"reason": reason})

    def review(
        self,
        id: int | str,
        decision: Decision,
        *,
        units: Iterable[int] | None = None,
        reason: str | None = None,
        workspace: str | None = None,
    ) -> models.Process:
        body = {"decision": decision, "units": numbers(units), "reason": reason}
        path, query = routes.PROCESSES_REVIEW.at(id=id), {"workspace_id": workspace}
        return self._transport.call(routes.PROCESSES_REVIEW, path, query=query, body=body)

    def follow(
        self, id: int | str, *, patience: float = PATIENCE, workspace: str | None = None
    ) -> Iterator[models.Process]:
        """A process whenever something happens to it, until it is over."""
        path, query = routes.PROCESSES_STREAM.at(id=id), {"workspace_id": workspace}
        for message in follow(self._transport, path, None, patience, query):
            yield read_json(routes.PROCESSES_STREAM, message.data, self._transport.url + path)
