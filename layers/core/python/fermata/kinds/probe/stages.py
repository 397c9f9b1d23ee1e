"""The one stage of a probe."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from fermata.domain import interruption
from fermata.domain.kind import Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.kinds.probe.parameters import Probe
from fermata.toolkit.parameters import parser, schema

LOOK = 0.2
"""Seconds between two looks whether the unit may go on."""


def plan(planning: Planning) -> Iterator[Planned]:
    for number in range(planning.cursor or 0, planning.params["units"]):
        yield Planned(number, number + 1)


def run(unit: Unit) -> Json:
    """Wait; the result is ``{"number", "padding"?}``. Raises UnitError where the parameters ask for it."""
    params, number = unit.params, unit.value
    if params["trace_file"]:
        _trace(unit, params["trace_file"])
    if params["seconds"]:
        _spend(params["seconds"])
        unit.log(f"waited {params['seconds']:g} s")
    if params["fail_every"] and number % params["fail_every"] == 0:
        raise UnitError(f"unit {number} fails, as asked")
    padding = {"padding": "x" * params["result_bytes"]} if params["result_bytes"] else {}
    return {"number": number, **padding}


def _spend(seconds: float) -> None:
    """As units that compute spend their time: a pause cuts it short, a worker that makes room for others does not."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > LOOK:
        time.sleep(LOOK)
        interruption.check()
    time.sleep(max(0.0, left))


def _trace(unit: Unit, name: str) -> None:
    if not unit.settings.allow_local_files:
        raise UnitError("trace_file: this stack writes no local files")
    with Path(name).open("a", encoding="utf-8") as file:
        file.write(f"{unit.value} {os.getpid()} {time.time():.6f}\n")


PROBE = Kind(
    name="probe",
    title="Probe: units that only wait",
    stages=(Stage("probe", plan, run, Policy(concurrency=4, chunk_size=250, timeout=660.0, attempts=1)),),
    parse=parser(Probe),
    schema=schema(Probe),
)
