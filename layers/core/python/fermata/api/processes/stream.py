"""The stream of a process."""

from __future__ import annotations

from functools import partial

from fastapi import Request, Response

from fermata.api.context import Caller
from fermata.api.processes import presenter
from fermata.api.processes.family import FAMILY, InWorkspace, ref_of
from fermata.api.streaming import EVENT_STREAM, EventRenderer, Frame, Position, follow
from fermata.control.engine import Engine
from fermata.domain.chunks import Counts
from fermata.domain.events import Event
from fermata.domain.jobs import Job
from fermata.domain.transitions import Status


@FAMILY.query(
    "/{id}/stream",
    ticket=True,
    response_class=Response,
    responses=EVENT_STREAM,
    errors=(404,),
    summary="Follow a process",
)
def follow_process(
    call: Caller, request: Request, id: str, last: Position, workspace_id: InWorkspace = None
) -> Response:
    """Server-sent events, each with the process as JSON in `data`.

    The first one is how it stands now; then one for each line of its history, with the line's number as `id`, and one without
    an `id` when only its progress has changed. With `Last-Event-ID` the stream goes on after that line: each is told once, with
    the status of then and the progress of now. At a final status an event `done`, with the process as well, ends the stream;
    `waiting_review` is not final. A connection lasts 25 s at most; clients then come back. Behind a gateway that buffers it
    ends as soon as there is something to tell, and after a few seconds in any case.
    """
    return follow(request, call.engine, ref_of(call, id, workspace_id), telling(call.engine), last)


def telling(engine: Engine) -> EventRenderer:
    """How a process tells of itself."""
    return EventRenderer(partial(_event, engine), partial(_state, engine))


def _event(engine: Engine, event: Event, job: Job, counts: Counts) -> list[Frame]:
    return [Frame(presenter.process(engine, job, counts, Status(event.status)))]


def _state(engine: Engine, job: Job, counts: Counts) -> Frame:
    return Frame(presenter.process(engine, job, counts))
