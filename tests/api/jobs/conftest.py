"""A service with small kinds: ``work`` (one stage), ``draft`` (a second stage after review) and ``sealed`` (a secret)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.toolkit.parameters import Parameters, parser, schema
from pydantic import Field

JOBS = "/api/v1/jobs"


class Params(Parameters):
    units: int = Field(default=4, ge=0, le=1000)
    bad: list[int] = Field(default_factory=list)
    api_key: str | None = None


class Workshop:
    """What units do.

    Attributes:
        ran: (stage, number) of the units that ran.
        mended: units no longer fail.
    """

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []
        self.mended = False
        self.planned: dict[tuple[str, int], Callable[[], Any]] = {}

    def during(self, stage: str, number: int, happens: Callable[[], Any]) -> None:
        self.planned[stage, number] = happens

    def run(self, stage: str, unit: Unit) -> Any:
        self.ran.append((stage, unit.value))
        self.planned.pop((stage, unit.value), lambda: None)()
        if unit.value in unit.params["bad"] and not self.mended:
            raise UnitError(f"{unit.value} is bad")
        return unit.value * 10

    def kinds(self) -> dict[str, Kind]:
        def plan(planning: Planning) -> Any:
            return (Planned(number, number + 1) for number in range(planning.cursor or 0, planning.params["units"]))

        def follow(planning: Planning) -> Any:
            return (Planned(result.number, None) for result in planning.previous())

        policy = Policy(chunk_size=2, timeout=None)
        do = Stage("do", plan, lambda unit: self.run("do", unit), policy)
        apply = Stage("apply", follow, lambda unit: self.run("apply", unit), policy, review=True)
        facts = parser(Params), schema(Params)
        return {
            "work": Kind("work", "Work", (do,), *facts),
            "draft": Kind("draft", "Draft", (do, apply), *facts),
            "sealed": Kind("sealed", "Sealed", (do,), *facts, secrets=frozenset({"api_key"})),
        }


@pytest.fixture
def workshop() -> Workshop:
    return Workshop()


@pytest.fixture
def service(make_service: Any, workshop: Workshop) -> Any:
    return make_service(kinds=workshop.kinds())


@pytest.fixture
def create(ann: httpx.Client) -> Callable[..., str]:
    """Creates a job; its id."""

    def create(client: httpx.Client = ann, kind: str = "work", **body: Any) -> str:
        answer = client.post(JOBS, json={"kind": kind, **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    return create


@pytest.fixture
def read(ann: httpx.Client) -> Callable[[str], dict[str, Any]]:
    def read(job_id: str) -> dict[str, Any]:
        answer = ann.get(f"{JOBS}/{job_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return read


@pytest.fixture
def do(ann: httpx.Client) -> Callable[..., httpx.Response]:
    """Applies a verb to a job."""
    return lambda job_id, verb, **body: ann.post(f"{JOBS}/{job_id}/{verb}", json=body)


@pytest.fixture
def skip(service: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Moves the engine's clock on."""
    now, skipped = type(service.engine.clock).now, [0.0]
    monkeypatch.setattr(type(service.engine.clock), "now", lambda self: now(self) + skipped[0])

    def skip(seconds: float) -> None:
        skipped[0] += seconds

    return skip


@pytest.fixture
def time_out(
    service: Any, create: Callable[..., str], workshop: Workshop, skip: Callable[[float], None]
) -> Callable[..., str]:
    """Creates a job that runs out of time while its third unit runs; its id."""

    def late() -> None:
        skip(6)
        service.driver.recover()

    def time_out(**body: Any) -> str:
        job_id = create(timeout=5, **body)
        workshop.during("do", 2, late)
        service.driver.run()
        return job_id

    return time_out
