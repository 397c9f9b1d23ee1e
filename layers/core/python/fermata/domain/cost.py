"""What a job has cost so far, estimated from what is stored of it, without what keeping its results costs afterwards.

The seconds that workers had its chunks in hand are known, and so are claims, writes of results and states. What each of these
asks of AWS beside is the average of `make bench` (docs/costs.md).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fermata.domain.chunks import Chunk, count
from fermata.domain.jobs import Job
from fermata.domain.kind import DEFAULT_WORKER
from fermata.domain.prices import PRICES, dollars

JOB: Mapping[str, float] = {
    "HTTP API requests": 1,
    "Lambda requests": 2,
    "Lambda GB-seconds": 0.48,
    "DynamoDB write units": 46,
    "DynamoDB read units": 16,
    "SQS requests": 6,
    "Step Functions transitions": 1,
    "KMS requests": 1,
    "Log GB": 4e-6,
}
"""For starting and ending a job, beside the states that its execution enters."""

STAGE: Mapping[str, float] = {"DynamoDB write units": 24, "S3 writes": 2}
CHUNK: Mapping[str, float] = {"DynamoDB write units": 2}
"""For naming a chunk, in a transaction."""
KILOBYTE: Mapping[str, float] = {"DynamoDB write units": 2, "DynamoDB read units": 2}
"""For one of parameters that are kept apart from the job's record: written in a transaction, and read by planner and worker."""
CLAIM: Mapping[str, float] = {
    "Lambda requests": 0.7,
    "DynamoDB read units": 3,
    "SQS requests": 1,
    "S3 reads": 1,
}
WRITE: Mapping[str, float] = {"DynamoDB write units": 1}
"""For a change of a chunk, or a segment of results."""
BLOB: Mapping[str, float] = {"S3 writes": 1, "S3 reads": 1}
"""For a segment whose results are too many for an item of the table: it is written to the bucket, and read from it once."""
INLINE = 30
"""Results that fill an item, packed, where each is of 60 bytes as in the bench. How long a job's own are is not known here."""
SECOND: Mapping[str, float] = {"DynamoDB read units": 4.2, "SQS requests": 0.42}
"""For a second of a worker, beside its own price: it looks at the holds and keeps its lease and its message."""

SERVICES = {"Step": "Step Functions", "HTTP": "HTTP API", "Log": "CloudWatch"}
"""Of prices whose first word is not the service's name."""


@dataclass(frozen=True)
class Estimate:
    """In dollars.

    Attributes:
        services: of each AWS service, the dearest first.
        projected: what all its units will have cost, if the rest costs as much as those that are settled; None where it is not
            known how many there will be, or none is settled.
        seconds: that workers had its chunks in hand.
    """

    services: Mapping[str, float]
    projected: float | None
    seconds: float

    @property
    def total(self) -> float:
        return sum(self.services.values())


def estimate(job: Job, chunks: Iterable[Chunk], memory: Mapping[str, int]) -> Estimate:
    """``memory``: MB of the workers of each class; one that is missing has as much as the default's."""
    known = list(chunks)
    begun = sum(1 for plan in job.stages if plan.chunks)
    fixed = _sum(
        (JOB, 1),
        (STAGE, begun),
        (CHUNK, len(known)),
        (KILOBYTE, _apart(job)),
        ({"Step Functions transitions": 1}, 1 + job.passages),
    )
    moving = _sum(
        (CLAIM, sum(chunk.attempt for chunk in known)),
        (WRITE, sum(chunk.rev + _segments(chunk) for chunk in known)),
        (BLOB, sum(_segments(chunk) for chunk in known if chunk.size - len(chunk.todo) > INLINE * _segments(chunk))),
        (SECOND, sum(chunk.busy for chunk in known)),
        ({"Lambda GB-seconds": 1}, sum(chunk.busy * _memory(job, chunk, memory) / 1024 for chunk in known)),
    )
    counts = count(known)
    whole = all(plan.complete for plan in job.stages) and counts.settled > 0
    projected = dollars(fixed) + dollars(moving) * counts.total / counts.settled if whole else None
    services = _by_service(_sum((fixed, 1), (moving, 1)))
    return Estimate(services, projected, sum(chunk.busy for chunk in known))


def _segments(chunk: Chunk) -> int:
    return sum(number for _, number in chunk.segments)


def _apart(job: Job) -> float:
    """KB of its parameters; none where they fit into its record."""
    size = len(json.dumps(dict(job.params))) / 1024
    return size if size > 1 else 0.0


def _memory(job: Job, chunk: Chunk, memory: Mapping[str, int]) -> int:
    worker = job.stages[chunk.stage].worker
    return memory.get(worker, memory[DEFAULT_WORKER])


def _sum(*parts: tuple[Mapping[str, float], float]) -> dict[str, float]:
    total: dict[str, float] = defaultdict(float)
    for usage, times in parts:
        for name, amount in usage.items():
            total[name] += amount * times
    return dict(total)


def _by_service(usage: Mapping[str, float]) -> dict[str, float]:
    found: dict[str, float] = defaultdict(float)
    for name, amount in usage.items():
        first = name.split()[0]
        found[SERVICES.get(first, first)] += amount * PRICES[name]
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))
