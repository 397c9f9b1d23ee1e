from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.domain.errors import NotFound, Stale
from fermata.domain.holds import Hold
from fermata.domain.schedules import CatchUp, Firing, Outcome, Overlap, Schedule, Work
from fermata.ports import AddFiring, SaveSchedule

NOW = 1_800_000_000.0


@pytest.fixture
def schedule():
    return Schedule(
        tenant="acme",
        id="sch-1",
        name="nightly",
        user="ann",
        scopes=frozenset({"read", "control"}),
        expression="cron(30 2 ? * MON-FRI *)",
        timezone="Europe/Warsaw",
        start=NOW - 60.5,
        end=NOW + 90_000,
        window=600.0,
        overlap=Overlap.QUEUE,
        catch_up=CatchUp.LAST,
        hold=Hold("schedule:sch-1", "ann", "moving", NOW, NOW + 5),
        work=Work("one", {"a": [1, None]}, labels={"team": "data"}),
        created_at=NOW,
        recent=("jobs:a", "jobs:b"),
        due_at=NOW + 5,
        rev=1,
    )


def test_a_schedule_is_read_as_it_was_stored(ports, schedule):
    ports.store.write(SaveSchedule(schedule))
    assert ports.schedules.find("acme", "sch-1") == schedule
    assert ports.schedules.all("acme") == [schedule]
    assert ports.schedules.all("globex") == []


def test_a_schedule_changes_only_from_the_revision_that_was_read(ports, schedule):
    ports.store.write(SaveSchedule(schedule))
    for rev in (1, 3):
        with pytest.raises(Stale):
            ports.store.write(SaveSchedule(replace(schedule, rev=rev)))
    ports.store.write(SaveSchedule(changed := replace(schedule, name="other", rev=2)))
    assert ports.schedules.find("acme", "sch-1") == changed


def test_one_that_was_deleted_is_there_no_more(ports, schedule):
    ports.store.write(SaveSchedule(schedule))
    ports.store.write(SaveSchedule(replace(schedule, deleted_at=NOW, due_at=None, rev=2)))
    assert ports.schedules.all("acme") == []
    for tenant, id_ in (("acme", "sch-1"), ("acme", "sch-2"), ("globex", "sch-1")):
        with pytest.raises(NotFound):
            ports.schedules.find(tenant, id_)


def test_what_is_due_is_found_among_all_else_and_can_be_put_off(ports, schedule, started):
    job = started()
    ports.store.write(SaveSchedule(schedule))
    assert list(ports.store.due(NOW + 4)) == [job.ref]
    assert set(ports.store.due(NOW + 5)) == {job.ref, ("acme", "schedule:sch-1")}
    ports.store.postpone(("acme", "schedule:sch-1"))
    assert ports.schedules.find("acme", "sch-1") == schedule


def test_history_is_read_newest_first_a_page_at_a_time(ports, schedule):
    lines = [Firing(NOW + number, NOW + 9, Outcome.STARTED, job=f"jobs:{number}") for number in range(5)]
    lines.append(Firing(NOW + 5, NOW + 9, Outcome.SKIPPED, "clock", None, "paused", NOW + 7, 3))
    ports.store.write(*(AddFiring("acme", "sch-1", line) for line in lines))
    assert ports.schedules.firings("acme", "sch-1") == lines[::-1]
    page = ports.schedules.firings("acme", "sch-1", limit=2)
    assert ports.schedules.firings("acme", "sch-1", page[-1].due, 2) == lines[3:1:-1]
    assert ports.schedules.firings("acme", "sch-2") == ports.schedules.firings("globex", "sch-1") == []


def test_a_time_has_one_line(ports, schedule):
    for outcome in (Outcome.SKIPPED, Outcome.STARTED):
        ports.store.write(AddFiring("acme", "sch-1", Firing(NOW, NOW, outcome)))
    assert [line.outcome for line in ports.schedules.firings("acme", "sch-1")] == [Outcome.STARTED]


@pytest.mark.parametrize("expression", ["cron(30 2 ? * MON-FRI *)", "rate(5 minutes)", "at(2030-01-01T00:00:00)"])
def test_a_trigger_is_set_once_and_taken_away_again_and_again(ports, schedule, expression):
    for held in (schedule.hold, None, Hold("schedule:sch-1", "ann", None, NOW)):
        ports.scheduler.put(replace(schedule, expression=expression, hold=held))
    ports.scheduler.put(replace(schedule, tenant="globex"))
    assert ports.timers() == 2
    for _ in range(2):
        ports.scheduler.remove("acme", "sch-1")
    assert ports.timers() == 1
