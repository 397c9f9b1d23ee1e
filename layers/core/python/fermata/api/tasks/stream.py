"""The stream of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request, Response

from fermata.api.context import Caller
from fermata.api.formatting import TASKS, zoned_time
from fermata.api.sentences import message
from fermata.api.streaming import DONE, EVENT_STREAM, EventRenderer, Frame, Position, follow
from fermata.api.tasks.family import FAMILY, PLAIN, ref_of
from fermata.domain.chunks import Counts
from fermata.domain.events import Event, EventType
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status

PROGRESS = "workflow.progress"
CANCELLING = "workflow.cancelling"
NAMES: Mapping[EventType, str] = {
    **{type_: f"workflow.{type_.value}" for type_ in EventType},
    EventType.REJECTED: "workflow.cancelled",
    EventType.TIMED_OUT: "workflow.failed",
}


@FAMILY.query(
    "/{id}/stream",
    ticket=True,
    response_class=Response,
    responses=EVENT_STREAM,
    errors=(404,),
    summary="Follow a task",
    **PLAIN,
)
def follow_task(call: Caller, request: Request, id: str, last: Position) -> Response:
    """Server-sent events, named `workflow.<what>`: created, started, stage, pausing, paused, resumed, unheld, waiting_review,
    approved, retried, recovered, cancelling, cancelled, completed, failed; and `workflow.progress` in between.

    Without `Last-Event-ID` the stream begins with the task's first event, with it after that one. `workflow.pausing` has the
    `checkpoint` that comes next, `workflow.paused` the one where the task rests; a pause that is taken back before that is ended
    by `workflow.resumed`. `workflow.unheld` says what still holds the task. Cancelling is done at once, so
    `workflow.cancelling` and `workflow.cancelled` come together, and only the latter has an id; a task that ran out of time
    has `workflow.failed`, a draft that was rejected `workflow.cancelled`.

    Each event has `task_id` (as given), `type`, `status`, `timestamp`, and how many units are settled when it is sent
    (`progress`, `total`); a line of history also has `seq`, its number and id, and what is known of it. When the task is over,
    an event `done` ends the stream. A connection lasts an hour in servers that see when their clients have gone, and 25 s
    elsewhere; clients then come back. Behind a gateway that buffers it ends as soon as there is something to tell, and after a
    few seconds in any case.
    """
    return follow(request, call.engine, ref_of(call, id), telling(id), last, lasting=True)


def telling(id: str, *, workflow: bool = False, types: frozenset[str] = frozenset()) -> EventRenderer:
    """How the task tells of itself, under the id that the caller knows it by.

    ``workflow``: as a workflow, with an id of one and a message; ``types``: only these, empty for all.
    """
    teller = _Teller(id, workflow)
    return EventRenderer(
        teller.event, teller.state, replay=True, end=teller.end, only=lambda frame: not types or frame.event in types
    )


@dataclass(frozen=True)
class _Teller:
    id: str
    workflow: bool = False

    def event(self, event: Event, job: Job, counts: Counts) -> list[Frame]:
        frames = [self._line(NAMES[event.type], event, counts)]
        if event.type in (EventType.CANCELLED, EventType.REJECTED):
            frames.insert(0, self._line(CANCELLING, event, counts))
        return frames

    def state(self, job: Job, counts: Counts) -> Frame:
        said = f"{counts.settled} of {counts.total} units are settled"
        return Frame(self._facts(PROGRESS, job.status, job.updated_at, counts, said), PROGRESS)

    def end(self, job: Job, counts: Counts) -> Frame:
        return Frame(self._facts(DONE, job.status, job.updated_at, counts, f"The task is {TASKS[job.status]}"))

    def _line(self, name: str, event: Event, counts: Counts) -> Frame:
        status = Status(event.status)
        said = "Cancelling" if name == CANCELLING else message(event)
        facts = self._facts(name, status, event.at, counts, said) | {"seq": event.number}
        if event.type is EventType.PAUSING:
            facts["checkpoint"] = "pre_execution" if status is Status.PENDING else "unit"
        return Frame({**event.data, **facts}, name)

    def _facts(self, name: str, status: Status, at: float, counts: Counts, said: str) -> dict[str, Any]:
        of_workflow = {"workflow_id": self.id, "message": said} if self.workflow else {}
        return {
            **of_workflow,
            "task_id": self.id,
            "type": name,
            "status": TASKS[status],
            "progress": counts.settled,
            "total": counts.total,
            "timestamp": zoned_time(at),
        }
