"""Connections of a gateway that observe a job: where each is in what there is to tell."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.domain.jobs import Ref


@dataclass(frozen=True)
class Observer:
    """One connection.

    Attributes:
        id: of the connection, as its gateway names it.
        opened_at, told_at: when it was opened, and told something last; seconds since the epoch.
        seen: what it has been told, in the words of whoever tells it; empty: nothing yet.
        rev: number of its last change.
    """

    id: str
    tenant: str
    job_id: str
    opened_at: float
    told_at: float
    seen: str = ""
    rev: int = 1

    @property
    def ref(self) -> Ref:
        return Ref(self.tenant, self.job_id)
