"""Starting a job: what one asks of AWS where nothing is open, and where a thousand jobs are."""

from __future__ import annotations

import os
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from fermata.adapters.aws.api_keys import DynamoKeys
from fermata.adapters.aws.codec import job_item
from fermata.domain.access import CONTROL, READ, ApiKey, digest
from fermata.local.stack import Stack

from bench import functions, gateway, place, seeds
from bench.figure import Check, Figure, Table
from bench.metering import READS, WRITES, Meter, Unwatched, watching
from bench.pricing import dollars

OPEN = 1_000
TARGET = 5
BATCH = 25
"""Items of one request to write."""

ROUTES: tuple[tuple[str, Any], ...] = (
    ("/api/v1/jobs", {"kind": "probe", "params": {"units": 1}}),
    ("/api/v1/tasks", {"task_type": "crawl", "params": {"url": "http://localhost:9/"}}),
    ("/processes", {"type": "csv_import", "workspace_id": 1, "input": {"text": "name\none\n"}}),
    (
        "/api/batch/start",
        {
            "job_id": "",
            "documents": [{"title": "One", "file_path": "https://example.com/1.txt", "file_source_type": "url"}],
            "config": {"num_pages": 1, "num_tags": 1},
        },
    ),
)
CALLER = ("GetItem key", "UpdateItem requests", "UpdateItem number", "BatchGetItem scope")
"""What the api asks for besides the engine: who calls, how often, the integer that some families show, what holds the job."""

INPUT = "PutObject"
"""A file that the caller gives with the job, or that its list of documents becomes: as many as the caller wants."""


@dataclass(frozen=True)
class Asked:
    """What one start asked of AWS.

    Attributes:
        engine, api, files: requests by purpose, of the engine, of what stands before it, and for files given with the job.
        cost: dollars, of requests alone.
    """

    engine: Counter[str]
    api: Counter[str]
    files: Counter[str]
    units: str
    cost: float


def measure() -> Figure:
    with place.opened({"RecoverySchedule": "DISABLED", "MaxOpenJobs": str(2 * OPEN)}) as stack:
        meter, handler = Meter(place.indexes(stack)), functions.load("api").handler
        with watching(meter), patch.dict(os.environ, place.variables(stack, "api")):
            found = {}
            for tenant, count in (("few", 0), ("many", OPEN)):
                key = _key(stack, tenant)
                _seed(stack, tenant, count)
                for path, body in ROUTES:
                    if "job_id" in body:
                        body = body | {"job_id": f"start-{tenant}"}
                    _asked(meter, handler, path, body if "job_id" not in body else body | {"job_id": "first"}, key)
                    found[path, count] = _asked(meter, handler, path, body, key)
    most = max(asked.engine.total() for asked in found.values())
    grows = [path for path, _ in ROUTES if found[path, OPEN].engine.total() > found[path, 0].engine.total()]
    return Figure(
        "Starting a job",
        (
            Check(
                f"requests of the engine beside files that the caller gives, with up to {OPEN:,} jobs open",
                str(most),
                f"≤ {TARGET}",
                most <= TARGET,
            ),
            Check("families in which more open jobs make more requests", str(len(grows)), "0", not grows),
        ),
        (_table(found),),
        (
            "Counted at the clients of the api's own handler; each start is the second of its instance, whose block of the "
            f"tenant's quota was counted with the first. Open jobs are all of one tenant. {_each(found)}",
            "With open jobs the engine reads their keys, to see that the tenant has not too many, in one request.",
        ),
    )


def _asked(meter: Meter, handler: gateway.Handler, path: str, body: Any, key: str) -> Asked:
    meter.reset()
    gateway.answer(handler, gateway.post(path, body, key))
    api = Counter({name: count for name, count in meter.purposes.items() if name in CALLER})
    files = Counter({name: count for name, count in meter.purposes.items() if name.startswith(INPUT)})
    usage = meter.total()
    units = f"{usage[WRITES]:g} write, {usage[READS]:g} read"
    return Asked(meter.purposes - api - files, api, files, units, dollars(usage))


def _each(found: dict[tuple[str, int], Asked]) -> str:
    engine = found[ROUTES[0][0], OPEN].engine
    return (
        "The engine's are: "
        + ", ".join(name if count == 1 else f"{count} {name}" for name, count in engine.items())
        + "."
    )


def _table(found: dict[tuple[str, int], Asked]) -> Table:
    rows = [
        (
            f"POST {path}",
            f"{count:,}",
            str(asked.engine.total()),
            str(asked.files.total()),
            f"{asked.api.total()}: {', '.join(asked.api)}",
            asked.units,
            f"${asked.cost * 1e6:.2f}",
        )
        for (path, count), asked in found.items()
    ]
    header = ("", "open jobs", "engine's requests", "files", "the api's", "units of DynamoDB", "a million starts")
    return Table("What a start asks of AWS", header, tuple(rows))


def _key(stack: Stack, tenant: str) -> str:
    key = f"sk_{secrets.token_urlsafe(32)}"
    made = ApiKey(f"key_{tenant}", tenant, "bench", frozenset({READ, CONTROL}), digest(key), time.time())
    DynamoKeys(stack.outputs["TableName"], Unwatched()).add(made)
    return key


def _seed(stack: Stack, tenant: str, count: int) -> None:
    dynamodb, table = stack.client("dynamodb"), stack.outputs["TableName"]
    jobs = [seeds.job(tenant, "jobs", number, live=True) for number in range(1, count + 1)]
    for at in range(0, count, BATCH):
        requests = [{"PutRequest": {"Item": job_item(job)}} for job in jobs[at : at + BATCH]]
        if dynamodb.batch_write_item(RequestItems={table: requests}).get("UnprocessedItems"):
            raise RuntimeError("the local stack refused some items")
