"""Lists: what one page asks of DynamoDB where there are ten jobs, and where there are ten thousand."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any

import jwt
from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.codec import job_item
from fermata.bootstrap import app_from
from fermata.domain.jobs import Job
from fermata.environment import ApiEnvironment
from fermata.local.stack import Stack
from mangum import Mangum

from bench import gateway, place, seeds
from bench.figure import Check, Figure, Table
from bench.metering import READS, Meter

FEW, MANY = 10, 10_000
SHOWN = 10
"""Jobs of a page; and open jobs of the user, which are the oldest."""

BATCH = 25
"""Items of one request to write."""

ROUTES = (
    f"/api/v1/tasks?limit={SHOWN}",
    f"/processes?limit={SHOWN}",
    "/api/batch/active",
    f"/api/v1/jobs?limit={SHOWN}",
    f"/api/v1/jobs?limit={SHOWN}&status=completed",
)


@dataclass(frozen=True)
class Page:
    """What one answer took.

    Attributes:
        units: read units.
        seconds: on this machine; for information.
    """

    requests: int
    units: float
    operations: str
    seconds: float


def measure() -> Figure:
    with place.opened({"RecoverySchedule": "DISABLED", "RequestsPerMinute": "0"}) as stack:
        clients, meter = Clients(), Meter(place.indexes(stack))
        meter.watch(clients.dynamodb)
        handler = Mangum(app_from(ApiEnvironment.read(place.variables(stack, "api")), clients), lifespan="off")
        pages = {}
        for tenant, count in (("few", FEW), ("many", MANY)):
            _seed(stack, tenant, count)
            for route in ROUTES:
                pages[route, tenant] = _page(handler, stack, meter, route, tenant)
    return Figure(
        "Lists stay one indexed query",
        tuple(_check(route, pages[route, "few"], pages[route, "many"]) for route in ROUTES),
        (_table(pages),),
        (
            f"Each family has {FEW} finished jobs, then {MANY:,}, and besides them {SHOWN} open ones of the calling user, which "
            f"are the oldest. Pages show {SHOWN} jobs. Read units are priced from the sizes of what was read.",
            "Lists read keys from an index and then the jobs themselves, consistently. An open job's counts are its ledger's, "
            "which is one query more for each. The time is the "
            "local stack's, which searches a whole index for each query.",
        ),
    )


def _page(handler: Any, stack: Stack, meter: Meter, route: str, tenant: str) -> Page:
    claims = {"sub": "bench", "tenant": tenant, "aud": "fermata", "scope": "read", "exp": int(time.time()) + 600}
    event = gateway.get(route, jwt.encode(claims, stack.jwt_secret, algorithm="HS256"))
    meter.reset()
    began = time.perf_counter()
    body = gateway.answer(handler, event)
    took = time.perf_counter() - began
    shown = body if isinstance(body, list) else body.get("data", body.get("jobs"))
    if len(shown) != SHOWN:
        raise RuntimeError(f"{route} shows {len(shown)} jobs instead of {SHOWN}")
    names: Counter[str] = Counter()
    for (_, operation), count in meter.requests.items():
        names[operation] += count
    return Page(
        meter.count(), meter.total()[READS], ", ".join(f"{count} {name}" for name, count in sorted(names.items())), took
    )


def _check(route: str, few: Page, many: Page) -> Check:
    measured = f"{few.requests} → {many.requests} requests, {few.units:g} → {many.units:g} read units"
    return Check(
        f"GET {route}, {FEW} → {MANY:,} jobs",
        measured,
        "do not grow",
        many.requests <= few.requests and many.units <= few.units,
    )


def _table(pages: dict[tuple[str, str], Page]) -> Table:
    rows = [
        (
            route,
            str(MANY if tenant == "many" else FEW),
            page.operations,
            f"{page.units:g}",
            f"{page.seconds * 1000:.0f} ms",
        )
        for (route, tenant), page in pages.items()
    ]
    return Table(
        "What a page asks for", ("GET", "jobs of a family", "requests", "read units", "took here"), tuple(rows)
    )


def _seed(stack: Stack, tenant: str, count: int) -> None:
    """Store jobs as they lie in the table: the oldest are open."""
    dynamodb, table = stack.client("dynamodb"), stack.outputs["TableName"]

    def put(jobs: Iterable[Job]) -> None:
        requests = [{"PutRequest": {"Item": job_item(job)}} for job in jobs]
        if dynamodb.batch_write_item(RequestItems={table: requests}).get("UnprocessedItems"):
            raise RuntimeError("the local stack refused some items")

    jobs = list(chain.from_iterable(_jobs(tenant, family, count) for family in seeds.KINDS))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(put, (jobs[at : at + BATCH] for at in range(0, len(jobs), BATCH))))


def _jobs(tenant: str, family: str, count: int) -> Iterable[Job]:
    return (seeds.job(tenant, family, number, live=number <= SHOWN) for number in range(1, SHOWN + count + 1))
