"""Which of a workspace's full-text indexes its readers see: one is live, and another that is being built takes its place at once.

A generation is a whole index by itself. Whoever writes does so in each that :attr:`Generations.written` names, looks again, and
goes on until there is none left (:func:`in_each`); whoever builds names its generation first and then copies what is live. So at
least one sees the other, and a source that is processed meanwhile is in the new index, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fermata.content.model import WorkspaceRef
from fermata.domain.errors import Stale, Unavailable

if TYPE_CHECKING:
    from fermata.content.ports import Index

TRIES = 20


@dataclass(frozen=True)
class Generations:
    """The generations of a workspace's index, by name.

    Attributes:
        live: what readers see; the first one has no name.
        model: which model the live one has embeddings by; empty: it has none.
        building: what is built, if anything.
        builder: id of the job that builds it.
        spent: what nobody sees any more, or what was left unfinished: its job may still go on with it.
        doomed: what is being removed.
        rev: number of the last change.
    """

    live: str = ""
    model: str = ""
    building: str | None = None
    builder: str = ""
    spent: tuple[str, ...] = ()
    doomed: tuple[str, ...] = ()
    rev: int = 0

    @property
    def written(self) -> tuple[str, ...]:
        """The generations that what changes has to be written to."""
        return (self.live,) if self.building is None else (self.live, self.building)

    def claimed(self, name: str, builder: str, *, new: bool) -> Generations:
        """With this generation under construction. ``new``: it has nothing yet; otherwise what it has must still be there.

        Raises Busy while another job builds, and Gone.
        """
        if self.building == name:
            return self
        if self.building is not None:
            raise Busy(self.builder)
        if not new and name not in self.spent:
            raise Gone
        return replace(self, building=name, builder=builder, spent=_without(self.spent, name))

    def published(self, model: str) -> Generations:
        """With what was built live."""
        assert self.building is not None  # noqa: S101 - its caller has just claimed it
        return replace(self, live=self.building, model=model, building=None, builder="", spent=(*self.spent, self.live))

    def released(self, name: str) -> Generations:
        """Without this one under construction; it is kept until the next is published."""
        if self.building != name:
            return self
        return replace(self, building=None, builder="", spent=(*self.spent, name))

    def swept(self) -> Generations:
        """With all that nobody needs on its way out."""
        return replace(self, spent=(), doomed=(*self.doomed, *self.spent)) if self.spent else self

    def removed(self, name: str) -> Generations:
        return replace(self, doomed=_without(self.doomed, name))


class Busy(Exception):
    """Another job builds an index here: its id."""


class Gone(Exception):
    """What was built has been removed meanwhile."""


def generation_of(job_id: str) -> str:
    """The name of the generation that a job builds."""
    return hashlib.sha256(job_id.encode()).hexdigest()[:12]


def live(index: Index, workspace: WorkspaceRef) -> Index:
    """What readers see."""
    return index.at(index.generations(workspace).live)


def in_each(index: Index, workspace: WorkspaceRef, change: Callable[[Index], int]) -> int:
    """Make a change, which may be repeated, in every generation that counts; its answer in the live one."""
    answers: dict[str, int] = {}
    for _ in range(TRIES):
        known = index.generations(workspace)
        left = [name for name in known.written if name not in answers]
        if not left:
            return answers[known.live]
        answers |= {name: change(index.at(name)) for name in left}
    raise Unavailable("the index is being replaced again and again; try again")


def change(index: Index, workspace: WorkspaceRef, step: Callable[[Generations], Generations]) -> Generations:
    """Change which generations there are; as stored. Raises what the step raises."""
    for _ in range(TRIES):
        known = index.generations(workspace)
        wanted = step(known)
        if wanted == known:
            return known
        wanted = replace(wanted, rev=known.rev + 1)
        try:
            index.save_generations(workspace, wanted)
        except Stale:
            continue
        return wanted
    raise Unavailable("the index is being changed by others; try again")


def _without(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(other for other in names if other != name)
