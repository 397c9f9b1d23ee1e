from __future__ import annotations

import pytest
from fermata.control.queueing import job_message
from fermata.domain.chunks import Counts
from fermata.domain.errors import ServiceFailed, Unavailable
from fermata.domain.holds import LOOK_AGE
from fermata.domain.progress import QUIET
from fermata.runner.deadline import slice_of
from fermata.runner.dispatch import handle
from fermata.testing import MemoryDelivery


def test_a_job_runs_from_start_to_completed(lab):
    lab.start()
    lab.run()
    job = lab.job
    assert (job.status, job.counts, job.result) == ("completed", Counts(8, 8, 0), {"succeeded": 8, "failed": 0})
    assert lab.events() == ["created", "started", "stage", "completed"]
    assert not lab.engine.workflow.running(lab.ref, 1)


def test_event_numbers_rise_without_gaps(lab):
    lab.start(kind="two")
    lab.during(2, lab.pause)
    lab.run()
    lab.resume()
    lab.run()
    assert [event.number for event in lab.engine.log.events(lab.ref)] == list(range(1, lab.job.events + 1))


def test_a_stage_is_planned_from_the_results_of_the_one_before(lab):
    lab.start(kind="two")
    lab.fail(3)
    lab.run()
    assert lab.results(stage=1) == dict(enumerate([0, 100, 200, 400, 500, 600, 700]))
    assert [plan.units for plan in lab.job.stages] == [8, 7]


def test_a_job_without_units_is_completed(lab):
    lab.start(kind="two", params={"units": 0})
    lab.run()
    assert (lab.job.status, lab.job.counts) == ("completed", Counts())


def test_no_more_chunks_are_queued_than_the_limit_allows(lab):
    lab.start(limit=2, params={"units": 40})
    lab.plan()
    queued = [len(lab.world.queue)]
    while lab.driver.step():
        queued.append(len(lab.world.queue))
    assert max(queued) == 2
    assert (lab.job.status, sorted(lab.ran())) == ("completed", list(range(40)))


def test_a_resumed_job_keeps_to_its_limit(lab):
    lab.start(limit=2, params={"units": 40})
    lab.during(5, lab.pause)
    lab.run()
    lab.resume()
    assert len(lab.world.queue) == 2
    lab.run()
    assert sorted(lab.ran()) == list(range(40))


def test_a_message_for_a_job_that_is_over_changes_nothing(lab):
    job = lab.start()
    lab.run()
    before = lab.job
    handle(lab.engine, job_message(job), MemoryDelivery("late"), lab.slots, slice_of(lab.engine, 60.0))
    assert lab.job == before


def test_every_message_twice_counts_every_unit_once(lab, monkeypatch):
    send = lab.engine.queue.send
    monkeypatch.setattr(lab.engine.queue, "send", lambda messages, delay=0: send([*messages, *messages], delay))
    lab.start(kind="two")
    lab.run()
    assert (lab.job.status, lab.job.counts) == ("completed", Counts(16, 16, 0))
    assert sorted(lab.ran()) == sorted(lab.ran(stage=1)) == list(range(8))


def test_a_job_cancelled_while_its_units_are_opened_again_opens_none(lab, meanwhile):
    lab.fail(0)
    lab.start()
    lab.run()
    lab.retry()
    meanwhile(lab.cancel)
    lab.run()
    assert (lab.job.status, lab.job.counts.failed) == ("cancelled", 1)
    assert sum(len(chunk.failed) for chunk in lab.chunks()) == 1


# Services that fail once a request is stored -----------------------------------------------------------------------------


def opened_twice(lab):
    lab.fail(*range(8))
    lab.start()
    lab.run()
    lab.mend()


def in_review(lab):
    lab.start(kind="reviewed")
    lab.run()


def at_work(lab):
    lab.start()
    lab.plan()


def at_rest(lab):
    at_work(lab)
    lab.pause()


def held(lab):
    at_work(lab)
    lab.hold()
    lab.run()


REQUESTS = {
    "start": (lambda lab: None, "completed"),
    "retry": (opened_twice, "completed"),
    "pause": (at_work, "paused"),
    "resume": (at_rest, "completed"),
    "cancel": (at_rest, "cancelled"),
    "approve": (in_review, "completed"),
    "reject": (in_review, "cancelled"),
    "unhold": (held, "completed"),
}


@pytest.mark.parametrize("error", [Unavailable("throttled"), ServiceFailed("AccessDenied")])
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_request_that_is_stored_is_not_refused_for_what_follows_it(lab, monkeypatch, request_, error):
    stand, status = REQUESTS[request_]
    stand(lab)
    messages = list(lab.world.queue)

    def fails(*asked, **more):
        raise error

    with monkeypatch.context() as outage:
        outage.setattr(lab.engine.queue, "send", fails)
        for call in ("start", "move", "stop"):
            outage.setattr(lab.engine.workflow, call, fails)
        getattr(lab, request_)()
    assert lab.world.queue == messages
    lab.recover(after=QUIET + 1)
    lab.run()
    lab.recover(after=QUIET + 1)
    lab.run()
    assert lab.job.status == status
    assert lab.job.closed == lab.job.status.final


def test_a_cancel_is_answered_when_no_unit_starts_any_more_although_the_ledger_cannot_be_read(lab, monkeypatch):
    def fails(*asked):
        raise Unavailable("throttled")

    at_work(lab)
    asked_at = lab.clock.now()
    monkeypatch.setattr(lab.engine.ledger, "chunks", fails)
    assert lab.cancel().status == "cancelled"
    assert lab.clock.now() - asked_at >= LOOK_AGE
