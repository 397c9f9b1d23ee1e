"""The kind ``probe``: units that only wait. For trying a stack, its alarms and its pauses, and for measuring it."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import Field

from fermata.domain.kind import Json, Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.toolkit.parameters import Parameters, parser, schema


class Probe(Parameters):
    """What the probe's units do."""

    units: int = Field(default=100, ge=0, le=1_000_000, description="How many units.")
    seconds: float = Field(default=0.0, ge=0.0, le=600.0, description="Seconds that each unit waits.")
    fail_every: int = Field(default=0, ge=0, description="Each unit whose number divides by this fails. 0: none does.")
    result_bytes: int = Field(default=0, ge=0, le=1_000_000, description="Characters of padding in each unit's result.")
    trace_file: str | None = Field(
        default=None,
        max_length=500,
        description="A file to which each unit appends its number, process and time as it starts. Local stacks only.",
    )


def plan(planning: Planning) -> Iterator[Planned]:
    for number in range(planning.cursor or 0, planning.params["units"]):
        yield Planned(number, number + 1)


def run(unit: Unit) -> Json:
    """Wait; the result is ``{"number", "padding"?}``. Raises UnitError where the parameters ask for it."""
    params, number = unit.params, unit.value
    if params["trace_file"]:
        _trace(unit, params["trace_file"])
    if params["seconds"]:
        time.sleep(params["seconds"])
    if params["fail_every"] and number % params["fail_every"] == 0:
        raise UnitError(f"unit {number} fails, as asked")
    padding = {"padding": "x" * params["result_bytes"]} if params["result_bytes"] else {}
    return {"number": number, **padding}


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
