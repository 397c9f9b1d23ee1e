"""What a kind may do with its workspace's content: read, search and change it, and nothing that leads out of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from fermata.content.building import IndexBuild
from fermata.content.cooccurrence import Companion, companions
from fermata.content.generations import in_each, live
from fermata.content.model import IndexedSection, Record, SourceState, WorkspaceRef
from fermata.content.ports import Index, Records, Sources
from fermata.content.search import Hit, search
from fermata.domain import strict_json
from fermata.domain.jobs import Job
from fermata.domain.kind import UnitError


@dataclass(frozen=True)
class WorkspaceContent:
    """The content of one workspace. Every change may be repeated: the second time changes nothing."""

    workspace: WorkspaceRef
    indexed: Index
    stored: Records
    given: Sources

    def index(self, sections: Sequence[IndexedSection]) -> int:
        """Make a block of a source's sections searchable, in place of the one that its first section named; how many terms."""
        return in_each(self.indexed, self.workspace, lambda index: index.add(self.workspace, sections))

    def forget(self, source: str, keep: Collection[int] = ()) -> int:
        """Take a source out of the index, but for the blocks that the sections in ``keep`` are first of; how many blocks."""
        kept = frozenset(keep)
        return in_each(self.indexed, self.workspace, lambda index: index.remove(self.workspace, source, kept))

    def sections(self, source: str) -> Iterator[IndexedSection]:
        """What is indexed of a source, in order."""
        blocks = live(self.indexed, self.workspace).of_source(self.workspace, source)
        return (section for block in blocks for section in block)

    def search(self, question: str, limit: int = 10, vector: bytes | None = None) -> list[Hit]:
        """The passages that answer best, best first; see :func:`fermata.content.search.search`."""
        return search(self.indexed, self.workspace, question, limit, vector)

    def companions(self, keyword: str, terms_of: Callable[[str, int], Sequence[str]]) -> tuple[list[Companion], int]:
        """What stands beside a keyword; see :func:`fermata.content.cooccurrence.companions`."""
        return companions(self.indexed, self.workspace, keyword, terms_of)

    @property
    def model(self) -> str:
        """The model that the index has embeddings by; empty without."""
        return self.indexed.generations(self.workspace).model

    def build(self, job_id: str) -> IndexBuild:
        """What a job needs to build the index anew."""
        return IndexBuild(self.indexed, self.given, self.workspace, job_id)

    def source(self, source_id: str) -> SourceState | None:
        """None when this workspace has no such source."""
        found = self.given.find(self.workspace.tenant, [source_id])
        return next((state for state in found if state.source.workspace == self.workspace.workspace), None)

    def add(self, table: str, records: Sequence[Record]) -> list[bool]:
        """Store records; for each whether it is there now. False: another one has its key.

        Raises UnitError for a value that JSON does not have: it could not be read again.
        """
        for record in records:
            try:
                strict_json.check(dict(record.values))
            except strict_json.NotJson as error:
                raise UnitError(f"the record {record.key[:100]!r} can't be stored: {error}") from None
        return self.stored.add(self.workspace, table, records)

    def records(self, table: str, after: str = "", limit: int = 100) -> list[Record]:
        """Those with a key above ``after``, ascending by the key's bytes; at most ``limit``."""
        return self.stored.page(self.workspace, table, after, limit)

    def find_records(self, table: str, keys: Collection[str]) -> dict[str, Record]:
        """Those that exist, by key."""
        return self.stored.find(self.workspace, table, keys)

    def replace_record(self, table: str, record: Record, old: str) -> bool:
        """Store the record in place of the one of its key that was added ``by`` old; whether it is there now."""
        return self.stored.replace(self.workspace, table, record, old)

    def remove_record(self, table: str, key: str, by: str) -> bool:
        """Remove the record that was added ``by`` this; whether there is none of its key now. False: it has changed."""
        return self.stored.remove(self.workspace, table, key, by)


@dataclass(frozen=True)
class ContentStores:
    """The content of all workspaces, and what the engine is given of it. Made by the composition root."""

    sources: Sources
    index: Index
    records: Records

    def workspace(self, tenant: str, workspace: str) -> WorkspaceContent:
        return WorkspaceContent(WorkspaceRef(tenant, workspace), self.index, self.records, self.sources)

    def tidy_up(self, job: Job) -> None:
        """Once no worker is at a job that has ended: remove what it has indexed of a source that was deleted meanwhile, and
        leave an index that it was building to whoever builds the next."""
        workspace = WorkspaceRef(job.tenant, job.workspace)
        name = job.source
        if name is not None and not self.sources.find(job.tenant, [name]):
            in_each(self.index, workspace, lambda index: index.remove(workspace, name))
        elif name is None:
            IndexBuild(self.index, self.sources, workspace, job.id).release()


class _Working(Protocol):
    @property
    def workspace_content(self) -> object: ...


def content_of(work: _Working) -> WorkspaceContent:
    """The workspace's content for a unit, planner or finisher. Raises LookupError where the engine was given none."""
    if work.workspace_content is None:
        raise LookupError("there is no workspace content here")
    return cast(WorkspaceContent, work.workspace_content)
