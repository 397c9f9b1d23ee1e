from __future__ import annotations

import pytest
from fermata.control.scopes import expire_scope
from fermata.domain.holds import SYSTEM
from fermata.domain.jobs import Ref


def test_the_system_hold_stops_every_job_of_the_tenant_and_nobody_elses(lab):
    for name in ("one", "two"):
        lab.start(id=name)
    lab.start(id="one", tenant="other")
    lab.hold()
    lab.run()
    statuses = {ref: job.status for ref, job in lab.world.jobs.items()}
    assert set(statuses.values()) == {"paused", "completed"}
    assert {ref.tenant for ref, status in statuses.items() if status == "completed"} == {"other"}


def test_the_system_hold_stops_a_running_job_after_its_unit(lab):
    lab.start()
    lab.during(2, lab.hold)
    lab.run()
    assert (lab.job.status, lab.job.checkpoint, lab.ran()) == ("paused", "unit", [0, 1, 2])
    assert lab.job.holds == ()


def test_work_that_comes_while_the_system_is_held_is_accepted_and_waits(lab):
    lab.hold()
    assert lab.start().status == "pending"
    lab.run()
    assert (lab.job.status, lab.ran()) == ("paused", [])


def test_a_source_hold_stops_the_jobs_of_that_source_alone(lab):
    lab.start(source="s1")
    lab.start(id="two", source="s2")
    lab.hold("source:s1")
    lab.run()
    assert {job.id: job.status.value for job in lab.world.jobs.values()} == {
        "jobs:one": "paused",
        "jobs:two": "completed",
    }


def test_holding_again_replaces_the_reason_and_keeps_since_when(lab):
    lab.hold()
    since = lab.engine.store.scope("acme", SYSTEM).hold.since
    lab.clock.sleep(60)
    lab.hold(until=lab.clock.now() + 60)
    scope = lab.engine.store.scope("acme", SYSTEM)
    assert (scope.hold.since, scope.hold.until, scope.rev) == (since, since + 120, 2)


def test_each_hold_and_release_of_a_scope_leaves_a_line_and_a_record(lab):
    lab.hold()
    lab.clock.sleep(1)
    lab.unhold()
    events = lab.engine.log.system_events("acme", None, 10)
    assert [(event.type.value, event.reason) for event in events] == [("resume", None), ("pause", "maintenance")]
    assert lab.audit() == ["jobs.hold", "jobs.unhold"]


def test_releasing_the_system_leaves_a_jobs_own_pause(lab):
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    lab.hold()
    lab.unhold()
    lab.run()
    assert lab.job.status == "paused"
    assert len(lab.job.holds) == 1


def test_what_waited_for_the_system_goes_on_by_itself(lab):
    for name in ("one", "two", "three"):
        lab.start(id=name)
    lab.hold()
    lab.run()
    lab.unhold()
    lab.run()
    assert {job.status for job in lab.world.jobs.values()} == {"completed"}


def test_releasing_one_tenant_wakes_no_other(lab):
    lab.start(tenant="other")
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    assert {message.tenant for message in lab.world.queue} == {"acme"}


def test_releasing_what_is_not_held_changes_nothing(lab):
    lab.unhold()
    assert lab.engine.store.scope("acme", SYSTEM).rev == 0
    assert lab.world.queue == []
    assert lab.audit() == ["jobs.unhold"]


def test_the_clock_leaves_a_hold_alone_whose_time_is_not_over(lab):
    lab.hold()
    expire_scope(lab.engine, "acme", SYSTEM)
    assert lab.engine.store.scope("acme", SYSTEM).hold is not None


def test_a_hold_whose_time_is_over_is_removed_before_a_unit_starts(lab):
    lab.start()
    lab.plan()
    lab.hold(until=lab.clock.now() + 5)
    lab.clock.sleep(10)
    assert (lab.deliver(), lab.ran()) == ("held", [])
    assert lab.engine.store.scope("acme", SYSTEM).hold is None
    lab.run()
    assert lab.job.status == "completed"


# Scopes are data of the job ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["source:s1", "provider:openai", "workspace:w", "tag:a,b|c"])
def test_whatever_scope_a_job_names_holds_it_and_lets_it_go(lab, scope):
    lab.start(scopes=("source:s0", scope))
    lab.start(id="two", scopes=("provider:other",))
    lab.during(2, lambda: lab.hold(scope))
    lab.run()
    assert (lab.job.status, lab.job.waits_on, lab.ran()) == ("paused", scope, [0, 1, 2])
    assert lab.engine.store.job(Ref("acme", "jobs:two")).status == "completed"
    lab.unhold(scope)
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", list(range(8)))


def test_a_job_that_several_scopes_hold_goes_on_when_the_last_is_released(lab):
    scopes = ("provider:a", "tag:b")
    lab.start(scopes=scopes)
    for scope in (*scopes, "system"):
        lab.hold(scope)
    lab.run()
    for scope in ("provider:a", "system"):
        lab.unhold(scope)
        lab.run()
        assert lab.job.status == "paused"
    lab.unhold("tag:b")
    lab.run()
    assert lab.job.status == "completed"


def test_a_scope_that_is_held_before_its_job_starts_keeps_it_from_beginning(lab):
    lab.hold("provider:a")
    lab.start(scopes=("provider:a",))
    lab.run()
    assert (lab.job.status, lab.job.checkpoint, lab.ran()) == ("paused", "pre_execution", [])


def test_a_hold_on_a_scope_ends_by_itself(lab):
    lab.start(scopes=("provider:a",))
    lab.hold("provider:a", until=lab.clock.now() + 60)
    lab.run()
    assert lab.job.status == "paused"
    lab.recover(after=61)
    lab.run()
    assert lab.job.status == "completed"


def test_every_message_of_a_job_names_its_scopes(lab):
    lab.start(scopes=("provider:a",), params={"units": 40})
    lab.plan()
    assert {message.scopes for message in lab.world.queue} == {("system", "provider:a")}
