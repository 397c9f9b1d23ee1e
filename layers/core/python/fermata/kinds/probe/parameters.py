"""What the probe is asked for."""

from __future__ import annotations

from pydantic import Field

from fermata.toolkit.parameters import Parameters


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
