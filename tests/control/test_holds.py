from __future__ import annotations

import pytest
from fermata.control.holds import quiesce
from fermata.domain.errors import WrongStatus
from fermata.domain.holds import SYSTEM


def test_a_pending_job_pauses_before_it_begins(lab):
    lab.start()
    job = lab.pause()
    assert (job.status, job.checkpoint) == ("paused", "pre_execution")
    lab.run()
    assert lab.ran() == []
    assert lab.job.started_at is None


def test_a_running_job_stops_after_the_unit_in_flight(lab):
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    assert lab.ran() == [0, 1, 2]
    assert (lab.job.status, lab.job.checkpoint) == ("paused", "unit")
    assert lab.counts.succeeded == 3


def test_a_job_is_not_paused_while_its_unit_runs(lab):
    lab.start()
    seen = []
    lab.during(2, lambda: seen.append(lab.pause().status))
    lab.run()
    assert seen == ["running"]
    assert lab.events()[-2:] == ["pausing", "paused"]


def test_a_job_held_between_two_chunks_is_paused_at_once(lab):
    lab.start()
    lab.plan()
    assert lab.pause().status == "paused"
    lab.run()
    assert lab.ran() == []


def test_a_job_held_between_two_stages_stops_at_the_stage(lab):
    lab.start(kind="two")
    lab.during(7, lab.pause)
    lab.run()
    assert (lab.job.status, lab.job.checkpoint, lab.job.stage) == ("paused", "stage", 0)
    assert lab.ran(stage=1) == []


def test_a_job_held_after_its_last_unit_stops_before_completion(lab):
    lab.start()
    lab.during(7, lab.pause)
    lab.run()
    assert (lab.job.status, lab.job.checkpoint) == ("paused", "pre_completion")
    assert lab.job.result is None


def test_a_job_held_while_it_finishes_does_not_complete(lab):
    lab.start()
    lab.finish = lambda job: lab.pause() and None
    lab.run()
    assert (lab.job.status, lab.job.checkpoint) == ("paused", "pre_completion")
    lab.finish = lambda job: "done"
    lab.resume()
    lab.run()
    assert (lab.job.status, lab.job.result) == ("completed", "done")


def test_a_paused_job_costs_nothing_and_nothing_is_due(lab):
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    assert lab.world.queue == lab.world.arrivals == []
    assert list(lab.engine.store.due(lab.clock.now() + 1e9)) == []


def test_asking_again_before_it_has_stopped_replaces_the_reason_and_keeps_the_receipt(lab):
    lab.start()
    receipts = []

    def twice():
        receipts.append(lab.pause("first").pause)
        lab.clock.sleep(1)
        receipts.append(lab.pause("second").pause)

    lab.during(2, twice)
    lab.run()
    assert receipts[0] == receipts[1]
    assert [hold.reason for hold in lab.job.holds] == ["second"]
    assert lab.events().count("pausing") == 1


def test_the_receipt_tells_when_it_was_asked_what_was_in_flight_and_when_it_came_to_rest(lab):
    lab.start()
    asked = []
    lab.during(2, lambda: asked.append(lab.clock.now()) or (lab.pause() and lab.clock.sleep(5)))
    lab.run()
    receipt = lab.job.pause
    assert (receipt.asked_at, receipt.in_flight, receipt.quiesced_at) == (asked[0], 1, asked[0] + 5)


def test_the_receipt_of_a_pending_job_has_nothing_in_flight(lab):
    lab.start()
    receipt = lab.pause().pause
    assert (receipt.in_flight, receipt.quiesced_at) == (0, receipt.asked_at)


def test_a_job_paused_by_a_hold_of_its_own_cannot_be_paused_again(lab):
    lab.start()
    job = lab.pause()
    with pytest.raises(WrongStatus, match="paused"):
        lab.pause("again")
    assert lab.job == job


def test_a_job_paused_by_the_system_may_be_paused_for_itself_as_well(lab):
    lab.start()
    lab.hold()
    lab.run()
    assert (lab.pause().status, len(lab.job.holds)) == ("paused", 1)


@pytest.mark.parametrize("end", ["completed", "failed", "cancelled", "timed_out"])
def test_an_ended_job_cannot_be_paused(lab, end):
    lab.start(timeout=3.0 if end == "timed_out" else None)
    if end == "failed":
        lab.fail(*range(8))
    if end == "cancelled":
        lab.cancel()
    if end == "timed_out":
        lab.during(0, lambda: lab.clock.sleep(9) or lab.recover())
    lab.run()
    with pytest.raises(WrongStatus) as refused:
        lab.pause()
    assert refused.value.status == lab.job.status == end


def test_a_job_in_review_cannot_be_paused(lab):
    lab.start(kind="reviewed")
    lab.run()
    with pytest.raises(WrongStatus, match="waiting review"):
        lab.pause()


def test_quiescing_a_job_that_nothing_holds_leaves_it_alone(lab):
    job = lab.start()
    assert quiesce(lab.engine, lab.ref) == job


def test_an_expired_hold_does_not_pause(lab):
    lab.start()
    lab.during(2, lambda: lab.pause(until=lab.clock.now() + 1) and lab.clock.sleep(2))
    lab.run()
    assert lab.job.status == "completed"
    assert "paused" not in lab.events()


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


def test_a_pause_while_a_worker_claims_is_seen_by_one_of_the_two(lab, monkeypatch):
    lab.start()
    lab.plan()
    save = lab.engine.ledger.save

    def save_then_pause(ref, chunk):
        save(ref, chunk)
        if chunk.owner and lab.job.pause is None:
            assert lab.pause().status == "running"

    monkeypatch.setattr(lab.engine.ledger, "save", save_then_pause)
    lab.run()
    assert (lab.job.status, lab.ran()) == ("paused", [])


def test_a_system_hold_that_goes_while_a_job_comes_to_rest_does_not_leave_it_paused(lab, monkeypatch):
    lab.start()
    lab.plan()
    lab.hold()
    write = lab.engine.store.write

    def released_first(*changes):
        monkeypatch.setattr(lab.engine.store, "write", write)
        lab.unhold()
        write(*changes)

    monkeypatch.setattr(lab.engine.store, "write", released_first)
    assert quiesce(lab.engine, lab.ref).status == "running"
    lab.run()
    assert "paused" not in lab.events()
