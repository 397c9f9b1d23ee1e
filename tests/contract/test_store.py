from __future__ import annotations

import time
from dataclasses import replace

import pytest
from fermata.domain.chunks import Counts
from fermata.domain.errors import NotFound, Stale
from fermata.domain.events import SystemEvent, SystemEventType
from fermata.domain.holds import SYSTEM, Hold, Scope, source_scope
from fermata.domain.jobs import Receipt, Ref, StagePlan
from fermata.domain.transitions import Status
from fermata.ports import AddAudit, AddChunks, AddEvent, AddSystemEvent, SaveJob, SaveScope, StillHeld

HOLD = Hold("system", "ann", "Wartung – 'süß' \U0001f680", 1_700_000_000.1, 1_700_000_999.123457)


def test_a_job_comes_back_exactly_as_it_was_stored(ports, started, change):
    job = started(
        number=42, params={"a": [1, 2.5, None, {"b": "ü"}], "rate": 0.1}, sealed_secrets="sealed", digest="d", source="s/1",
        expected=7, limit=3, timeout=3600.5, max_failed_share=0.25, trace="00-ab-cd-01", updated_at=1_700_000_000.000001,
    )  # fmt: skip
    full = change(
        job, status=Status.COMPLETED, run=2, stage=1, stages=(StagePlan(5, 1, {"at": [1]}, True, "0/3"), StagePlan()),
        holds=(HOLD, replace(HOLD, until=None)), checkpoint="unit",
        pause=Receipt(1.5, 2, None), started_at=0.1 + 0.2, finished_at=1e-7, idle_since=3.0, idle_seconds=1 / 3,
        counts=Counts(5, 4, 1), result={"ok": False, "none": None}, error="", closed=True, events=12,
    )  # fmt: skip
    assert ports.store.job(job.ref) == job
    ports.store.write(SaveJob(full, frozenset({"params", "result"})))
    assert ports.store.job(job.ref) == full


def test_a_job_that_is_not_there_is_not_found(ports):
    with pytest.raises(NotFound):
        ports.store.job(Ref("acme", "jobs:none"))
    with pytest.raises(NotFound):
        ports.store.gate(Ref("acme", "jobs:none"), [SYSTEM])


def test_an_id_is_given_to_one_job_only(ports, started, make_job):
    job = started("jobs:1", user="ann")
    with pytest.raises(Stale):
        ports.store.write(SaveJob(make_job("jobs:1", user="bob")))
    assert ports.store.job(job.ref) == job


def test_a_job_that_has_changed_since_it_was_read_is_not_overwritten(ports, started, change):
    job = started()
    winner = change(job, user="winner")
    ports.store.write(SaveJob(winner))
    with pytest.raises(Stale):
        ports.store.write(SaveJob(change(job, user="loser")))
    assert ports.store.job(job.ref) == winner


def test_the_same_write_again_is_stale(ports, started, change):
    later = change(started())
    ports.store.write(SaveJob(later))
    with pytest.raises(Stale):
        ports.store.write(SaveJob(later))


def test_a_job_that_was_never_created_can_not_be_changed(ports, make_job):
    with pytest.raises(Stale):
        ports.store.write(SaveJob(make_job(rev=2)))


@pytest.mark.parametrize("bad", ["job", "event", "chunk", "scope", "held"])
def test_one_refused_change_leaves_nothing_of_the_others(ports, started, change, make_event, make_chunk, make_act, bad):
    job = started("jobs:1")
    other = started("jobs:2")
    ports.store.write(AddEvent(job.ref, make_event(1)), AddChunks(job.ref, (make_chunk(0),)))
    refused = {
        "job": SaveJob(replace(job, rev=7)),
        "event": AddEvent(job.ref, make_event(1)),
        "chunk": AddChunks(job.ref, (make_chunk(1), make_chunk(0))),
        "scope": SaveScope(Scope("acme", SYSTEM, HOLD, rev=5)),
        "held": StillHeld(Scope("acme", SYSTEM, HOLD, rev=1)),
    }[bad]
    with pytest.raises(Stale):
        ports.store.write(
            SaveJob(change(other, user="new")),
            AddEvent(other.ref, make_event(1)),
            AddChunks(other.ref, (make_chunk(0),)),
            SaveScope(Scope("acme", "source:x", HOLD, rev=1)),
            AddAudit(make_act()),
            AddSystemEvent("acme", SystemEvent("1", SystemEventType.PAUSE, 1.0, None, "default")),
            refused,
        )
    assert ports.store.job(other.ref) == other
    assert ports.log.events(other.ref) == []
    assert ports.ledger.chunks(other.ref) == []
    assert ports.ledger.chunks(job.ref) == [make_chunk(0)]
    assert ports.store.scope("acme", "source:x").rev == 0
    assert ports.log.audit("acme") == []
    assert ports.log.system_events("acme", None, 9) == []


def test_all_changes_of_a_write_appear_together(ports, started, change, make_event, make_chunk, make_act):
    job = started()
    later = change(job, events=1)
    ports.store.write(
        SaveJob(later),
        AddEvent(job.ref, make_event(1)),
        AddChunks(job.ref, (make_chunk(0), make_chunk(1))),
        AddAudit(make_act()),
    )
    assert ports.store.job(job.ref) == later
    assert ports.log.events(job.ref) == [make_event(1)]
    assert ports.ledger.chunks(job.ref) == [make_chunk(0), make_chunk(1)]
    assert [record.act for record in ports.log.audit("acme")] == [make_act()]


def test_a_write_of_a_hundred_items_is_possible(ports, started, change, make_chunk):
    job = started()
    ports.store.write(SaveJob(change(job)), AddChunks(job.ref, tuple(make_chunk(number) for number in range(99))))
    assert len(ports.ledger.chunks(job.ref)) == 99


def test_a_write_of_nothing_does_nothing(ports):
    ports.store.write()


def test_a_scope_that_was_never_held_has_revision_0(ports):
    assert ports.store.scope("acme", SYSTEM) == Scope("acme", SYSTEM)


def test_a_scope_comes_back_as_it_was_stored(ports):
    scope = Scope("acme", source_scope("page|1#ü"), HOLD, rev=1, waking_since=1.25)
    ports.store.write(SaveScope(scope))
    assert ports.store.scope("acme", scope.name) == scope


def test_a_scope_that_has_changed_is_not_overwritten(ports):
    ports.store.write(SaveScope(Scope("acme", SYSTEM, HOLD, rev=1)))
    ports.store.write(SaveScope(Scope("acme", SYSTEM, None, rev=2)))
    for stale in (1, 2, 4):
        with pytest.raises(Stale):
            ports.store.write(SaveScope(Scope("acme", SYSTEM, HOLD, rev=stale)))
    assert ports.store.scope("acme", SYSTEM) == Scope("acme", SYSTEM, None, rev=2)


def test_a_write_that_needs_a_hold_fails_once_the_hold_is_gone(ports, started, change):
    job, held = started(), Scope("acme", SYSTEM, HOLD, rev=1)
    ports.store.write(SaveScope(held))
    ports.store.write(SaveJob(paused := change(job, status=Status.PAUSED)), StillHeld(held))
    ports.store.write(SaveScope(Scope("acme", SYSTEM, None, rev=2)))
    with pytest.raises(Stale):
        ports.store.write(SaveJob(change(paused, status=Status.RUNNING)), StillHeld(held))
    assert ports.store.job(job.ref) == paused


def test_a_condition_may_stand_alone(ports):
    ports.store.write(StillHeld(Scope("acme", SYSTEM)))
    with pytest.raises(Stale):
        ports.store.write(StillHeld(Scope("acme", SYSTEM, HOLD, rev=1)))


def test_the_gate_shows_each_write_at_once(ports, started, change):
    job, source = started(source="s1"), Scope("acme", source_scope("s1"), replace(HOLD, scope="source:s1"), rev=1)
    ports.store.write(SaveScope(source))
    gate = ports.store.gate(job.ref, job.scope_names)
    assert gate.job == job
    assert set(gate.scopes) == {source, Scope("acme", SYSTEM)}
    ports.store.write(SaveScope(Scope("acme", SYSTEM, HOLD, rev=1)), SaveJob(later := change(job, holds=(HOLD,))))
    assert ports.store.gate(job.ref, job.scope_names).job == later
    assert len(ports.store.gate(job.ref, job.scope_names).holds(HOLD.since)) == 3


def test_the_gate_of_a_job_without_source_is_its_tenants(ports, started):
    assert [scope.name for scope in ports.store.gate(started().ref, [SYSTEM]).scopes] == [SYSTEM]


def test_numbers_are_given_once_per_tenant_and_family(ports):
    given = [ports.counters.next_number("acme", "tasks") for _ in range(3)]
    assert sorted(set(given)) == given
    assert given[0] == 1
    assert ports.counters.next_number("acme", "processes") == 1
    assert ports.counters.next_number("other", "tasks") == 1


def test_large_parts_of_a_job_come_back_although_they_are_not_written_again(ports, make_job, change):
    job = make_job(params={"text": "ü" * 5000}, result={"pages": ["x" * 3000]})
    ports.store.write(SaveJob(job, frozenset({"params", "result"})))
    later = change(job, user="bob")
    ports.store.write(SaveJob(later))
    assert ports.store.job(job.ref) == later
    changed = change(later, params={"text": "y" * 3000})
    ports.store.write(SaveJob(changed, frozenset({"params"})))
    assert ports.store.job(job.ref) == changed


def test_a_gate_holds_neither_parameters_nor_result(ports, started):
    job = started(params={"text": "x" * 5000}, result=[1])
    gate = ports.store.gate(job.ref, [SYSTEM])
    assert (gate.job.params, gate.job.result, gate.job.user) == ({}, None, job.user)


def test_several_scopes_come_in_the_order_of_their_names_those_that_were_never_held_too(ports):
    held = Scope("acme", SYSTEM, HOLD, rev=1)
    ports.store.write(SaveScope(held))
    assert ports.store.scopes("acme", ["source:a", SYSTEM]) == (Scope("acme", "source:a"), held)


def test_jobs_that_have_ended_are_not_open(ports, started, change):
    jobs = [started(f"jobs:{number}") for number in range(3)]
    ports.store.write(SaveJob(change(jobs[1], status=Status.COMPLETED)))
    assert sorted(ports.store.open_jobs("acme")) == [jobs[0].ref, jobs[2].ref]
    assert ports.store.open_jobs("other") == []


def test_open_jobs_come_in_pages_without_loss_or_repeat(ports, started):
    jobs = [started(f"jobs:{number}") for number in range(5)]
    seen = []
    while page := ports.store.open_jobs("acme", after=seen[-1] if seen else None, limit=2):
        assert len(page) <= 2
        seen += page
    assert sorted(seen) == sorted(job.ref for job in jobs)


def test_paused_jobs_are_found_by_the_scope_that_keeps_them(ports, started):
    started("jobs:1", status=Status.PAUSED, waits_on=SYSTEM)
    started("jobs:2", status=Status.PAUSED, waits_on="source:s1")
    started("jobs:3", status=Status.PAUSED, waits_on="source:s11")
    started("jobs:4")
    assert ports.store.open_jobs("acme", waits_on="source:s1") == [Ref("acme", "jobs:2")]
    assert ports.store.open_jobs("acme", waits_on="source:s1", after=Ref("acme", "jobs:2")) == []


def test_what_is_postponed_comes_later_and_at_once_after_it_was_stored_again(ports, started, change):
    job, now = started(), time.time()
    assert job.ref in set(ports.store.due(now))
    ports.store.postpone(job.ref)
    assert job.ref not in set(ports.store.due(now + 50))
    assert job.ref in set(ports.store.due(now + 70))
    ports.store.postpone(job.ref)
    assert job.ref not in set(ports.store.due(now + 110))
    ports.store.write(SaveJob(change(job)))
    assert job.ref in set(ports.store.due(now))


def test_postponing_what_is_not_there_makes_nothing(ports):
    ports.store.postpone(Ref("acme", "jobs:none"))
    assert set(ports.store.due(time.time() + 10_000)) == set()
    with pytest.raises(NotFound):
        ports.store.job(Ref("acme", "jobs:none"))
