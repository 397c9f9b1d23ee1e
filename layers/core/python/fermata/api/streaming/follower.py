"""What there is to tell of a job since the last look. No HTTP: a function of the store and of what was told before."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from fermata.api.streaming.frames import DONE, END, Frame
from fermata.control.counts import counts_of
from fermata.control.engine import Engine
from fermata.domain.chunks import Counts
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Event
from fermata.domain.jobs import Job, Ref
from fermata.domain.transitions import Status

POSITION = re.compile(rf"([0-9]{{1,15}})(-{END})?")
HEADER = "Last-Event-ID"


@dataclass(frozen=True)
class EventRenderer:
    """How a family tells of a job.

    Attributes:
        event: a line of history as frames, of which the last gets its number. The job and the counts are as they stand when
            it is told, which may be later than the line.
        state: how the job stands; a frame without id, since it is no line of history.
        end: how the job ended, for the last event of all; None: as ``state``.
        only: which frames are told; the last of all is in any case.
        replay: a stream that says no position begins with the first line of history, else with the state.
    """

    event: Callable[[Event, Job, Counts], Sequence[Frame]]
    state: Callable[[Job, Counts], Frame]
    replay: bool = False
    end: Callable[[Job, Counts], Frame] | None = None
    only: Callable[[Frame], bool] = lambda frame: True


@dataclass(frozen=True)
class Update:
    """What one look found.

    Attributes:
        over: the job is, and everything has been told.
        known: and the client has been told so before.
    """

    frames: tuple[Frame, ...] = ()
    over: bool = False
    known: bool = False


@dataclass
class Follower:
    """Follows one job for one client.

    Attributes:
        told: number of the last line of history that the client has.
        shown: the counts that the client has seen last.
    """

    engine: Engine
    ref: Ref
    tell: EventRenderer
    told: int = 0
    shown: Counts | None = field(default=None)

    def open(self, last: str | None) -> Update:
        """Where the client stands and what it lacks; ``last``: the id of the last event it has, None or empty when it has none.

        Raises NotFound, and InvalidInput for a position that the job has never had.
        """
        job = self.engine.store.job(self.ref)
        position = _position(last, job)
        if position is None and self.tell.replay:
            position = 0
        if position is not None:
            self.told = position
            if job.status.final and position == job.events and str(last).endswith(END):
                return Update(over=True, known=True)
            return self._news(job, progress=True)
        self.told = job.events
        self.shown = counts_of(self.engine, job)
        state = self.tell.state(job, self.shown)
        return self._look(job, [replace(state, id=self.told)], self.shown)

    def look(self, *, progress: bool) -> Update:
        """What has happened since the last look; ``progress``: whether to read the ledger of a job that runs."""
        return self._news(self.engine.store.job(self.ref), progress)

    def _news(self, job: Job, progress: bool) -> Update:
        """The job is read before its history, so each line up to its number is there; later ones wait for the next look."""
        moved, moving = job.events > self.told, progress and job.status is Status.RUNNING
        if not moved and not moving and not job.status.final:
            return Update()
        counts = counts_of(self.engine, job)
        frames = [frame for event in self._unread(job) for frame in self._told(event, job, counts)]
        if not frames and moving and counts != self.shown:
            frames.append(self.tell.state(job, counts))
        self.shown, self.told = counts, job.events
        return self._look(job, frames, counts)

    def _look(self, job: Job, frames: list[Frame], counts: Counts) -> Update:
        frames = [frame for frame in frames if self.tell.only(frame)]
        if job.status.final:
            frames.append(
                replace((self.tell.end or self.tell.state)(job, counts), event=DONE, id=f"{job.events}-{END}")
            )
        return Update(tuple(frames), over=job.status.final)

    def _unread(self, job: Job) -> Iterator[Event]:
        at = self.told
        while at < job.events and (page := self.engine.log.events(self.ref, after=at)):
            yield from (event for event in page if event.number <= job.events)
            at = page[-1].number

    def _told(self, event: Event, job: Job, counts: Counts) -> list[Frame]:
        *before, last = self.tell.event(event, job, counts)
        return [*before, replace(last, id=event.number)]


def _position(last: str | None, job: Job) -> int | None:
    if not last:
        return None
    found = POSITION.fullmatch(last)
    if found is None:
        raise InvalidInput(HEADER, "must be the id of an event that this stream sent")
    if int(found[1]) > job.events:
        raise InvalidInput(HEADER, f"is ahead of the last event, which is {job.events}")
    return int(found[1])
