"""What kinds are told in confidence stays with their units, whatever they do with it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_engine
from fermata.control.starting import NewJob, start
from fermata.domain.access import SCOPES
from fermata.domain.events import Actor, Mutation
from fermata.domain.kind import JobError, Kind, Planned, Planning, Policy, Stage, Unit, UnitError, UnitRetry
from fermata.testing import Driver, InlineSlots

KEY = "sk-live-aB3xY9zQ7weR5tuI1oP"
ERRORS = (UnitError, UnitRetry, RuntimeError, ValueError)


def run(unit: Unit) -> Any:
    key = unit.secrets["api_key"]
    match unit.value:
        case int(number):
            raise ERRORS[number % len(ERRORS)]("x" * (995 - number) + key)
        case "echo":
            return {"tags": [key, key.lower()], key: f"before {key} after", "cut": key[:15]}


def plan(job: Planning) -> Any:
    if job.params.get("fail"):
        raise JobError(f"the list refused {job.secrets['api_key']}")
    return (
        Planned(unit, at + 1)
        for at, unit in enumerate([*range(8), "echo", job.secrets["api_key"]])
        if at >= (job.cursor or 0)
    )


@pytest.mark.parametrize("fail", [False, True])
def test_no_secret_of_a_job_leaves_its_units(caplog: pytest.LogCaptureFixture, fail: bool) -> None:
    stage = Stage("do", plan, run, Policy(attempts=1, timeout=None))
    kind = Kind("told", "Told", (stage,), dict, dict, secrets=frozenset({"api_key"}))
    world = State()
    engine = memory_engine(world, {"told": kind})
    act = Mutation(Actor("acme", "ann", SCOPES), "jobs.create", "jobs:one", 1.0)
    params = {"api_key": KEY, "fail": fail}
    job = start(engine, act, NewJob(family="jobs", id="one", kind="told", params=params))
    Driver(engine, world, slots=lambda: InlineSlots(engine.clock)).run()
    ended = engine.store.job(job.ref)
    assert ended.status.final
    assert (ended.sealed_secrets, "api_key" in ended.params) == (None, False)
    from fermata.control.results import settled, units

    results = list(settled(engine, ended, 0)) if not fail else []
    told = [repr(results), repr(ended), repr(world.events), repr(world.audit), caplog.text]
    told += [repr(value) for value in units(engine, ended, 0)] + [repr(vars(record)) for record in caplog.records]
    for text in told:
        assert KEY[:8] not in text
        assert KEY[:8].lower() not in text.lower()
    if not fail:
        assert len(results) == 10
        assert all(len(result.error or "") <= 1_000 for result in results)
        assert json.loads(json.dumps(results[8].value))["cut"] == "…"
    else:
        assert ended.error == "the list refused …"
