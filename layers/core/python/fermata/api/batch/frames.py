"""What whoever observes a batch is told, as messages: the same for a server's own WebSockets and for those of a gateway.

An observer is told how the batch stands (`catchup`), then of each document as it begins and as it settles, and last of all how
the batch ended. No HTTP: a function of the store and of what the observer has seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from fermata.api import formatting
from fermata.api.batch.presenter import STAGE, document, shown
from fermata.api.result_export import Inputs, Row
from fermata.control.counts import counts_of
from fermata.control.engine import Engine
from fermata.control.results import Position, unread
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Job, Ref
from fermata.domain.ranges import Ranges
from fermata.domain.strict_json import dumps
from fermata.domain.transitions import Status

CATCHUP_BYTES = 96 * 1024
"""Of the documents that the first message has; the others follow one by one. A gateway's message has 128 KB at most."""

MAX_TEXT = 4_000
"""Characters of a title or an error; in JSON one may take six bytes."""

MOST = 1_000
"""Messages of one look; what is left is told by the next."""

ENDINGS = {Status.COMPLETED: "completed", Status.CANCELLED: "cancelled"}

Message = dict[str, Any]


@dataclass(frozen=True)
class Seen:
    """How far an observer is.

    Attributes:
        position: in the results.
        begun: documents that it was told are being processed.
    """

    position: Position = field(default_factory=lambda: Position({}))
    begun: Ranges = Ranges()

    def __str__(self) -> str:
        return f"{self.position}|{self.begun}"

    @classmethod
    def parse(cls, text: str) -> Seen:
        """The inverse of ``str``."""
        position, _, begun = text.partition("|")
        return cls(Position.parse(position), Ranges.parse(begun))


@dataclass(frozen=True)
class Look:
    """What one look found.

    Attributes:
        seen: how far the observer is once it has the messages.
        over: the batch is, and with these messages everything is told.
    """

    messages: tuple[Message, ...]
    seen: Seen
    over: bool


def opening(engine: Engine, ref: Ref) -> Look:
    """How the batch stands, for an observer who has seen nothing. Raises NotFound."""
    job = engine.store.job(ref)
    counts = counts_of(engine, job)
    results, seen = _page(engine, job)
    state = {
        "status": formatting.BATCH[job.status],
        "progress": formatting.share(counts, job.status),
        "processed_count": counts.succeeded,
        "failed_count": counts.failed,
        "total": counts.total,
    }
    first = {"type": "catchup", "job_id": job.public_id, "state": state, "results": results}
    rest = _news(engine, job, counts, seen)
    return replace(rest, messages=(first, *rest.messages))


def news(engine: Engine, ref: Ref, seen: Seen) -> Look:
    """What has happened since. Raises NotFound."""
    job = engine.store.job(ref)
    return _news(engine, job, counts_of(engine, job), seen)


def keepalive(job_id: str) -> Message:
    """That nothing has happened, and the connection is good."""
    return {"type": "keepalive", "job_id": job_id}


def _news(engine: Engine, job: Job, counts: Counts, seen: Seen) -> Look:
    """The job is read before its results, so those of one that is over are all there."""
    progress = formatting.share(counts, job.status)
    messages: list[Message] = []
    for row, position in _settled(engine, job, seen.position):
        if len(messages) == MOST:
            return Look(tuple(messages), seen, over=False)
        messages.append(_told(job, row, progress))
        seen = replace(seen, position=position)
    if job.status.final:
        return Look((*messages, _ending(job, counts)), seen, over=True)
    begun = _running(engine, job) - seen.begun
    inputs = Inputs(engine, job, STAGE)
    for number in begun:
        title = document(job, inputs.of(number)).get("title")
        messages.append(_told(job, _document(number, title, "processing"), progress))
    return Look(tuple(messages), replace(seen, begun=seen.begun | begun), over=False)


def _page(engine: Engine, job: Job) -> tuple[list[Row], Seen]:
    """The first documents that are settled, as many as a message has room for."""
    rows: list[Row] = []
    size, position = 0, Position({})
    for row, after in _settled(engine, job, position):
        row = _caught_up(row)
        size += len(dumps(row))
        if size > CATCHUP_BYTES:
            break
        rows.append(row)
        position = after
    return rows, Seen(position)


def _settled(engine: Engine, job: Job, position: Position) -> Iterator[tuple[Row, Position]]:
    row_of = shown(engine, job).stages[STAGE]
    for result, after in unread(engine, job, STAGE, position):
        row = row_of(result)
        status = "success" if result.error is None else "failed"
        yield _document(result.number, row["title"], status, row["tags"], row["error"]), after


def _running(engine: Engine, job: Job) -> Ranges:
    """Documents that workers are at. Which they are just now is stored nowhere: the next ones of each chunk that one has."""
    if job.status is not Status.RUNNING:
        return Ranges()
    now, at_once = engine.clock.now(), engine.kind(job.kind).stages[STAGE].policy.concurrency
    live = [chunk for chunk in engine.ledger.chunks(job.ref, STAGE) if chunk.live(now)]
    return Ranges.of(number for chunk in live for number in chunk.todo.first(at_once))


def _document(number: int, title: Any, status: str, tags: Any = None, error: Any = None) -> Row:
    """Texts are cut: a gateway refuses a message that is too long, and all that come after it would wait."""
    title, error = (text[:MAX_TEXT] if isinstance(text, str) else text for text in (title, error))
    return {"row_id": number, "row_number": number + 1, "title": title, "status": status, "tags": tags, "error": error}


def _caught_up(document: Row) -> Row:
    """A document of the first message, where front ends look for `success` rather than `status`."""
    return {**document, "success": document["status"] == "success"}


def _told(job: Job, document: Row, progress: float) -> Message:
    return {"type": "progress", "job_id": job.public_id, **document, "progress": progress}


def _ending(job: Job, counts: Counts) -> Message:
    said = f"{formatting.BATCH[job.status].capitalize()}: {counts.succeeded} succeeded, {counts.failed} failed"
    return {
        "type": ENDINGS.get(job.status, "error"),
        "job_id": job.public_id,
        "total_documents": counts.total,
        "processed_count": counts.succeeded,
        "failed_count": counts.failed,
        "error": job.error,
        "message": said,
    }
