"""Jobs that are written, not run: for figures about reading."""

from __future__ import annotations

from fermata.domain.chunks import Chunk, Counts
from fermata.domain.jobs import Job, StagePlan
from fermata.domain.ranges import Ranges
from fermata.domain.transitions import Status

KINDS = {"batch": "tag_documents", "tasks": "probe", "processes": "probe", "jobs": "probe"}
"""The families whose lists are measured, and a kind for each."""

BEGAN = 1_790_000_000.0
UNITS, CHUNK = 1_000, 25


def job(tenant: str, family: str, number: int, *, live: bool = False) -> Job:
    """A job of 1,000 units, finished or half done; a higher number is a newer job."""
    created = BEGAN + number
    counts = Counts(UNITS, UNITS - 10, 10)
    return Job(
        tenant=tenant,
        id=f"{family}:{number if family in ('tasks', 'processes') else f'bench-{number}'}",
        family=family,
        kind=KINDS[family],
        workspace="default",
        user="bench",
        created_at=created,
        number=number,
        status=Status.RUNNING if live else Status.COMPLETED,
        params={"num_pages": 3, "num_tags": 8} if family == "batch" else {"units": UNITS},
        digest=f"{number:032x}",
        expected=UNITS,
        stages=(StagePlan(UNITS, UNITS // CHUNK, UNITS, True),),
        started_at=created + 1,
        finished_at=None if live else created + 60,
        updated_at=created + 60,
        counts=None if live else counts,
        result=None if live else {"succeeded": counts.succeeded, "failed": counts.failed},
        closed=not live,
        events=4,
        rev=1,
    )


def chunks() -> tuple[Chunk, ...]:
    """The ledger of a live job: every other chunk is done."""
    return tuple(_chunk(number) for number in range(UNITS // CHUNK))


def _chunk(number: int) -> Chunk:
    first = number * CHUNK
    todo = Ranges.span(first, first + CHUNK) if number % 2 else Ranges()
    place = (0, number, first, CHUNK, "units/0-0-2.jsonl", number * 2_000, (number + 1) * 2_000, todo)
    return Chunk(*place, attempt=1, segments=((1, 2),), rev=4)
