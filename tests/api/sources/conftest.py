"""A service whose sources are processed by a small kind of the same two stages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fermata.domain.kind import JobError, Kind, Planned, Planning, Policy, Stage, Unit

UNITS = 4


class Happening:
    """What happens while a unit runs, by stage and number; each once.

    Attributes:
        ran: the units that ran.
    """

    def __init__(self) -> None:
        self.ran: list[tuple[str, int]] = []
        self.planned: dict[str, Callable[[], Any]] = {}

    def during(self, unit: str, happens: Callable[[], Any]) -> None:
        self.planned[unit] = happens

    def run(self, stage: str, unit: Unit) -> Any:
        self.ran.append((stage, unit.value))
        self.planned.pop(f"{stage}-{unit.value}", lambda: None)()
        return unit.value


def two_stages(happening: Happening) -> Kind:
    def extract(planning: Planning) -> Any:
        text = planning.files.get("text").decode() if planning.files.exists("text") else planning.params["uri"]
        if "broken" in text:
            raise JobError("it can't be read")
        return (Planned(number, number) for number in range(planning.cursor or 0, UNITS))

    def index(planning: Planning) -> Any:
        return (Planned(result.value, None) for result in planning.previous())

    policy = Policy(chunk_size=2, timeout=None)
    stages = (
        Stage("extract", extract, lambda unit: happening.run("extract", unit), policy),
        Stage("index", index, lambda unit: happening.run("index", unit), policy),
    )
    return Kind("source.process", "Process a source", stages, dict, dict)


@pytest.fixture
def happening() -> Happening:
    return Happening()


@pytest.fixture
def service(make_service: Any, happening: Happening) -> Any:
    kind = two_stages(happening)
    return make_service(kinds={kind.name: kind})


@pytest.fixture
def give(ann: httpx.Client) -> Callable[..., str]:
    """Gives a source; its id."""

    def give(client: httpx.Client = ann, **body: Any) -> str:
        answer = client.post("/api/v1/sources", json={"title": "Handbook", "uri": "https://example.com/a"} | body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["source_id"])

    return give
