from __future__ import annotations

import pytest
from fermata.control.release import expire_scope, wake
from fermata.domain.errors import WrongStatus
from fermata.domain.holds import SYSTEM


@pytest.fixture
def paused(lab):
    """A job that was paused during its third unit."""
    lab.start()
    lab.during(2, lab.pause)
    lab.run()
    return lab


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


def test_releasing_the_system_leaves_a_jobs_own_pause(paused):
    paused.hold()
    paused.unhold()
    paused.run()
    assert paused.job.status == "paused"
    assert len(paused.job.holds) == 1


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
        monkeypatch.setattr("fermata.control.release.release", lambda engine, ref: paused.die())
        write(*changes)

    monkeypatch.setattr(paused.engine.store, "write", released_first)
    paused.until_killed(paused.resume)
    monkeypatch.undo()
    paused.recover(after=700)
    paused.run()
    assert (paused.job.status, paused.ran()) == ("completed", list(range(8)))


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


def test_waking_begins_with_one_message_and_ends_when_the_index_has_caught_up(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    assert [message.task for message in lab.world.queue] == ["wake"]
    lab.run()
    assert lab.engine.store.scope("acme", SYSTEM).waking_since is not None
    lab.recover(after=61)
    assert lab.engine.store.scope("acme", SYSTEM).waking_since is None


def test_waking_more_jobs_than_a_slice_has_time_for_goes_on_in_the_next(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    assert wake(lab.engine, "acme", SYSTEM, until=lab.clock.now() - 1) is False
    lab.run()
    assert lab.job.status == "completed"


def test_waking_a_scope_that_is_held_again_lets_nothing_go(lab):
    lab.start()
    lab.hold()
    lab.run()
    lab.unhold()
    lab.hold()
    lab.run()
    assert (lab.job.status, lab.ran()) == ("paused", [])


def test_releasing_what_is_not_held_changes_nothing(lab):
    lab.unhold()
    assert lab.engine.store.scope("acme", SYSTEM).rev == 0
    assert lab.world.queue == []
    assert lab.audit() == ["jobs.unhold"]


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
