"""Reading a tenant's audit trail, and proving that nobody has changed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fermata.control.engine import Engine
from fermata.domain.events import AuditRecord

READ = 500
"""Records of one read."""

MOST = 20_000
"""Records that one call looks at."""


@dataclass(frozen=True)
class AuditFilter:
    """Which records.

    Attributes:
        action, target, user, outcome: exactly this; ``refused`` matches every refusal. None: any.
        since, before: seconds since the epoch, inclusive and exclusive.
    """

    action: str | None = None
    target: str | None = None
    user: str | None = None
    outcome: str | None = None
    since: float | None = None
    before: float | None = None

    def match(self, record: AuditRecord) -> bool:
        act = record.act
        return (
            self.action in (None, act.action)
            and self.target in (None, act.target)
            and self.user in (None, act.actor.user)
            and self.outcome in (None, act.outcome, act.outcome.partition(":")[0])
            and (self.since is None or act.at >= self.since)
            and (self.before is None or act.at < self.before)
        )


@dataclass(frozen=True)
class AuditPage:
    """Records in order, and the number after which the next page goes on; None when there are no more."""

    records: tuple[AuditRecord, ...]
    after: int | None


@dataclass(frozen=True)
class ChainVerification:
    """What checking a stretch of the chain found.

    Attributes:
        checked: how many records.
        broken_at: number of the first record that does not fit, None when all do.
        last, hash: number and hash of the last record that fits. Kept elsewhere, they prove later that none was cut off.
        whole: the stretch reaches the end of the chain.
    """

    checked: int
    broken_at: int | None
    last: int
    hash: str
    whole: bool


def page(engine: Engine, tenant: str, wanted: AuditFilter, after: int, limit: int) -> AuditPage:
    """Matching records with a number above ``after``; a page may be short before the last when few match."""
    found: list[AuditRecord] = []
    last = after
    for record in _from(engine, tenant, after):
        if len(found) == limit or record.number > after + MOST:
            return AuditPage(tuple(found), last)
        last = record.number
        if wanted.match(record):
            found.append(record)
    return AuditPage(tuple(found), None)


def prove(engine: Engine, tenant: str, last: int = 0, hash_: str = "") -> ChainVerification:
    """Check the chain after record ``last``, whose hash was ``hash_``; from the beginning unless told otherwise."""
    checked = 0
    if last and [(known.number, known.hash) for known in engine.log.audit(tenant, last - 1, 1)] != [(last, hash_)]:
        return ChainVerification(0, last, 0, "", whole=False)
    for record in _from(engine, tenant, last):
        if checked == MOST:
            return ChainVerification(checked, None, last, hash_, whole=False)
        if not record.intact or record.number != last + 1 or record.previous != hash_:
            return ChainVerification(checked, record.number, last, hash_, whole=False)
        checked, last, hash_ = checked + 1, record.number, record.hash
    return ChainVerification(checked, None, last, hash_, whole=True)


def _from(engine: Engine, tenant: str, after: int) -> Iterator[AuditRecord]:
    while records := engine.log.audit(tenant, after, READ):
        yield from records
        after = records[-1].number
