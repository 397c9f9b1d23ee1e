from __future__ import annotations

import pytest
from fermata.control.engine import exists
from fermata.control.why import WaitsFor, why
from fermata.domain.chunks import LEASE
from fermata.domain.errors import NotFound
from fermata.domain.kind import Policy, UnitRetry


@pytest.fixture
def ask(lab):
    def ask():
        found = why(lab.engine, lab.ref)
        return found.waits_for, found.sentence

    return ask


def test_a_job_that_was_just_accepted_waits_for_a_worker(lab, ask):
    lab.start()
    assert ask() == (WaitsFor.START, "The job was accepted and waits for a worker to begin it.")


def test_chunks_in_the_queue_wait_for_a_free_worker(lab, ask):
    lab.start()
    lab.plan()
    assert ask() == (WaitsFor.QUEUE, "8 units wait in the queue for a free worker, behind about 2 messages.")


def test_a_running_job_waits_for_its_workers(lab, ask):
    lab.start()
    seen = []
    lab.during(0, lambda: seen.append(ask()))
    lab.run()
    assert seen == [(WaitsFor.WORKER, "Workers are at 1 chunk of units; 8 units of the stage are left.")]


def test_a_paused_job_waits_for_whoever_holds_it(lab, ask):
    lab.start()
    lab.pause("a look")
    assert ask() == (WaitsFor.HOLD, "The job waits because it is held by ann: a look.")
    lab.hold()
    assert ask()[1] == "The job waits because it is held by ann: a look, and 1 more."
    lab.resume()
    assert ask()[1] == "The job waits because the whole system is held by ann: maintenance."


def test_a_job_that_is_asked_to_pause_waits_for_the_units_in_hand(lab, ask):
    lab.start()
    seen = []
    lab.during(0, lambda: (lab.pause(None), seen.append(ask())))
    lab.run()
    assert seen == [(WaitsFor.REST, "The job ends the units in hand, then it stops, because it is held by ann.")]


def test_a_lost_worker_is_told(lab, ask):
    lab.start()
    lab.kill(0)
    lab.kill(4)
    lab.run()
    lab.clock.sleep(LEASE + 1)
    assert ask() == (WaitsFor.LEASE, "The worker of 2 chunks was lost; the units are queued again.")


def test_a_draft_waits_for_a_person(lab, ask):
    lab.start(kind="reviewed")
    lab.run()
    assert ask() == (WaitsFor.REVIEW, "The job waits for a person to approve or reject its draft.")


def test_a_job_that_is_over_waits_for_nothing(lab, ask):
    lab.start()
    lab.run()
    assert ask() == (WaitsFor.NOTHING, "The job is completed; it waits for nothing.")


def test_units_that_are_not_named_yet_wait_for_planning(lab, ask):
    lab.start()
    seen = []
    lab.planner = lambda planning: seen.append(ask()) or iter(())
    lab.run()
    assert seen[0][0] in (WaitsFor.START, WaitsFor.PLANNING)


def test_units_between_two_tries_wait_for_their_next(make_lab):
    lab = make_lab(policy=Policy(chunk_size=4, timeout=None, backoff=20.0))

    def refuse(unit):
        raise UnitRetry("later")

    lab.start(params={"units": 2})
    lab.on(1, refuse)
    lab.driver.step()
    lab.driver.step()
    found = why(lab.engine, lab.ref)
    assert found.waits_for is WaitsFor.BACKOFF
    assert found.sentence == "1 unit waits for the next try; 1 of the stage are left."
    assert lab.clock.now() < found.facts["retry_at"] <= lab.clock.now() + 20


def test_a_job_whose_units_are_settled_waits_for_a_worker_to_sum_up(lab, ask):
    lab.start()
    seen = []
    lab.finish = lambda job: seen.append(ask())
    lab.run()
    assert seen == [(WaitsFor.FINISHING, "All units are settled; a worker sums up.")]


def test_facts_are_json(lab):
    import json

    lab.start()
    lab.hold(until=lab.clock.now() + 60)
    facts = json.loads(json.dumps(dict(why(lab.engine, lab.ref).facts)))
    assert facts["holds"][0]["until"] == lab.clock.now() + 60


def test_a_job_that_is_not_there_is_not_found(lab):
    assert exists(lab.engine, lab.ref) is None
    with pytest.raises(NotFound):
        why(lab.engine, lab.ref)
