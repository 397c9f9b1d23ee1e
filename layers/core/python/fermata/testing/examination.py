"""What every kind has to stand: tried on a workbench with parameters of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fermata.domain.kind import Json, Kind
from fermata.domain.strict_json import NotJson, check
from fermata.testing.workbench import TestJob, Workbench

MOST_REVIEWS = 10


@dataclass(frozen=True)
class Finding:
    """What was tried, and what is wrong; nothing when ``problem`` is empty."""

    name: str
    problem: str = ""


def examine(kind: Kind, params: Mapping[str, Json]) -> list[Finding]:
    """Try the kind: its description, a run, a pause in the middle, the death of a worker, a cancel. Reviews are approved."""
    trials: list[tuple[str, Callable[[], str]]] = [
        ("its parameters have a schema", lambda: _described(kind)),
        ("it takes the sample, and no unknown parameter", lambda: _parsed(kind, params)),
        ("it runs to its end", lambda: _runs(kind, params)),
        ("it goes on after a pause, to the same results", lambda: _pauses(kind, params)),
        ("it survives the death of its worker, with the same results", lambda: _killed(kind, params)),
        ("nothing of it starts once it is cancelled", lambda: _cancelled(kind, params)),
    ]
    findings = []
    for name, trial in trials:
        try:
            findings.append(Finding(name, trial()))
        except Exception as error:
            findings.append(Finding(name, f"{type(error).__name__}: {error}"))
    return findings


def _described(kind: Kind) -> str:
    schema = kind.schema()
    json.dumps(schema)
    if schema.get("type") != "object":
        return "the schema is not of an object"
    unknown = sorted(kind.secrets - schema.get("properties", {}).keys())
    return f"secrets that are no parameters: {', '.join(unknown)}" if unknown else ""


def _parsed(kind: Kind, params: Mapping[str, Json]) -> str:
    parsed = kind.parse(params)
    try:
        check(parsed)
    except NotJson as error:
        return f"the parsed parameters are no JSON: {error}"
    try:
        kind.parse({**params, "no_such_parameter": 1})
    except ValueError:
        return ""
    return "it takes a parameter that it does not know"


def _runs(kind: Kind, params: Mapping[str, Json]) -> str:
    job = _finished(Workbench(kind), kind, params)
    return "" if job.status == "completed" else f"it is {job.status}: {job.error or job.hold}"


def _pauses(kind: Kind, params: Mapping[str, Json]) -> str:
    bench = Workbench(kind)
    job = bench.start(kind.name, **params)
    job.pause_at_unit(1)
    bench.drive()
    if job.status != "paused":
        return f"it is {job.status} instead of paused"
    job.resume()
    return _compared(_finished(Workbench(kind), kind, params), _approved(job))


def _killed(kind: Kind, params: Mapping[str, Json]) -> str:
    bench = Workbench(kind)
    bench.kill_after_unit(1)
    return _compared(_finished(Workbench(kind), kind, params), _finished(bench, kind, params))


def _cancelled(kind: Kind, params: Mapping[str, Json]) -> str:
    bench, ran = Workbench(kind), []
    job = bench.start(kind.name, **params)
    job.cancel()
    bench.before_unit(1, lambda: ran.append(1))
    bench.drive()
    return "" if job.status == "cancelled" and not ran else f"it is {job.status}, and {len(ran)} units ran"


def _finished(bench: Workbench, kind: Kind, params: Mapping[str, Json]) -> TestJob:
    return _approved(bench.run(kind.name, **params))


def _approved(job: TestJob) -> TestJob:
    for _ in range(MOST_REVIEWS):
        if job.status != "waiting_review":
            break
        job.approve()
    return job


def _compared(one: TestJob, other: TestJob) -> str:
    if one.status != other.status:
        return f"it is {other.status} instead of {one.status}: {other.error or other.hold}"
    for number, stage in enumerate(one.record.stages):
        wanted, found = ([_settled(unit) for unit in job.units(stage.name)] for job in (one, other))
        if wanted != found:
            return f"the results of stage {number} ({stage.name}) are others: {found[:3]} instead of {wanted[:3]}"
    return "" if one.result == other.result else f"the result is {other.result} instead of {one.result}"


def _settled(unit: Any) -> tuple[Json, str | None]:
    return unit.value, unit.error
