from __future__ import annotations

import pytest
from fermata.domain.errors import WrongStatus
from fermata.domain.ranges import Ranges


@pytest.fixture
def draft(lab):
    """A job whose first stage has made a draft."""
    lab.start(kind="reviewed")
    lab.run()
    return lab


def test_a_job_waits_for_review_before_the_reviewed_stage_is_planned(draft):
    job = draft.job
    assert (job.status, job.stage, job.plan.units) == ("waiting_review", 1, 0)
    assert draft.ran(stage=1) == []
    assert draft.results() == {number: number * 10 for number in range(8)}


def test_a_job_in_review_costs_nothing(draft):
    assert draft.world.queue == draft.world.arrivals == []
    assert list(draft.engine.store.due(draft.clock.now() + 1e9)) == []


def test_approving_applies_the_draft_exactly_once(draft):
    assert draft.approve().status == "running"
    with pytest.raises(WrongStatus):
        draft.approve()
    draft.run()
    assert (draft.job.status, draft.ran(stage=1)) == ("completed", list(range(8)))


def test_approving_tells_the_kind_what_was_approved(draft):
    draft.approve(units=Ranges.of([0, 1, 4]), reason="the rest is wrong")
    draft.run()
    assert {unit.params["approved"] for unit in draft.units[8:]} == {"0-1,4"}
    approved = next(event for event in draft.engine.log.events(draft.ref) if event.type == "approved")
    assert approved.data == {"user": "ann", "units": "0-1,4", "reason": "the rest is wrong"}


def test_approving_everything_is_told_apart_from_approving_nothing(draft):
    draft.approve()
    assert draft.job.params["approved"] is None


def test_rejecting_applies_nothing_and_leaves_the_history(draft):
    job = draft.reject(reason="not like this")
    draft.run()
    assert (job.status, job.error, draft.ran(stage=1)) == ("cancelled", "not like this", [])
    assert draft.events()[-2:] == ["waiting_review", "rejected"]
    assert not draft.engine.workflow.running(draft.ref, 1)


@pytest.mark.parametrize("decide", ["approve", "reject"])
def test_only_a_job_in_review_can_be_decided_on(lab, decide):
    lab.start()
    for status in ("pending", "completed"):
        with pytest.raises(WrongStatus) as refused:
            getattr(lab, decide)()
        assert refused.value.status == status
        lab.run()


def test_an_approved_job_waits_while_the_system_is_held(draft):
    draft.hold()
    draft.approve()
    draft.run()
    assert (draft.job.status, draft.ran(stage=1)) == ("paused", [])
    draft.unhold()
    draft.run()
    assert draft.job.status == "completed"


def test_a_job_held_after_its_draft_comes_to_review_once_it_is_resumed(lab):
    lab.start(kind="reviewed")
    lab.during(7, lab.pause)
    lab.run()
    assert (lab.job.status, lab.job.checkpoint) == ("paused", "stage")
    lab.resume()
    lab.run()
    assert lab.job.status == "waiting_review"
