from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_content, memory_engine
from fermata.content.model import IndexedSection, Record
from fermata.content.workspace import content_of
from fermata.domain.kind import Kind, Planned, Policy, Stage
from fermata.testing import Driver, InlineSlots


@pytest.fixture
def content() -> Any:
    return memory_content(State()).workspace("acme", "default")


def test_what_was_indexed_can_be_read_and_searched(content: Any) -> None:
    section = IndexedSection("s1", 0, "Bees", ("The hive has one queen.",))
    content.index([section])
    assert list(content.sections("s1")) == [section]
    assert [hit.source for hit in content.search("queen")] == ["s1"]


def test_records_can_be_read_back(content: Any) -> None:
    content.add("people", [Record("2", "b", {"name": "Bo"}), Record("1", "a", {"name": "Al"})])
    assert [record.values["name"] for record in content.records("people", limit=1)] == ["Al"]
    assert [record.values["name"] for record in content.records("people", after="1")] == ["Bo"]


def test_nothing_leads_into_another_workspace(content: Any) -> None:
    content.index([IndexedSection("s1", 0, "Bees", ("The hive has one queen.",))])
    world = content.indexed.world
    for tenant, workspace in (("acme", "second"), ("other", "default")):
        other = memory_content(world).workspace(tenant, workspace)
        assert (other.search("queen"), list(other.sections("s1")), other.source("s1")) == ([], [], None)


@dataclass
class Asking:
    """A kind whose planner, units and finisher each search the workspace."""

    found: list[str] = field(default_factory=list)

    def plan(self, planning: Any) -> Any:
        self._search("planner", planning)
        yield Planned(1, None)

    def run(self, unit: Any) -> Any:
        return self._search("unit", unit)

    def finish(self, job: Any) -> Any:
        return self._search("finisher", job)

    def _search(self, who: str, work: Any) -> None:
        self.found += [f"{who}: {hit.source}" for hit in content_of(work).search("queen")]


def test_planners_units_and_finishers_reach_the_jobs_own_workspace(jobs_of: Any) -> None:
    asking, world = Asking(), State()
    memory_content(world).workspace("default", "default").index([IndexedSection("s1", 0, "Bees", ("One queen.",))])
    memory_content(world).workspace("default", "second").index([IndexedSection("s2", 0, "Bees", ("One queen.",))])
    stage = Stage("ask", asking.plan, asking.run, Policy(timeout=None))
    kind = Kind("ask", "Ask", (stage,), parse=dict, schema=dict, finish=asking.finish)
    jobs_of(world, kind)
    assert asking.found == ["planner: s1", "unit: s1", "finisher: s1"]


@pytest.fixture
def jobs_of() -> Any:
    """Runs a job of a kind to its end."""
    from fermata.control import starting
    from fermata.domain.events import Actor, Mutation

    def run(world: State, kind: Kind) -> None:
        engine = memory_engine(world, {kind.name: kind})
        act = Mutation(Actor("default", "ann"), "jobs.test", "job", 0.0)
        starting.start(engine, act, starting.NewJob(family="jobs", id="1", kind=kind.name, params={}))
        Driver(engine, world, lambda: InlineSlots(engine.clock)).run()

    return run
