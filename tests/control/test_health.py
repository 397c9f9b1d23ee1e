from __future__ import annotations

import pytest
from fermata.control.health import Thresholds
from fermata.control.recovery import recover
from fermata.domain.events import SystemEventType
from fermata.ports import Message

LIMITS = Thresholds(backlog=300, failed_share=0.5, fewest=4, window=3600)


@pytest.fixture
def check(lab):
    """Lets recovery look; what it tells of the tenant's health."""
    seen = set()

    def check(after=60.0, tenant="acme"):
        lab.clock.sleep(after)
        recover(lab.engine, lab.clock.now() + 600, LIMITS)
        events = lab.engine.log.system_events(tenant, SystemEventType.HEALTH_CHANGE, 99)
        new = sorted(event.reason for event in events if event.id not in seen)
        seen.update(event.id for event in events)
        return new

    return check


@pytest.fixture
def end(lab):
    """Has jobs end, so many of them failed."""

    def end(count, failed=0):
        for number in range(count):
            lab.mend()
            if number < failed:
                lab.fail(0)
            lab.start(id=f"{lab.clock.now()}-{number}", params={"units": 1})
            lab.run()

    return end


def test_nothing_is_told_of_a_tenant_that_is_well(check, end):
    end(5, failed=1)
    assert check() == []


def test_failing_jobs_are_told_once_when_they_are_too_many_and_once_when_they_are_fewer(lab, check, end):
    end(4, failed=2)
    assert check() == ["failures: 2 of the last 4 jobs failed"]
    assert check() == []
    end(1)
    assert check() == ["failures: back to normal"]


def test_a_few_jobs_are_too_few_to_judge_by(lab, check, end):
    end(3, failed=3)
    assert check() == []
    assert list(lab.engine.store.due(lab.clock.now())) == []


def test_jobs_of_long_ago_do_not_count(lab, check, end):
    end(4, failed=4)
    assert check(after=3601) == []


def test_a_backlog_is_told_once_when_it_begins_and_once_when_it_is_over(lab, check):
    lab.start()
    arrivals = list(lab.world.arrivals)
    lab.world.arrivals.clear()
    assert check(after=299) == []
    assert check(after=1) == ["backlog: a job has waited for its start for 300 seconds"]
    assert check() == []
    lab.world.arrivals.extend(arrivals)
    lab.run()
    assert check() == ["backlog: back to normal"]
    assert check() == []


def test_a_held_job_is_no_backlog(lab, check):
    lab.start()
    lab.hold()
    assert check(after=1000) == []


def test_dead_letters_are_told(lab, check):
    lab.start()
    lab.world.dead += [Message("chunk", *lab.ref), Message("chunk", *lab.ref)]
    assert check() == ["dead letters: 2 messages were given up"]
    assert check() == ["dead letters: back to normal"]


def test_one_trouble_begins_while_another_lasts(lab, check):
    lab.start()
    lab.world.arrivals.clear()
    assert len(check(after=300)) == 1
    lab.world.dead.append(Message("wake", "acme", "system"))
    assert check() == ["dead letters: 1 messages were given up"]


def test_tenants_are_told_of_their_own_health_alone(lab, check):
    lab.world.dead.append(Message("wake", "acme", "system"))
    assert check(tenant="other") == []


def test_a_recovery_that_is_cut_short_tells_no_improvement(lab, check):
    lab.start()
    lab.world.arrivals.clear()
    check(after=300)
    lab.clock.sleep(1)
    recover(lab.engine, lab.clock.now() - 1, LIMITS)
    assert len(lab.engine.log.system_events("acme", SystemEventType.HEALTH_CHANGE, 9)) == 1


def test_two_recoveries_at_once_tell_once(lab, check, monkeypatch):
    lab.start()
    lab.world.arrivals.clear()
    jobs, nested = lab.engine.store.jobs, []

    def meanwhile(listing):
        if not nested:
            nested.append(True)
            recover(lab.engine, lab.clock.now() + 600, LIMITS)
        return jobs(listing)

    monkeypatch.setattr(lab.engine.store, "jobs", meanwhile)
    assert len(check(after=300)) == 1
