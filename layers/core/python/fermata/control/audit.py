"""Reading a tenant's audit trail, and proving that nobody has changed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from heapq import merge

from fermata.control.engine import Engine
from fermata.domain.events import REFUSED, AuditRecord, Mutation

READ = 500
"""Records of one read."""

MOST = 20_000
"""Records that one call looks at."""


@dataclass(frozen=True)
class AuditFilter:
    """Which records.

    Attributes:
        action, user, outcome: exactly this; ``refused`` matches every refusal. None: any.
        targets: one of these; that of a family's own route is known by its job's id, too (``tasks:42``). Empty: any.
        since, before: seconds since the epoch, inclusive and exclusive.
    """

    action: str | None = None
    targets: tuple[str, ...] = ()
    user: str | None = None
    outcome: str | None = None
    since: float | None = None
    before: float | None = None

    def match(self, record: AuditRecord) -> bool:
        act = record.act
        return (
            self.action in (None, act.action)
            and (not self.targets or act.target in self.targets or _job_id(act) in self.targets)
            and self.user in (None, act.actor.user)
            and self.outcome in (None, act.outcome, act.outcome.partition(":")[0])
            and (self.since is None or act.at >= self.since)
            and (self.before is None or act.at < self.before)
        )


def _job_id(act: Mutation) -> str:
    """Of the job that a family's route has acted on, if it is one: families name their jobs by their own ids."""
    return f"{act.action.partition('.')[0]}:{act.target}"


@dataclass(frozen=True)
class Place:
    """How far both chains of a tenant were read: numbers of the last records, of what was done and of what was refused."""

    done: int = 0
    refused: int = 0

    def __str__(self) -> str:
        return f"{self.done}.{self.refused}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises ValueError."""
        done, _, refused = text.partition(".")
        if not (done.isascii() and done.isdigit() and refused.isascii() and refused.isdigit()):
            raise ValueError(text)
        return cls(int(done), int(refused))

    def behind(self, record: AuditRecord) -> Place:
        if (
            record.act.is_refused and record.key
        ):  # without a key it is of the first release, whose only chain was that of acts
            return replace(self, refused=record.number)
        return replace(self, done=record.number)


@dataclass(frozen=True)
class AuditPage:
    """Records by time, and the place after which the next page goes on; None when there are no more."""

    records: tuple[AuditRecord, ...]
    after: Place | None


@dataclass(frozen=True)
class ChainVerification:
    """What checking a stretch of a chain found.

    Attributes:
        checked: how many records.
        broken_at: number of the first record that does not fit, or that is missing; None when all do.
        last, hash: number and hash of the last record that fits. Kept elsewhere, they prove later that none was cut off.
        whole: the stretch reaches the end of the chain.
        anchored: number of the newest record whose hash is kept where no function of the stack can change it; 0: none is.
    """

    checked: int
    broken_at: int | None
    last: int
    hash: str
    whole: bool
    anchored: int = 0


def page(engine: Engine, tenant: str, wanted: AuditFilter, after: Place, limit: int) -> AuditPage:
    """Matching records behind a place; a page may be short before the last when few match."""
    found: list[AuditRecord] = []
    for seen, record in enumerate(_both(engine, tenant, wanted, after)):
        if len(found) == limit or seen == MOST:
            return AuditPage(tuple(found), after)
        after = after.behind(record)
        if wanted.match(record):
            found.append(record)
    return AuditPage(tuple(found), None)


def prove(engine: Engine, tenant: str, last: int = 0, hash_: str = "", *, refused: bool = False) -> ChainVerification:
    """Check a chain after record ``last``, whose hash was ``hash_``; from the beginning unless told otherwise."""
    checked, keyed, key_of = 0, False, engine.secrets.key
    anchor = engine.log.anchored(tenant, refused=refused)
    anchored = anchor.number if anchor is not None else 0

    def found(broken_at: int | None, *, whole: bool = False) -> ChainVerification:
        return ChainVerification(checked, broken_at, last, hash_, whole, anchored)

    if last:
        known = engine.log.audit(tenant, last - 1, 1, refused=refused)
        if [(record.number, record.hash) for record in known] != [(last, hash_)]:
            broken, last, hash_ = last, 0, ""
            return found(broken)
        keyed = bool(known[0].key)
    for record in _from(engine, tenant, last, refused):
        if checked == MOST:
            return found(None)
        if record.number != last + 1 or record.previous != hash_ or not record.intact(key_of):
            return found(record.number)
        if keyed and not record.key:  # only the first release's had none, and they come first
            return found(record.number)
        if anchor is not None and record.number == anchor.number and record.hash != anchor.hash:
            return found(record.number)
        checked, last, hash_, keyed = checked + 1, record.number, record.hash, bool(record.key)
    if last < anchored:
        return found(last + 1)
    return found(None, whole=True)


def _both(engine: Engine, tenant: str, wanted: AuditFilter, after: Place) -> Iterator[AuditRecord]:
    """Of both chains, by time; of one alone where the other can't match. The first release had refusals in the one of acts."""
    chains = [_from(engine, tenant, after.done, False)]
    if wanted.outcome is None or wanted.outcome.startswith(REFUSED):
        chains.append(_from(engine, tenant, after.refused, True))
    return merge(*chains, key=lambda record: record.act.at)


def _from(engine: Engine, tenant: str, after: int, refused: bool) -> Iterator[AuditRecord]:
    while records := engine.log.audit(tenant, after, READ, refused=refused):
        yield from records
        after = records[-1].number
