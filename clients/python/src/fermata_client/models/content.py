"""What a workspace keeps: sources, passages that are found, records."""

from __future__ import annotations

from fermata_client.models.base import Answer, Json, Time
from fermata_client.words import SourceStatus


class SourceCreated(Answer):
    """Receipt of a new source."""

    source_id: str
    status: SourceStatus
    paused: bool
    created_at: Time


class Source(Answer):
    """A source; ``job_id`` names the job that processes it."""

    source_id: str
    title: str
    uri: str | None
    workspace_id: str
    status: SourceStatus
    paused: bool
    paused_at: Time | None
    reason: str | None
    error: str | None
    job_id: str
    created_at: Time


class SourcePage(Answer):
    """Sources, newest first."""

    sources: list[Source]
    next_cursor: str | None


class SourceDeleted(Answer):
    """Receipt of a deletion."""

    source_id: str
    deleted: bool


class SourcePaused(Answer):
    """Whether the source is paused now."""

    source_id: str
    paused: bool


class SourceCount(Answer):
    """How many of the named sources are in the state asked for now."""

    count: int


class Passage(Answer):
    """A passage that answers a question; ``section`` has the headings above it, outermost first."""

    source_id: str
    title: str
    uri: str | None
    section: list[str]
    page: int | None
    part: int
    passage: int
    score: float
    snippet: str


class Passages(Answer):
    """The best passages, best first."""

    query: str
    workspace: str
    results: list[Passage]


class Record(Answer):
    """A record that an import has stored."""

    key: str
    values: dict[str, Json]


class RecordPage(Answer):
    """Records of a table, in the order of their keys."""

    table: str
    workspace: str
    records: list[Record]
    next_cursor: str | None
