"""Schedules: work that starts by the clock."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from fermata_client import routes
from fermata_client._sync.transport import Transport
from fermata_client.values import Moment, text_of

if TYPE_CHECKING:
    from fermata_client import models

Overlap = Literal["skip", "queue", "allow", "cancel"]
CatchUp = Literal["none", "last", "all"]
ScheduleItems: TypeAlias = "list[models.Schedule]"


class Schedules:
    """All schedules of the tenant."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        name: str,
        expression: str,
        kind: str,
        params: Mapping[str, Any] | None = None,
        *,
        timezone: str | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        window_minutes: int | None = None,
        overlap: Overlap | None = None,
        catch_up: CatchUp | None = None,
        secrets: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        **job: Any,
    ) -> models.Schedule:
        """Start a job of a kind at each time of an expression.

        Args:
            expression: ``cron(30 2 ? * MON-FRI *)``, ``rate(15 minutes)`` or ``at(2026-04-13T09:00:00)``, in the time zone.
            params: texts in them may hold the due time, ``{{due:%Y-%m-%d}}``.
            window_minutes: within which each job may start.
            overlap: what happens while the job of a time before is open; ``skip`` by default.
            catch_up: which missed times are made up for; ``none`` by default.
            secrets: the kind's secret parameters.
            job: workspace, limit, timeout, rate, labels, notify and the like, as for starting a job.
        """
        body = {
            "name": name,
            "expression": expression,
            "timezone": timezone,
            "start": text_of(start),
            "end": text_of(end),
            "window_minutes": window_minutes,
            "overlap": overlap,
            "catch_up": catch_up,
            "job": {"kind": kind, "params": dict(params or {}), **_given(job)},
            "secrets": dict(secrets) if secrets else None,
        }
        headers = {"Idempotency-Key": idempotency_key or random.token_urlsafe(24)}
        return self._transport.call(routes.SCHEDULES_CREATE, body=body, headers=headers)

    def list(self) -> ScheduleItems:
        """All of them."""
        return (self._transport.call(routes.SCHEDULES_LIST)).schedules

    def get(self, id: str) -> models.Schedule:
        """The schedule of this id. Raises NotFound."""
        return self._transport.call(routes.SCHEDULES_READ, routes.SCHEDULES_READ.at(schedule_id=id))

    def change(self, id: str, **changes: Any) -> models.Schedule:
        """Change what is given, by the names of the route; the rest stays.

        Args:
            changes: ``name``, ``expression``, ``timezone``, ``start``, ``end``, ``window_minutes``, ``overlap``, ``catch_up``,
                ``secrets``, and ``job``: the whole of what it starts from now on, with its kind.
        """
        for name in ("start", "end"):
            if name in changes:
                changes[name] = text_of(changes[name])
        path = routes.SCHEDULES_CHANGE.at(schedule_id=id)
        return self._transport.call(routes.SCHEDULES_CHANGE, path, body=changes)

    def delete(self, id: str, *, reason: str | None = None) -> None:
        """It starts nothing more; its jobs stay."""
        path = routes.SCHEDULES_DELETE.at(schedule_id=id)
        self._transport.call(routes.SCHEDULES_DELETE, path, query={"reason": reason})

    def pause(self, id: str, *, reason: str | None = None, until: Moment | None = None) -> models.Schedule:
        """It starts nothing until it is resumed, or until then; its times meanwhile are skipped."""
        body = {"reason": reason, "until": text_of(until)}
        path = routes.SCHEDULES_PAUSE.at(schedule_id=id)
        return self._transport.call(routes.SCHEDULES_PAUSE, path, body=body)

    def resume(self, id: str, *, reason: str | None = None) -> models.Schedule:
        """It goes on with its next time. Raises Conflict when it is not paused."""
        path = routes.SCHEDULES_RESUME.at(schedule_id=id)
        return self._transport.call(routes.SCHEDULES_RESUME, path, body={"reason": reason})

    def run(self, id: str, *, idempotency_key: str | None = None) -> str:
        """Start its work now; the id of the job."""
        headers = {"Idempotency-Key": idempotency_key or random.token_urlsafe(24)}
        path = routes.SCHEDULES_RUN.at(schedule_id=id)
        return (self._transport.call(routes.SCHEDULES_RUN, path, headers=headers)).job_id

    def backfill(self, id: str, since: Moment, before: Moment, *, dry_run: bool = False) -> models.Backfilled:
        """Start a job for each time of a span that has passed and that has none, at most a hundred."""
        body = {"from": text_of(since), "to": text_of(before), "dry_run": dry_run}
        path = routes.SCHEDULES_BACKFILL.at(schedule_id=id)
        return self._transport.call(routes.SCHEDULES_BACKFILL, path, body=body)

    def history(self, id: str) -> Iterator[models.Firing]:
        """What became of each of its times, newest first, over as many pages as there are."""
        path = routes.SCHEDULES_HISTORY.at(schedule_id=id)
        cursor: str | None = None
        while True:
            query = {"cursor": cursor, "limit": 200}
            page = self._transport.call(routes.SCHEDULES_HISTORY, path, query=query)
            for firing in page.firings:
                yield firing
            cursor = page.next_cursor
            if cursor is None:
                return


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
