"""Latency of a batch's status: the api function in this process, beside the least that could answer it."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from fermata.domain.jobs import Job
from fermata.local.stack import Stack
from fermata.ports import AddChunks, SaveJob

from bench import functions, gateway, place, seeds
from bench.figure import Check, Figure, Table
from bench.jobs import token

ROUNDS = 400
WARM = 30
TARGET = 1.5


def measure() -> Figure:
    with place.opened({"RecoverySchedule": "DISABLED"}) as stack:
        finished, live = seeds.job("default", "batch", 1), seeds.job("default", "batch", 2, live=True)
        store = place.engine(stack).store
        store.write(SaveJob(finished))
        store.write(SaveJob(live), AddChunks(live.ref, seeds.chunks()))
        with patch.dict(os.environ, place.variables(stack, "api")):
            times = _measured(stack, finished, live)
    bare, done, _ = (statistics.median(series) for series in times)
    ratio = done / bare
    return Figure(
        "Latency of a batch's status, in process",
        (
            Check(
                "status of a finished job against a bare FastAPI + Mangum route with one GetItem",
                f"{ratio:.2f}x",
                f"≤ {TARGET}x",
                ratio <= TARGET,
            ),
        ),
        (
            Table(
                "A request, in the same run",
                ("", "median", "95 of 100 below", "ratio"),
                tuple(
                    (
                        name,
                        f"{statistics.median(series):.2f} ms",
                        f"{statistics.quantiles(series, n=20)[-1]:.2f} ms",
                        f"{statistics.median(series) / bare:.2f}x",
                    )
                    for name, series in zip(
                        ("bare route", "finished job", f"live job, ledger of {len(seeds.chunks())} chunks"),
                        times,
                        strict=True,
                    )
                ),
            ),
        ),
        (
            f"{ROUNDS} requests each, by turns, on the local stack's DynamoDB. The bare route reads the same item and answers "
            "six facts; it authenticates nobody, and validates, limits and describes nothing. Ours checks a JWT.",
        ),
    )


def _measured(stack: Stack, finished: Job, live: Job) -> tuple[list[float], ...]:
    """Milliseconds of the bare route, a finished job, and a live one."""
    jwt = token(stack)
    bare, ours = _bare(stack.outputs["TableName"]), functions.load("api").handler
    calls = [
        (bare, gateway.get(f"/status/{finished.public_id}", jwt)),
        (ours, gateway.get(f"/api/batch/jobs/{finished.public_id}/status", jwt)),
        (ours, gateway.get(f"/api/batch/jobs/{live.public_id}/status", jwt)),
    ]
    times: tuple[list[float], ...] = ([], [], [])
    for turn in range(WARM + ROUNDS):
        for series, (handler, event) in zip(times, calls, strict=True):
            took = _timed(lambda handler=handler, event=event: gateway.answer(handler, dict(event)))  # type: ignore[misc]
            if turn >= WARM:
                series.append(took)
    return times


def _timed(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def _bare(table: str) -> gateway.Handler:
    """The same answer with nothing but the libraries."""
    import json

    import boto3
    from fastapi import FastAPI
    from mangum import Mangum

    app, dynamodb = FastAPI(), boto3.client("dynamodb")

    @app.get("/status/{job_id}")
    def status(job_id: str) -> dict[str, Any]:
        key = {"pk": {"S": f"default|batch:{job_id}"}, "sk": {"S": "job"}}
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True)["Item"]
        job = json.loads(item["doc"]["S"])
        total, processed, failed = (job["counts"][name] for name in ("total", "succeeded", "failed"))
        return {
            "job_id": job_id,
            "status": job["status"],
            "total_documents": total,
            "processed_count": processed,
            "failed_count": failed,
            "progress": (processed + failed) / total,
        }

    handler: gateway.Handler = Mangum(app, lifespan="off")
    return handler
