"""Cold start: loading each function in a fresh interpreter, beside the libraries that it cannot do without."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from tempfile import TemporaryDirectory

from fermata.local import template

from bench.figure import Check, Figure, Table

RUNS = 5
TARGET = 1.25

CLOCK = "import time; began = time.process_time()"
TELL = "print(time.process_time() - began)"
BOTO = "import boto3; boto3.client('dynamodb')"
HANDLER = "import handler"
CLIENT = "from fermata.adapters.aws.clients import Clients; Clients().dynamodb"

VARIABLES = {
    "AWS_DEFAULT_REGION": template.REGION,
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_EC2_METADATA_DISABLED": "true",
    "FERMATA_TABLE": "table",
    "FERMATA_QUEUE_URL": "http://127.0.0.1/queue",
    "FERMATA_EXPRESS_QUEUE_URL": "http://127.0.0.1/express",
    "FERMATA_OCR_QUEUE_URL": "http://127.0.0.1/queue",
    "FERMATA_DEAD_LETTER_QUEUE_URL": "http://127.0.0.1/dead",
    "FERMATA_BUCKET": "bucket",
    "FERMATA_KEY_ID": "key",
    "FERMATA_MAC_KEY_ID": "mac",
    "FERMATA_AUDIT_BUCKET": "audit",
    "FERMATA_STATE_MACHINE_ARN": "arn:aws:states:us-east-1:000000000000:stateMachine:job",
    "FERMATA_JWT_SECRET": "a secret for the bench alone, long enough",
}
"""Nothing is called while a function loads, so none of these need exist."""


@dataclass(frozen=True)
class Start:
    """One function's start.

    Attributes:
        bare: what it needs at the least, as Python.
        ready: what its first request needs besides the handler's import: a client where the bare libraries make one.
    """

    function: str
    bare: str
    ready: str


STARTS = (
    Start("api", "import fastapi, mangum", HANDLER),
    *(Start(name, BOTO, f"{HANDLER}; {CLIENT}") for name in ("worker", "workflow", "recovery")),
)


def measure() -> Figure:
    rows, checks = [], []
    for start in STARTS:
        with TemporaryDirectory() as bytecode:
            bare, loaded, ready = _times(start, bytecode)
        ratio = loaded / bare
        checks.append(
            Check(
                f"{start.function}: import against its bare libraries", f"{ratio:.2f}x", f"≤ {TARGET}x", ratio <= TARGET
            )
        )
        rows.append(
            (start.function, *(f"{seconds * 1000:.0f} ms" for seconds in (bare, loaded, ready)), f"{ready / bare:.2f}x")
        )
    header = ("function", "bare libraries", "handler", "ready for a request", "ready against bare")
    return Figure(
        "Cold start",
        tuple(checks),
        (Table("Median of fresh interpreters, processor time", header, tuple(rows)),),
        (
            f"Processor time, {RUNS} runs of each by turns, bytecode compiled before. Bare: FastAPI and Mangum for the api, "
            "boto3 with one client for the others, whose handlers make theirs when the first request needs it.",
            "Ready: as Lambda starts it, with environment checked and all parts made (the api with all its routes, and without a "
            "client, which the first request makes; the others with one client).",
        ),
    )


def _times(start: Start, bytecode: str) -> tuple[float, float, float]:
    """Seconds: the bare libraries, the handler loaded, and the handler as Lambda starts it."""
    on_lambda = {"AWS_LAMBDA_FUNCTION_NAME": "bench"}
    cases: tuple[tuple[str, dict[str, str]], ...] = (
        (start.bare, {}),
        (HANDLER, {}),
        (start.ready, on_lambda),
    )
    series: tuple[list[float], ...] = ([], [], [])
    for turn in range(RUNS + 1):
        for times, (code, variables) in zip(series, cases, strict=True):
            seconds = _fresh(start.function, code, {**variables, "PYTHONPYCACHEPREFIX": bytecode})
            if turn:  # the first one compiles
                times.append(seconds)
    bare, loaded, ready = map(statistics.median, series)
    return bare, loaded, ready


def _fresh(function: str, code: str, variables: dict[str, str]) -> float:
    root = template.project_root()
    foreign = ("AWS_", "FERMATA_", "POWERTOOLS_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    command = [sys.executable, "-c", f"{CLOCK}\n{code}\n{TELL}"]
    folder = root / "functions" / function
    done = subprocess.run(command, env={**kept, **VARIABLES, **variables}, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return float(done.stdout.strip().splitlines()[-1])
