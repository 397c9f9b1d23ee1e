"""Jobs of every kind."""

from __future__ import annotations

import secrets as random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from fermata_client import routes
from fermata_client._sync.clock import sleep
from fermata_client._sync.following import DONE, PATIENCE, follow
from fermata_client._sync.handle import Handle
from fermata_client._sync.transport import Transport, read_json
from fermata_client.sse import Message
from fermata_client.values import Moment, numbers, text_of
from fermata_client.words import Status

if TYPE_CHECKING:
    from fermata_client import models

MOST = 500
"""Ids that one request may name."""

REST = 0.5
"""Seconds between two looks for new results."""

Outcomes: TypeAlias = "list[models.Outcome]"
Which = Literal["failed", "unfinished"]
Decision = Literal["approve", "reject"]
OnFailure = Literal["hold", "start", "cancel"]


@dataclass(frozen=True)
class Update:
    """What a job's stream tells.

    Attributes:
        type: an event's type, ``job`` when only its counts have moved, or ``done``.
        id: the number of the line of history; None for what is none.
        event: the line of history, where it is one.
        job: the whole job, where it is none.
    """

    type: str
    id: int | None
    event: models.Event | None
    job: models.Job | None


class Job(Handle):
    """A job. ``data`` has all there is to know of it, as it was read last."""

    def __init__(self, transport: Transport, data: models.Job) -> None:
        super().__init__(transport)
        self.data = data

    def __str__(self) -> str:
        counts, status = self.data.counts, self.status.replace("_", " ")
        failed = f", {counts.failed} of them failed" if counts.failed else ""
        why = f": {self.error}" if self.error else ""
        return f"{self.id} is {status}, {counts.settled} of {counts.total} units done{failed}{why}"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    @property
    def id(self) -> str:
        return self.data.id

    @property
    def kind(self) -> str:
        return self.data.kind

    @property
    def status(self) -> Status:
        return self.data.status

    @property
    def counts(self) -> models.Counts:
        return self.data.counts

    @property
    def progress(self) -> float:
        """Settled units as a share of all; 1.0 only when all are."""
        return self.data.progress

    @property
    def holds(self) -> list[models.Hold]:
        return self.data.holds

    @property
    def result(self) -> models.Json:
        """What the kind made of all units, once the job is completed."""
        return self.data.result

    @property
    def error(self) -> str | None:
        return self.data.error

    @property
    def over(self) -> bool:
        return self.status.final

    @property
    def succeeded(self) -> bool:
        return self.status == Status.COMPLETED

    def refresh(self) -> Self:
        path = routes.JOBS_READ.at(job_id=self.id)
        self.data = self._read(routes.JOBS_READ, path) or self.data
        return self

    def pause(self, *, reason: str | None = None, until: Moment | None = None) -> Self:
        """Stop after the units in hand; ``data.pause`` is the receipt. With ``until`` it resumes then by itself.

        Raises Conflict when its status does not allow it.
        """
        return self._now(self._jobs.pause(self.id, reason=reason, until=until))

    def resume(self, *, reason: str | None = None) -> Self:
        """Take away the job's own holds; those on its source and on the system stay. Raises Conflict."""
        return self._now(self._jobs.resume(self.id, reason=reason))

    def cancel(self, *, reason: str | None = None) -> Self:
        """End it for good; results stay readable. Raises Conflict when it is over."""
        return self._now(self._jobs.cancel(self.id, reason=reason))

    def retry(
        self,
        which: Which = "failed",
        *,
        units: Iterable[int] | None = None,
        stage: str | None = None,
        group: str | None = None,
        secrets: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> Self:
        """Run units again: those that failed and those that never ran, only the latter (``unfinished``), or those named.

        Args:
            units: numbers in the stage, from 0.
            group: id of a group of :meth:`errors`: the units whose errors say the same.
            stage: of the units; by default the first.
            secrets: the kind's secret parameters, which went when the job ended.

        Raises:
            Conflict: its status does not allow it.
        """
        again = self._jobs.retry(self.id, which, units=units, stage=stage, group=group, secrets=secrets, reason=reason)
        return self._now(again)

    def units(
        self, *, stage: str | None = None, status: str | Iterable[str] | None = None, chunk: int | None = None
    ) -> Iterator[models.UnitState]:
        """How each unit stands, of one stage or of all: tries, times, worker, error and log.

        Args:
            status: only ``pending``, ``running``, ``succeeded`` or ``failed`` ones, or several of these.
            chunk: only those of the chunk with this number.
        """
        for unit in self._jobs.units(self.id, stage=stage, status=status, chunk=chunk):
            yield unit

    def chunks(self, *, stage: str | None = None, status: str | Iterable[str] | None = None) -> Iterator[models.Chunk]:
        """The chunks that its units are in, of one stage or of all: how far each is, who has it, and what it waits for.

        Args:
            status: only ``pending``, ``running``, ``waiting``, ``lost`` or ``done`` ones, or several of these.
        """
        for chunk in self._jobs.chunks(self.id, stage=stage, status=status):
            yield chunk

    def unit(self, number: int, *, stage: str | None = None) -> models.UnitDetail:
        """One unit with its whole input and result, by its number in the stage (by default the first). Raises NotFound."""
        return self._jobs.unit(self.id, number, stage=stage)

    def errors(self) -> models.JobErrors:
        """Its failed units by what their errors say, the largest group first."""
        return self._jobs.errors(self.id)

    def review(self, decision: Decision, *, units: Iterable[int] | None = None, reason: str | None = None) -> Self:
        """Approve the draft, all of it or these units, or reject it, which cancels the job. Raises Conflict."""
        return self._now(self._jobs.review(self.id, decision, units=units, reason=reason))

    def cost(self) -> models.JobCost:
        """About what it has cost so far, in dollars."""
        return self._jobs.cost(self.id)

    def why(self) -> models.Why:
        """What it waits for, as a sentence and as facts."""
        return self._jobs.why(self.id)

    def events(self) -> Iterator[models.Event]:
        """Its history so far, oldest first."""
        for event in self._jobs.events(self.id):
            yield event

    def follow(self, after: int | None = None, *, patience: float = PATIENCE) -> Iterator[Update]:
        """What happens to it, until it is over, over as many connections as that takes; ``data`` keeps up.

        Args:
            after: the number of the last line of history that was seen; 0: from the beginning; None: from now on.
            patience: seconds that the server may be out of reach.
        """
        for update in self._jobs.follow(self.id, after, patience=patience):
            self.data = update.job or self.data
            yield update

    def results(self, stage: str | None = None, *, failed: bool = False, wait: bool = False) -> Iterator[models.Result]:
        """Its settled units, of one stage or of all, over as many pages as there are.

        Args:
            failed: only failed units.
            wait: go on until the job is over; else end with what there is now.
        """
        for result in self._jobs.results(self.id, stage, failed=failed, wait=wait):
            yield result
        self.refresh()

    def download(
        self,
        format: Literal["csv", "jsonl"] = "csv",
        *,
        stage: str | None = None,
        failed: bool = False,
        raw: bool = False,
    ) -> Iterator[bytes]:
        """The settled units as a file, of one stage or of all; ``raw``: also cells that a spreadsheet would take for formulas."""
        for part in self._jobs.download(self.id, format, stage=stage, failed=failed, raw=raw):
            yield part

    @property
    def _jobs(self) -> Jobs:
        return Jobs(self._transport)

    def _now(self, data: models.Job) -> Self:
        self.data, self._tag = data, None
        return self


class Jobs:
    """All jobs of the tenant."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        kind: str,
        params: Mapping[str, Any] | None = None,
        *,
        workspace: str | None = None,
        files: Mapping[str, str] | None = None,
        limit: int | None = None,
        timeout: float | None = None,
        max_failed_share: float | None = None,
        rate: int | None = None,
        rate_key: str | None = None,
        priority: int | None = None,
        labels: Mapping[str, str] | None = None,
        after: Iterable[str] | None = None,
        on_failure: OnFailure | None = None,
        notify: Iterable[str | Mapping[str, Any]] | None = None,
        task_token: str | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Start a job.

        Args:
            params: as the kind's schema says.
            files: texts that the kind reads by name.
            limit: chunks of units that may run at a time.
            timeout: seconds at work; paused time does not count.
            max_failed_share: of failed units, from which on the job is paused.
            rate: units that may start a minute, in all its workers together.
            rate_key: shares that rate with every job of the tenant that names the same key.
            priority: 0 to 9, 5 by default: while others wait, its workers keep their turn in proportion to one more than it.
            labels: names and values to find it by.
            after: ids of jobs that it starts after, once each has completed.
            on_failure: when one of those does not complete: it stays held (``hold``, by default), starts, or is cancelled.
            notify: URLs that are told how it ended, or mappings of url or webhook, events and format.
            task_token: of a state of Step Functions that waits for the job's end.
            idempotency_key: the same key with the same request gets the first job; a new one for each call by default, so
                that this client may try again without starting two.
        """
        body = {
            "kind": kind,
            "params": dict(params or {}),
            "workspace": workspace,
            "files": dict(files) if files else None,
            "limit": limit,
            "timeout": timeout,
            "max_failed_share": max_failed_share,
            "rate": rate,
            "rate_key": rate_key,
            "priority": priority,
            "labels": dict(labels) if labels else None,
            "after": list(after) if after else None,
            "on_failure": on_failure,
            "notify": None
            if notify is None
            else [{"url": one} if isinstance(one, str) else dict(one) for one in notify],
            "callback": {"task_token": task_token} if task_token is not None else None,
        }
        headers = {"Idempotency-Key": idempotency_key or random.token_urlsafe(24)}
        return Job(self._transport, self._transport.call(routes.JOBS_CREATE, body=body, headers=headers))

    def get(self, id: str) -> Job:
        """The job of this id. Raises NotFound."""
        return Job(self._transport, self._transport.call(routes.JOBS_READ, routes.JOBS_READ.at(job_id=id)))

    def list(
        self,
        *,
        kind: str | None = None,
        family: str | None = None,
        status: str | Iterable[str] | None = None,
        workspace: str | None = None,
        held: bool | None = None,
        since: Moment | None = None,
        before: Moment | None = None,
        user: str | None = None,
        label: str | Iterable[str] | None = None,
        text: str | None = None,
        failed_units: bool | None = None,
        sort: Literal["newest", "oldest"] | None = None,
    ) -> Iterator[Job]:
        """Jobs that match all that is given, over as many pages as there are.

        Args:
            label: ``name=value``, or ``name`` for any value; or several.
            text: what id, kind, labels, parameters or error have in them.
            failed_units: only those with failed units, or without any so far.
            sort: which come first, the ``newest`` by default.
        """
        chosen = _filter(kind, family, status, workspace, held, since, before, user, label, text, failed_units)
        wanted = {**chosen, "sort": sort}
        cursor: str | None = None
        while True:
            page = self.page({**wanted, "cursor": cursor, "limit": 200})
            for data in page.jobs:
                yield Job(self._transport, data)
            cursor = page.next_cursor
            if cursor is None:
                return

    def counts(
        self,
        *,
        family: str | None = None,
        workspace: str | None = None,
        since: Moment | None = None,
        before: Moment | None = None,
    ) -> models.StatusCounts:
        """How many jobs there are of each status, without reading them."""
        query = {"family": family, "workspace": workspace, "from": text_of(since), "to": text_of(before)}
        return self._transport.call(routes.JOBS_COUNTS, query=query)

    def page(self, query: Mapping[str, Any]) -> models.JobPage:
        """One page; ``query`` as the route has it."""
        return self._transport.call(routes.JOBS_LIST, query=query)

    def pause(self, id: str, *, reason: str | None = None, until: Moment | None = None) -> models.Job:
        body = {"reason": reason, "until": text_of(until)}
        return self._transport.call(routes.JOBS_PAUSE, routes.JOBS_PAUSE.at(job_id=id), body=body)

    def resume(self, id: str, *, reason: str | None = None) -> models.Job:
        path = routes.JOBS_RESUME.at(job_id=id)
        return self._transport.call(routes.JOBS_RESUME, path, body={"reason": reason})

    def cancel(self, id: str, *, reason: str | None = None) -> models.Job:
        path = routes.JOBS_CANCEL.at(job_id=id)
        return self._transport.call(routes.JOBS_CANCEL, path, body={"reason": reason})

    def retry(
        self,
        id: str,
        which: Which = "failed",
        *,
        units: Iterable[int] | None = None,
        stage: str | None = None,
        group: str | None = None,
        secrets: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> models.Job:
        body = {
            "which": "group" if group is not None else which if units is None else "named",
            "group": group,
            "stage": stage,
            "units": numbers(units),
            "secrets": dict(secrets) if secrets else None,
            "reason": reason,
        }
        return self._transport.call(routes.JOBS_RETRY, routes.JOBS_RETRY.at(job_id=id), body=body)

    def review(
        self, id: str, decision: Decision, *, units: Iterable[int] | None = None, reason: str | None = None
    ) -> models.Job:
        body = {"decision": decision, "units": numbers(units), "reason": reason}
        return self._transport.call(routes.JOBS_REVIEW, routes.JOBS_REVIEW.at(job_id=id), body=body)

    def cost(self, id: str) -> models.JobCost:
        """About what a job has cost so far."""
        return self._transport.call(routes.JOBS_COST, routes.JOBS_COST.at(job_id=id))

    def why(self, id: str) -> models.Why:
        return self._transport.call(routes.JOBS_WHY, routes.JOBS_WHY.at(job_id=id))

    def events(self, id: str, after: int = 0) -> Iterator[models.Event]:
        """The history of a job so far, oldest first."""
        path = routes.JOBS_EVENTS.at(job_id=id)
        cursor: str | None = str(after) if after else None
        while True:
            query = {"cursor": cursor, "limit": 500}
            page = self._transport.call(routes.JOBS_EVENTS, path, query=query)
            for event in page.events:
                yield event
            cursor = page.next_cursor
            if cursor is None or not page.events:
                return

    def follow(self, id: str, after: int | None = None, *, patience: float = PATIENCE) -> Iterator[Update]:
        """What happens to a job until it is over; see :meth:`Job.follow`."""
        last = None if after is None else str(after)
        path = routes.JOBS_STREAM.at(job_id=id)
        for message in follow(self._transport, path, last, patience):
            yield _update(message, self._transport.url + path)

    def results(
        self, id: str, stage: str | None = None, *, failed: bool = False, wait: bool = False
    ) -> Iterator[models.Result]:
        """The settled units of a job; see :meth:`Job.results`."""
        cursor: str | None = None
        while True:
            page = self.results_page(id, stage, failed=failed, cursor=cursor)
            for result in page.results:
                yield result
            cursor = page.next_cursor
            if cursor is None or not (page.results or wait):
                return
            if not page.results:
                sleep(REST)

    def results_page(
        self,
        id: str,
        stage: str | None = None,
        *,
        failed: bool = False,
        cursor: str | None = None,
        limit: int = 500,
    ) -> models.ResultPage:
        """One page of the settled units of a job."""
        query = {"stage": stage, "failed": failed or None, "cursor": cursor, "limit": limit}
        return self._transport.call(routes.JOBS_RESULTS, routes.JOBS_RESULTS.at(job_id=id), query=query)

    def download(
        self,
        id: str,
        format: Literal["csv", "jsonl"] = "csv",
        *,
        stage: str | None = None,
        failed: bool = False,
        raw: bool = False,
    ) -> Iterator[bytes]:
        """The settled units of a job as a file; see :meth:`Job.download`."""
        path = routes.JOBS_RESULTS.at(job_id=id)
        query = {"format": format, "stage": stage, "failed": failed or None, "raw": raw or None}
        for part in self._transport.pages("GET", path, query):
            yield part

    def units(
        self,
        id: str,
        *,
        stage: str | None = None,
        status: str | Iterable[str] | None = None,
        chunk: int | None = None,
    ) -> Iterator[models.UnitState]:
        """How each unit of a job stands; see :meth:`Job.units`."""
        wanted = [status] if isinstance(status, str) else list(status or ())
        path, cursor = routes.JOBS_UNITS.at(job_id=id), None
        while True:
            query = {"stage": stage, "status": wanted or None, "chunk": chunk, "cursor": cursor, "limit": 500}
            page = self._transport.call(routes.JOBS_UNITS, path, query=query)
            for unit in page.units:
                yield unit
            cursor = page.next_cursor
            if cursor is None:
                return

    def chunks(
        self, id: str, *, stage: str | None = None, status: str | Iterable[str] | None = None
    ) -> Iterator[models.Chunk]:
        """The chunks of a job; see :meth:`Job.chunks`."""
        wanted = [status] if isinstance(status, str) else list(status or ())
        path, cursor = routes.JOBS_CHUNKS.at(job_id=id), None
        while True:
            query = {"stage": stage, "status": wanted or None, "cursor": cursor, "limit": 500}
            page = self._transport.call(routes.JOBS_CHUNKS, path, query=query)
            for chunk in page.chunks:
                yield chunk
            cursor = page.next_cursor
            if cursor is None:
                return

    def unit(self, id: str, number: int, *, stage: str | None = None) -> models.UnitDetail:
        """One unit of a job; see :meth:`Job.unit`."""
        path = routes.JOBS_UNIT.at(job_id=id, number=number)
        return self._transport.call(routes.JOBS_UNIT, path, query={"stage": stage})

    def errors(self, id: str) -> models.JobErrors:
        """The failed units of a job by what their errors say, the largest group first."""
        return self._transport.call(routes.JOBS_ERRORS, routes.JOBS_ERRORS.at(job_id=id))

    def pause_many(
        self,
        *,
        reason: str | None = None,
        until: Moment | None = None,
        dry_run: bool = False,
        ids: Iterable[str] | None = None,
        **filter: Any,
    ) -> Outcomes:
        """Pause all jobs that match (as in :meth:`list`), or those of these ids; what became of each."""
        extra = {"reason": reason, "until": text_of(until)}
        return self._many(routes.JOBS_PAUSE_MANY, filter, extra, dry_run, ids)

    def resume_many(
        self, *, reason: str | None = None, dry_run: bool = False, ids: Iterable[str] | None = None, **filter: Any
    ) -> Outcomes:
        """Resume all jobs that match (as in :meth:`list`), or those of these ids; what became of each."""
        return self._many(routes.JOBS_RESUME_MANY, filter, {"reason": reason}, dry_run, ids)

    def cancel_many(
        self, *, reason: str | None = None, dry_run: bool = False, ids: Iterable[str] | None = None, **filter: Any
    ) -> Outcomes:
        """Cancel all jobs that match (as in :meth:`list`), or those of these ids; what became of each."""
        return self._many(routes.JOBS_CANCEL_MANY, filter, {"reason": reason}, dry_run, ids)

    def retry_many(
        self,
        which: Which = "failed",
        *,
        reason: str | None = None,
        dry_run: bool = False,
        ids: Iterable[str] | None = None,
        **filter: Any,
    ) -> Outcomes:
        """Retry all jobs that match (as in :meth:`list`), or those of these ids; what became of each."""
        return self._many(routes.JOBS_RETRY_MANY, filter, {"which": which, "reason": reason}, dry_run, ids)

    def _many(
        self,
        route: routes.Route[models.OutcomePage],
        filter: Mapping[str, Any],
        extra: Mapping[str, Any],
        dry_run: bool,
        ids: Iterable[str] | None,
    ) -> Outcomes:
        if ids is not None:
            return self._named(route, list(dict.fromkeys(ids)), filter, extra, dry_run)
        wanted = {name: value for name, value in _filter(**filter).items() if value is not None}
        outcomes: Outcomes = []
        cursor: str | None = None
        while True:
            body = {"filter": wanted, "dry_run": dry_run, "cursor": cursor, **extra}
            page = self._transport.call(route, body=body)
            outcomes += page.outcomes
            cursor = page.next_cursor
            if cursor is None:
                return outcomes

    def _named(
        self,
        route: routes.Route[models.OutcomePage],
        ids: Sequence[str],
        filter: Mapping[str, Any],
        extra: Mapping[str, Any],
        dry_run: bool,
    ) -> Outcomes:
        if filter:
            raise TypeError("either ids or a filter, not both")
        outcomes: Outcomes = []
        for start in range(0, len(ids), MOST):
            body = {"ids": ids[start : start + MOST], "dry_run": dry_run, **extra}
            outcomes += (self._transport.call(route, body=body)).outcomes
        return outcomes


def _filter(
    kind: str | None = None,
    family: str | None = None,
    status: str | Iterable[str] | None = None,
    workspace: str | None = None,
    held: bool | None = None,
    since: Moment | None = None,
    before: Moment | None = None,
    user: str | None = None,
    label: str | Iterable[str] | None = None,
    text: str | None = None,
    failed_units: bool | None = None,
) -> dict[str, Any]:
    """The names that the server has for it."""
    labels = None if label is None else [label] if isinstance(label, str) else list(label)
    statuses = None if status is None else [status] if isinstance(status, str) else list(status)
    return {
        "kind": kind,
        "family": family,
        "status": statuses or None,
        "workspace": workspace,
        "held": held,
        "from": text_of(since),
        "to": text_of(before),
        "user": user,
        "label": labels or None,
        "text": text,
        "failed_units": failed_units,
    }


def _update(message: Message, url: str) -> Update:
    number = int(message.id) if message.own_id and message.id.isdigit() else None
    if message.type in ("job", DONE):
        return Update(message.type, number, None, read_json(routes.JOBS_READ, message.data, url))
    return Update(message.type, number, read_json(routes.JOBS_STREAM, message.data, url), None)
