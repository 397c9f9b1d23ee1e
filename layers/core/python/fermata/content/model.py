"""What a workspace keeps beyond its jobs: sources, sections of them that can be searched, and imported records.

A source is a document that a tenant gives to be processed, by a job of its own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from fermata.domain.holds import Hold, Scope, source_scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.transitions import Status

FAMILY = "sources"
KIND = "source.process"

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What the id of a source may look like; anything else names none."""

WORDS = ("pending", "extracting", "indexing", "processing", "completed", "failed", "cancelled", "unknown")
"""A source's status: how far its job is. ``processing`` is any stage but extract and index; ``unknown``: the job's record
has outlived its retention. Whether it is paused is told apart from it."""

_STAGES = {"extract": "extracting", "ocr": "extracting", "index": "indexing"}
_ENDS = {
    Status.COMPLETED: "completed",
    Status.FAILED: "failed",
    Status.TIMED_OUT: "failed",
    Status.CANCELLED: "cancelled",
}


class WorkspaceRef(NamedTuple):
    """Names a workspace: what it keeps is sealed off from every other tenant and workspace."""

    tenant: str
    workspace: str


@dataclass(frozen=True)
class IndexedSection:
    """A section of a source, as it goes into the index: what one unit has indexed.

    Attributes:
        source: the source's id.
        number: of the section in its source; the same again replaces it.
        title, uri: of the source.
        path: the headings above the section, outermost first.
        page: its page, from 1, where the source has pages.
        passages: its text, in overlapping pieces of about 200 words.
        document_title: what the document calls itself.
        language: code of the one its words are in; empty: unknown.
    """

    source: str
    number: int
    title: str
    passages: tuple[str, ...]
    uri: str | None = None
    path: tuple[str, ...] = ()
    page: int | None = None
    document_title: str = ""
    language: str = ""


@dataclass(frozen=True)
class Record:
    """A row of an imported table.

    Attributes:
        key: unique in the table; the first record of a key stays.
        by: what adds it (an idempotency key): the same again is no second record.
        values: by column; JSON.
    """

    key: str
    by: str
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Source:
    """A document that was given.

    Attributes:
        uri: where it lies; None when its text was given.
        user: who gave it.
        run: of its processing; the first is 1.
        deleted_at: seconds since the epoch; a deleted source is kept for a while, so that late work finds it gone.
        rev: number of its last change.
    """

    tenant: str
    id: str
    workspace: str
    title: str
    uri: str | None
    user: str
    created_at: float
    run: int = 1
    deleted_at: float | None = None
    rev: int = 0

    @property
    def job(self) -> Ref:
        """The job that processes it."""
        suffix = "" if self.run == 1 else f".{self.run}"
        return Ref(self.tenant, f"{FAMILY}:{self.id}{suffix}")

    @property
    def scope(self) -> str:
        return source_scope(self.id)

    @property
    def created_key(self) -> str:
        """Sorts by creation, then by id."""
        return f"{self.created_at:017.6f}#{self.id}"


@dataclass(frozen=True)
class SourceState:
    """A source with all that its state hangs on, read together.

    Attributes:
        job: None when the job's record is gone.
    """

    source: Source
    job: Job | None
    scope: Scope

    def hold(self, now: float) -> Hold | None:
        """The source's own hold, while it holds."""
        hold = self.scope.hold
        return hold if hold is not None and hold.holds(now) else None

    def status(self, stages: tuple[str, ...]) -> str:
        """One of :data:`WORDS`; ``stages``: the names of the stages of the job's kind."""
        if self.job is None:
            return "unknown"
        if self.job.status in _ENDS:
            return _ENDS[self.job.status]
        if self.job.started_at is None:
            return "pending"
        name = stages[self.job.stage] if self.job.stage < len(stages) else ""
        return _STAGES.get(name, "processing")


@dataclass(frozen=True)
class SourceListing:
    """A list of a tenant's sources, newest first.

    Attributes:
        workspace: only of this one; None: of all.
        before: exclusive bound of ``created_key``; the cursor of a page is the last key it showed.
    """

    tenant: str
    workspace: str | None = None
    before: str | None = None
    limit: int = 50


def new_id(now: float) -> str:
    """``src_``, the moment in milliseconds and a random part, both as hexadecimal digits."""
    return f"src_{int(now * 1000):011x}{secrets.token_hex(5)}"
