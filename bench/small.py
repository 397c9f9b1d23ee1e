"""A small job: from the request that starts it until its one unit, which does nothing, and the job are done."""

from __future__ import annotations

import statistics
import time
import uuid
from collections.abc import Callable
from typing import Any

from fermata.adapters.aws import table_keys
from fermata.domain.jobs import Ref
from fermata.domain.transitions import Status

from bench import bare_chain, place
from bench.figure import Check, Figure, Table
from bench.jobs import Jobs

ROUNDS = 40
WARM = 5
TARGET = 2.0
LOOK = 0.005
PATIENCE = 60.0

Start = Callable[[], tuple[str, str]]
"""Makes the request; where the item lies that shows the status."""


def measure() -> Figure:
    with place.opened() as stack:
        bare_chain.deploy(stack)
        jobs, table = Jobs(stack), stack.outputs["TableName"]
        dynamodb = stack.client("dynamodb")

        def chain() -> tuple[str, str]:
            id_ = uuid.uuid4().hex
            jobs.client.transport.request("POST", bare_chain.PATH, json={"id": id_})
            return "bench", id_

        def job() -> tuple[str, str]:
            return tuple(table_keys.job(Ref("default", jobs.start(units=1))))  # type: ignore[return-value]

        times: tuple[list[float], list[float]] = ([], [])
        for turn in range(WARM + ROUNDS):
            for series, begin in zip(times, (chain, job), strict=True):
                took = _seconds(dynamodb, table, begin)
                if turn >= WARM:
                    series.append(took)
    medians = [statistics.median(series) for series in times]
    ratio = medians[1] / medians[0]
    return Figure(
        "A small job",
        (
            Check(
                "start to completed of one unit, against a bare gateway → function → queue → function → table",
                f"{ratio:.2f}x",
                f"≤ {TARGET:g}x",
                ratio <= TARGET,
            ),
        ),
        (
            Table(
                "From the request to what the table shows",
                ("", "median", "95 of 100 below", "ratio"),
                tuple(
                    (
                        name,
                        f"{statistics.median(series) * 1000:.0f} ms",
                        f"{statistics.quantiles(series, n=20)[-1] * 1000:.0f} ms",
                        f"{statistics.median(series) / medians[0]:.2f}x",
                    )
                    for name, series in zip(("bare chain", "job of one unit"), times, strict=True)
                ),
            ),
        ),
        (
            f"{ROUNDS} of each, by turns, behind the same gateway of the same stack, all functions warm; the end is seen in the "
            f"table, where it is looked for every {LOOK * 1000:g} ms. The chain checks nobody's token, keeps no history, and "
            "would lose or double its work where anything fails.",
        ),
    )


def _seconds(dynamodb: Any, table: str, begin: Start) -> float:
    began = time.perf_counter()
    pk, sk = begin()
    key = {"pk": {"S": pk}, "sk": {"S": sk}}
    while True:
        item = dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item", {})
        took = time.perf_counter() - began
        status = item.get("status", {}).get("S")
        if status == Status.COMPLETED.value:
            return took
        if took > PATIENCE or status == Status.FAILED.value:
            raise RuntimeError(f"{sk} is {status} after {took:.0f} s")
        time.sleep(LOOK)
