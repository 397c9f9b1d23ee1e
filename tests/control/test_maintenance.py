from __future__ import annotations

import pytest
from fermata.adapters.memory.state import State
from fermata.bootstrap import memory_engine
from fermata.control import maintenance, scopes
from fermata.control.engine import Engine
from fermata.domain.holds import SYSTEM, Hold


@pytest.fixture
def engine() -> Engine:
    return memory_engine(State(), {})


def owner(engine: Engine) -> str | None:
    hold = engine.store.scope("t", SYSTEM).hold
    return hold.owner if hold else None


def test_a_window_holds_the_system_and_releases_it(engine: Engine) -> None:
    assert maintenance.begin(engine, "t")
    assert owner(engine) == "maintenance"
    assert maintenance.end(engine, "t")
    assert owner(engine) is None


def test_a_window_begins_twice_and_ends_twice_without_harm(engine: Engine) -> None:
    assert [maintenance.begin(engine, "t"), maintenance.begin(engine, "t")] == [True, True]
    assert [maintenance.end(engine, "t"), maintenance.end(engine, "t")] == [True, False]


def test_a_persons_pause_outlasts_the_window(engine: Engine) -> None:
    scopes.hold_scope(engine, None, "t", Hold(SYSTEM, "root", "deploying", 0.0))
    assert not maintenance.begin(engine, "t")
    assert not maintenance.end(engine, "t")
    assert owner(engine) == "root"


def test_each_change_leaves_one_record(engine: Engine) -> None:
    maintenance.begin(engine, "t")
    maintenance.end(engine, "t")
    maintenance.end(engine, "t")
    records = [(record.act.actor.user, record.act.action) for record in engine.log.audit("t")]
    assert records == [("maintenance", "system.pause"), ("maintenance", "system.resume")]
