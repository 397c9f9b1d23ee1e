from __future__ import annotations

import pytest
from fermata.control.holds import AUTOMATIC, own_hold, pause
from fermata.control.reconcile import reconcile
from fermata.domain.errors import HeldElsewhere, WrongStatus
from fermata.domain.holds import LOOK_AGE


@pytest.fixture
def paused(lab):
    """A job that was paused during its third unit."""
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    return lab


# Pausing -------------------------------------------------------------------------------------------------------------


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
    assert (receipt.asked_at, receipt.in_flight, receipt.quiesced_at) == (asked[0], 1, asked[0] + LOOK_AGE + 5)


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


def test_reconciling_a_job_that_nothing_holds_leaves_it_alone(lab):
    job = lab.start()
    assert reconcile(lab.engine, lab.ref).job == job


def test_an_expired_hold_does_not_pause(lab):
    lab.start()
    lab.during(2, lambda: lab.pause(until=lab.clock.now() + 1) and lab.clock.sleep(2))
    lab.run()
    assert lab.job.status == "completed"
    assert "paused" not in lab.events()


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
    assert reconcile(lab.engine, lab.ref).job.status == "running"
    lab.run()
    assert "paused" not in lab.events()


# Resuming ------------------------------------------------------------------------------------------------------------


def test_a_resumed_job_goes_on_where_it_stopped(paused):
    assert paused.resume().status == "running"
    paused.run()
    assert paused.job.status == "completed"
    assert paused.ran() == list(range(8))


def test_a_resumed_jobs_unfinished_chunks_are_queued_at_once(paused):
    paused.resume()
    assert sorted(message.chunk for message in paused.world.queue) == [0, 1]


def test_a_job_resumed_before_it_began_is_pending_again(lab):
    lab.start()
    lab.pause()
    assert lab.resume().status == "pending"
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", list(range(8)))


def test_a_job_resumed_before_completion_completes_and_runs_nothing_again(lab):
    lab.start()
    lab.during(7, lab.pause)
    lab.run()
    lab.resume()
    lab.run()
    assert (lab.job.status, len(lab.ran())) == ("completed", 8)


def test_a_job_resumed_between_stages_plans_the_next(lab):
    lab.start(kind="two")
    lab.during(7, lab.pause)
    lab.run()
    lab.resume()
    lab.run()
    assert (lab.job.status, lab.ran(stage=1)) == ("completed", list(range(8)))


def test_a_pause_that_is_taken_back_before_the_job_stopped_does_not_stop_it(lab):
    lab.start()
    lab.during(2, lambda: lab.pause() and lab.resume())
    lab.run()
    assert (lab.job.status, lab.ran()) == ("completed", list(range(8)))
    assert "paused" not in lab.events()


def test_resuming_leaves_the_system_hold(paused):
    paused.hold()
    assert paused.resume().status == "paused"
    paused.run()
    assert (paused.job.status, len(paused.ran())) == ("paused", 3)
    paused.unhold()
    paused.run()
    assert paused.job.status == "completed"


def test_resuming_leaves_the_sources_hold(lab):
    lab.start(source="s1")
    lab.hold("source:s1")
    lab.pause()
    assert lab.resume().status == "paused"
    assert lab.job.holds == ()
    lab.run()
    assert lab.ran() == []


def test_a_system_hold_that_goes_while_a_resuming_operator_is_slow_and_dies_does_not_leave_the_job_paused(
    paused, monkeypatch
):
    paused.hold()
    write = paused.engine.store.write

    def released_first(*changes):
        monkeypatch.setattr(paused.engine.store, "write", write)
        paused.unhold()
        paused.recover(after=61)
        paused.run()
        monkeypatch.setattr("fermata.control.holds.pursued", lambda engine, ref: paused.die())
        write(*changes)

    monkeypatch.setattr(paused.engine.store, "write", released_first)
    paused.until_killed(paused.resume)
    monkeypatch.undo()
    paused.recover(after=700)
    paused.run()
    assert (paused.job.status, paused.ran()) == ("completed", list(range(8)))


def test_a_running_job_cannot_be_resumed(lab):
    lab.start()
    lab.plan()
    with pytest.raises(WrongStatus, match="running"):
        lab.resume()


@pytest.mark.parametrize("end", ["completed", "cancelled"])
def test_an_ended_job_cannot_be_resumed(lab, end):
    lab.start()
    if end == "cancelled":
        lab.pause()
        lab.cancel()
    lab.run()
    with pytest.raises(WrongStatus) as refused:
        lab.resume()
    assert refused.value.status == lab.job.status == end


def test_a_job_paused_for_longer_than_any_timeout_resumes(paused):
    paused.clock.sleep(400 * 24 * 3600)
    paused.resume()
    paused.run()
    assert (paused.job.status, paused.ran()) == ("completed", list(range(8)))


def test_resuming_twice_does_nothing_twice(paused):
    paused.resume()
    with pytest.raises(WrongStatus):
        paused.resume()
    paused.run()
    assert paused.ran() == list(range(8))


# What still holds it -----------------------------------------------------------------------------------------------------


def facts(lab, type_):
    """Data of the last event of a type."""
    return next(dict(event.data) for event in reversed(lab.engine.log.events(lab.ref)) if event.type == type_)


def test_a_pause_that_is_taken_back_before_it_is_reached_ends_with_a_line_and_a_closed_receipt(lab):
    lab.start()
    lab.during(2, lambda: lab.pause() and lab.resume())
    lab.run()
    assert lab.events() == ["created", "started", "stage", "pausing", "resumed", "completed"]
    assert facts(lab, "resumed")["user"] == "ann"
    assert (lab.job.pause.quiesced_at, lab.job.pause.ended_at) == (None, lab.job.pause.asked_at + LOOK_AGE)


def test_a_pause_whose_time_is_over_before_it_is_reached_ends_with_a_line_and_names_nobody(lab):
    lab.start()
    lab.during(2, lambda: lab.pause(until=lab.clock.now() + 1) and lab.clock.sleep(2))
    lab.run()
    assert lab.events() == ["created", "started", "stage", "pausing", "resumed", "completed"]
    assert "user" not in facts(lab, "resumed")
    assert lab.job.pause.ended_at is not None


def test_a_job_that_is_paused_after_a_pause_was_taken_back_has_a_receipt_of_its_own(lab):
    lab.start()
    lab.during(1, lambda: lab.pause() and lab.resume())
    lab.during(3, lab.hold)
    lab.run()
    receipt = lab.job.pause
    assert (lab.job.status, receipt.ended_at) == ("paused", None)
    assert receipt.asked_at == receipt.quiesced_at


def test_resumed_names_who_resumed_the_job(paused):
    paused.resume()
    assert facts(paused, "resumed")["user"] == "ann"


def test_resumed_names_who_released_the_system(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    lab.run()
    assert facts(lab, "resumed")["user"] == "ann"


def test_resuming_tells_in_the_history_what_still_holds_the_job(paused):
    until = paused.clock.now() + 3600
    paused.hold(until=until)
    paused.resume()
    assert paused.events()[-1] == "unheld"
    told = facts(paused, "unheld")
    assert told["user"] == "ann"
    assert told["still_held"] == [{"scope": "system", "owner": "ann", "reason": "maintenance", "until": until}]
    assert "resumed" not in paused.events()


@pytest.mark.parametrize("scope", ["system", "source:s1"])
def test_a_job_that_only_others_hold_is_not_resumed_and_it_is_said_by_whom(lab, scope):
    lab.start(source="s1")
    lab.hold(scope, until=lab.clock.now() + 3600)
    lab.run()
    before = lab.job
    with pytest.raises(HeldElsewhere, match=r"held by ann: maintenance, until 20\d\d-") as refused:
        lab.resume()
    assert [hold.scope for hold in refused.value.holds] == [scope]
    assert lab.job == before


def test_a_running_job_that_the_system_stops_just_now_is_not_resumed_either(lab):
    lab.start()
    seen = []

    def resumes():
        lab.hold()
        with pytest.raises(HeldElsewhere):
            lab.resume()
        seen.append(lab.job.status)

    lab.during(2, resumes)
    lab.run()
    assert (seen, lab.job.status) == (["running"], "paused")


def test_an_automatic_hold_is_removed_like_any_other(lab):
    lab.start()
    hold = own_hold(lab.engine, AUTOMATIC, "a provider refuses everything", lab.clock.now() + 3600)
    pause(lab.engine, None, lab.ref, hold)
    assert lab.resume().status == "pending"
