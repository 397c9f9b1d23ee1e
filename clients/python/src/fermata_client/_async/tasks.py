"""Background tasks of projects."""

from __future__ import annotations

import secrets as random
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Self, TypeAlias

from fermata_client import routes
from fermata_client._async.following import PATIENCE, follow
from fermata_client._async.handle import AsyncHandle
from fermata_client._async.jobs import AsyncJob, AsyncJobs
from fermata_client._async.transport import AsyncTransport, read_json
from fermata_client.words import TaskStatus

if TYPE_CHECKING:
    from fermata_client import models

TaskItems: TypeAlias = "list[models.TaskItem]"


class AsyncTask(AsyncHandle):
    """A task. ``data`` is its state as it was read last."""

    def __init__(self, transport: AsyncTransport, data: models.Task) -> None:
        super().__init__(transport)
        self.data = data

    def __str__(self) -> str:
        why = f": {self.data.error_message}" if self.data.error_message else ""
        return f"task {self.id} is {self.status}, {self.data.progress} of {self.data.total} units done{why}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    @property
    def id(self) -> int:
        return self.data.id

    @property
    def status(self) -> TaskStatus:
        return self.data.status

    @property
    def result(self) -> dict[str, Any]:
        return self.data.result

    @property
    def over(self) -> bool:
        return self.status.final

    @property
    def succeeded(self) -> bool:
        return self.status == TaskStatus.COMPLETED

    async def refresh(self) -> Self:
        found = await self._read(routes.TASKS_READ, routes.TASKS_READ.at(id=self.id))
        self.data = found.data if found is not None else self.data
        return self

    async def pause(self, *, reason: str | None = None) -> Self:
        """What is under way ends, then it waits. Raises Conflict, and Forbidden for somebody else's task."""
        await self._tasks.pause(self.id, reason=reason)
        return await self.refresh()

    async def resume(self, *, reason: str | None = None) -> Self:
        """Go on where it stopped. Raises Conflict when it is not paused."""
        await self._tasks.resume(self.id, reason=reason)
        return await self.refresh()

    async def cancel(self, *, reason: str | None = None) -> Self:
        """Stop for good. Raises BadRequest when it is over."""
        await self._tasks.cancel(self.id, reason=reason)
        return await self.refresh()

    async def control_state(self) -> models.TaskControlState:
        """Whether somebody stopped it, who and why."""
        return await self._tasks.control_state(self.id)

    async def follow(self, *, patience: float = PATIENCE) -> AsyncIterator[dict[str, Any]]:
        """What happens to it, from its first event until it is over: each event with its ``type``."""
        async for event in self._tasks.follow(self.id, patience=patience):
            yield event

    async def job(self) -> AsyncJob:
        """The same as a job, with its holds, results and reasons."""
        return await AsyncJobs(self._transport).get(f"tasks:{self.id}")

    @property
    def _tasks(self) -> AsyncTasks:
        return AsyncTasks(self._transport)


class AsyncTasks:
    """Tasks of the tenant."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        task_type: str,
        params: Mapping[str, Any] | None = None,
        *,
        project_id: int | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncTask:
        """Start a task; without a project it belongs to the default one.

        Args:
            idempotency_key: the same key with the same request gets the first one; a new one for each call by default.
        """
        headers = {"Idempotency-Key": idempotency_key or random.token_urlsafe(24)}
        body = {"task_type": task_type, "params": dict(params or {}), "project_id": project_id}
        made = await self._transport.call(routes.TASKS_CREATE, body=body, headers=headers)
        return AsyncTask(self._transport, made.data)

    async def get(self, id: int | str) -> AsyncTask:
        """The task of this id. Raises NotFound."""
        found = await self._transport.call(routes.TASKS_READ, routes.TASKS_READ.at(id=id))
        return AsyncTask(self._transport, found.data)

    async def list(
        self, *, project_id: int | None = None, status: str | None = None, limit: int | None = None
    ) -> TaskItems:
        """The newest tasks, at most 500."""
        query = {"project_id": project_id, "status": status, "limit": limit}
        return (await self._transport.call(routes.TASKS_LIST, query=query)).data

    async def pause(self, id: int | str, *, reason: str | None = None) -> models.TaskSignal:
        path = routes.TASKS_PAUSE.at(id=id)
        return await self._transport.call(routes.TASKS_PAUSE, path, body={"reason": reason})

    async def resume(self, id: int | str, *, reason: str | None = None) -> models.TaskSignal:
        path = routes.TASKS_RESUME.at(id=id)
        return await self._transport.call(routes.TASKS_RESUME, path, body={"reason": reason})

    async def cancel(self, id: int | str, *, reason: str | None = None) -> None:
        await self._transport.call(routes.TASKS_CANCEL, routes.TASKS_CANCEL.at(id=id), body={"reason": reason})

    async def control_state(self, id: int | str) -> models.TaskControlState:
        """Whether somebody stopped a task, who and why."""
        return await self._transport.call(routes.TASKS_CONTROL_STATE, routes.TASKS_CONTROL_STATE.at(id=id))

    async def follow(self, id: int | str, *, patience: float = PATIENCE) -> AsyncIterator[dict[str, Any]]:
        """What happens to a task, from its first event until it is over: each event with its ``type``."""
        path = routes.TASKS_STREAM.at(id=id)
        async for message in follow(self._transport, path, None, patience):
            data = read_json(routes.TASKS_STREAM, message.data, self._transport.url + path)
            yield {**data, "type": message.type}
