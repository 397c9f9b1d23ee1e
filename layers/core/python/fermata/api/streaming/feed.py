"""What there is to tell of a whole tenant since the last look: every line of every history, each once.

Lines come out of an index by time, a moment after they were written, and not quite in that order. So a position is a time up to
which all is told and settled, and the marks of the lines after it that are told already: what turns up late is told late, and
whoever comes back with the position is told neither twice nor too little.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from fermata.api.streaming.follower import HEADER, Update
from fermata.api.streaming.frames import Frame
from fermata.control.counts import counts_of, counts_of_all
from fermata.control.engine import Engine
from fermata.domain.chunks import Counts
from fermata.domain.errors import InvalidInput, NotFound
from fermata.domain.events import Event, FeedLine, SystemEvent, feed_bound
from fermata.domain.jobs import Job, Ref
from fermata.domain.listing import Listing
from fermata.domain.transitions import Status

SETTLED = 10.0
"""Seconds after which a line surely shows in the index."""

MARKS = 200
"""Lines of the last seconds that a position remembers; of more it takes the oldest for settled."""

MARK = 6
"""Bytes of a mark."""

PAGE, MOST = 200, 1_000
"""Lines of one read, and of one look."""

RUNNING = 50
"""Running jobs, the newest, whose progress is told; and jobs that are shown again after one look."""

KNOWN = 2_000
"""Jobs whose kind and workspace are remembered."""

MAX_POSITION = 4_096
BOUND = re.compile(r"(\d{10}\.\d{6})(#[!-~]*)?", re.ASCII)
MARKED = re.compile(rf"([0-9a-f]{{{MARK * 2}}})*")


@dataclass(frozen=True)
class FeedFilter:
    """Which lines are told; empty: all. With any but ``types`` and ``workspaces`` those of the system are left out.

    Attributes:
        failed_units: only of jobs with failed units by now, or without any so far; None: of all.
    """

    types: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    workspaces: frozenset[str] = frozenset()
    statuses: frozenset[str] = frozenset()
    families: frozenset[str] = frozenset()
    jobs: frozenset[str] = frozenset()
    failed_units: bool | None = None

    def takes_job(self, job: Job) -> bool:
        return (
            _among(job.kind, self.kinds)
            and _among(job.workspace, self.workspaces)
            and _among(job.family, self.families)
            and _among(job.id, self.jobs)
        )

    def takes_line(self, event: Event) -> bool:
        return _among(event.type.value, self.types) and _among(event.status, self.statuses)

    def takes_counts(self, counts: Counts) -> bool:
        return self.failed_units in (None, counts.failed > 0)

    def takes_system(self, event: SystemEvent) -> bool:
        if self.kinds or self.families or self.jobs or self.statuses or self.failed_units is not None:
            return False
        return _among("system", self.types) and _among(event.workspace, self.workspaces)


@dataclass(frozen=True)
class FeedRenderer:
    """How a family tells of a tenant.

    Attributes:
        line: of a job's history, as frames, of which the last gets the position.
        system: of the system's history, likewise; empty: it is left out.
        jobs: whole jobs as they stand; frames without a position, one for each. None: they are not told.
        ready: opens a stream that comes without a position; None: nothing does.
    """

    line: Callable[[Event, Job], Sequence[Frame]]
    system: Callable[[SystemEvent], Sequence[Frame]]
    jobs: Callable[[Sequence[Job]], Sequence[Frame]] | None
    ready: Callable[[float], Frame] | None = None


@dataclass(frozen=True)
class FeedPosition:
    """How far a client is.

    Attributes:
        settled: bound of a line's key, up to which all is told.
        told: marks of the lines after it that are told.
    """

    settled: str
    told: frozenset[str] = frozenset()

    def __str__(self) -> str:
        text = f"{self.settled}\n{''.join(sorted(self.told))}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str, now: float) -> FeedPosition:
        """The inverse of ``str``. Raises InvalidInput."""
        try:
            if len(text) > MAX_POSITION:
                raise ValueError
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode("ascii")
            settled, _, marks = raw.partition("\n")
            at = BOUND.fullmatch(settled)
            if at is None or float(at[1]) > now + 60 or not MARKED.fullmatch(marks):
                raise ValueError
        except (ValueError, binascii.Error):
            raise InvalidInput(HEADER, "must be the id of an event that this stream sent") from None
        return cls(settled, frozenset(marks[at : at + MARK * 2] for at in range(0, len(marks), MARK * 2)))

    def after(self, key: str, settled: str, keys: dict[str, str]) -> FeedPosition:
        """With one more line told. ``settled``: the bound of what surely shows by now; ``keys``: of known marks."""
        told = self.told | {mark_of(key)}
        bound = max(self.settled, min(key, settled))
        told = frozenset(mark for mark in told if keys.get(mark, "~") > bound)
        if len(told) > MARKS:
            by_age = sorted(told, key=lambda mark: keys.get(mark, ""))
            bound = max(bound, keys.get(by_age[-MARKS - 1], bound))
            told = frozenset(by_age[-MARKS:])
        return FeedPosition(bound, told)


def mark_of(key: str) -> str:
    return hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[: MARK * 2]


@dataclass
class FeedFollower:
    """Follows a tenant for one client.

    Attributes:
        progress: tell of running jobs whose counts have moved.
    """

    engine: Engine
    tenant: str
    wanted: FeedFilter
    tell: FeedRenderer
    progress: bool = True
    position: FeedPosition = field(default_factory=lambda: FeedPosition(""))
    _keys: dict[str, str] = field(default_factory=dict)
    _known: dict[Ref, Job | None] = field(default_factory=dict)
    _shown: dict[Ref, object] = field(default_factory=dict)

    def open(self, last: str | None) -> Update:
        """Where the client stands, and what it lacks. Raises InvalidInput for a position that this stream never sent."""
        now = self.engine.clock.now()
        if last:
            self.position = FeedPosition.parse(last, now)
            return self.look(progress=False)
        self.position = FeedPosition(feed_bound(now - SETTLED))
        for line in self._unread(now):
            self._move(line, now)
        if self.tell.ready is None:
            return Update()
        return Update((replace(self.tell.ready(now), id=str(self.position)),))

    def look(self, *, progress: bool) -> Update:
        """What has happened since the last look; ``progress``: whether to read the ledgers of jobs that run."""
        now = self.engine.clock.now()
        frames: list[Frame] = []
        touched: dict[Ref, None] = {}
        units: dict[Ref, bool] = {}
        unread = self._unread(now)
        for line in unread:
            found = self._told(line, touched, units)
            self._move(line, now)
            frames += found[:-1] + [replace(frame, id=str(self.position)) for frame in found[-1:]]
        if len(unread) < MOST:
            self._settle(now)
        return Update((*frames, *self._fresh(touched, progress=progress)))

    def _unread(self, now: float) -> Sequence[FeedLine]:
        """Lines that are not told yet, oldest first. Marks whose lines are gone are forgotten."""
        unread: list[FeedLine] = []
        self._keys = {}
        after = self.position.settled
        while len(unread) < MOST:
            page = self.engine.log.feed(self.tenant, after, PAGE)
            for line in page:
                mark = mark_of(line.key)
                self._keys[mark] = line.key
                if mark not in self.position.told:
                    unread.append(line)
            if len(page) < PAGE:
                self.position = replace(self.position, told=self.position.told & self._keys.keys())
                break
            after = page[-1].key
        return unread

    def _settle(self, now: float) -> None:
        """Once all is told that there is: what is old need not be read again."""
        bound = max(self.position.settled, feed_bound(now - SETTLED))
        told = frozenset(mark for mark in self.position.told if self._keys.get(mark, "~") > bound)
        self.position = FeedPosition(bound, told)

    def _move(self, line: FeedLine, now: float) -> None:
        self.position = self.position.after(line.key, feed_bound(now - SETTLED), self._keys)

    def _told(self, line: FeedLine, touched: dict[Ref, None], units: dict[Ref, bool]) -> list[Frame]:
        if isinstance(line.event, SystemEvent):
            return list(self.tell.system(line.event)) if self.wanted.takes_system(line.event) else []
        if not self.wanted.takes_line(line.event):
            return []
        ref = Ref(self.tenant, line.job_id)
        job = self._job(ref)
        if job is None or not self.wanted.takes_job(job) or not self._takes_units(ref, units):
            return []
        touched.pop(ref, None)
        touched[ref] = None
        return list(self.tell.line(line.event, job))

    def _takes_units(self, ref: Ref, known: dict[Ref, bool]) -> bool:
        """Whether its units are as it is asked, as they stand now; ``known``: what this look has found."""
        if self.wanted.failed_units is None:
            return True
        if ref not in known:
            known[ref] = self.wanted.takes_counts(counts_of(self.engine, self.engine.store.job(ref)))
        return known[ref]

    def _job(self, ref: Ref) -> Job | None:
        """What of it never changes; None when its record is gone."""
        if ref not in self._known:
            if len(self._known) >= KNOWN:
                self._known.clear()
            try:
                self._known[ref] = self.engine.store.job(ref)
            except NotFound:
                self._known[ref] = None
        return self._known[ref]

    def _running(self) -> list[Job]:
        if self.wanted.statuses and Status.RUNNING.value not in self.wanted.statuses:
            return []
        workspaces: Collection[str | None] = self.wanted.workspaces or (None,)
        families = tuple(sorted(self.wanted.families))
        found = [
            job
            for workspace in workspaces
            for job in self.engine.store.jobs(
                Listing(self.tenant, families, workspace, (Status.RUNNING,), limit=RUNNING)
            )
        ]
        jobs = [job for job in found if self.wanted.takes_job(job)]
        if self.wanted.failed_units is not None:
            counts = counts_of_all(self.engine, jobs)
            jobs = [job for job, count in zip(jobs, counts, strict=True) if self.wanted.takes_counts(count)]
        return jobs[:RUNNING]

    def _fresh(self, touched: Collection[Ref], *, progress: bool) -> Sequence[Frame]:
        """Jobs that look otherwise than when they were shown last."""
        if self.tell.jobs is None:
            return []
        jobs = [self.engine.store.job(ref) for ref in list(touched)[-RUNNING:]]
        if progress and self.progress:
            jobs += [job for job in self._running() if job.ref not in touched]
        fresh = []
        for job, frame in zip(jobs, self.tell.jobs(jobs), strict=True):
            looks = progress_of(frame)
            if job.ref in touched or self._shown.get(job.ref) != looks:
                fresh.append(frame)
            if job.status.final:
                self._shown.pop(job.ref, None)
            else:
                self._shown[job.ref] = looks
        return fresh


def progress_of(frame: Frame) -> object:
    """What moves while a job runs and no line of history is written."""
    data = frame.data
    return repr(data.get("counts", data.get("progress"))) if isinstance(data, dict) else None


def _among(value: str, wanted: frozenset[str]) -> bool:
    return not wanted or value in wanted
