from __future__ import annotations

import pytest
from fermata.domain.kind import Policy, UnitRetry
from fermata.runner.guards import PATIENCE, PERIOD, REST, Guards


@pytest.fixture
def guards(lab):
    lab.start(params={"units": 100}, max_failed_share=0.5)
    lab.plan()
    return Guards(lab.engine, lab.job)


def failing(lab, failed, of):
    """A job of so many units of which so many fail, the last ones."""
    lab.start(params={"units": of}, max_failed_share=0.5)
    lab.fail(*range(of - failed, of))
    lab.run()
    return lab.job


# Too many requests -------------------------------------------------------------------------------------------------------


def test_a_job_rests_when_a_provider_refuses_everything_for_long(guards, lab):
    now = lab.clock.now()
    assert not guards.check(2, now)
    assert not guards.check(3, now + PATIENCE - 1)
    assert guards.check(3, now + PATIENCE)
    (hold,) = lab.job.holds
    assert (hold.owner, hold.until) == ("automatic", now + PATIENCE + REST)
    assert "too many requests" in hold.reason


def test_one_success_on_the_way_starts_the_patience_anew(guards, lab):
    now = lab.clock.now()
    guards.check(2, now)
    guards.check(0, now + PATIENCE - 1)
    guards.check(2, now + PATIENCE)
    assert not guards.check(2, now + 2 * PATIENCE - 1)
    assert lab.job.holds == ()


def test_a_single_refused_unit_holds_nothing(guards, lab):
    assert not guards.check(1, lab.clock.now())
    assert not guards.check(1, lab.clock.now() + 10 * PATIENCE)


def test_a_job_that_has_ended_meanwhile_is_not_held(guards, lab):
    guards.check(2, lab.clock.now())
    lab.cancel()
    assert not guards.check(2, lab.clock.now() + PATIENCE)
    assert lab.job.holds == ()


def test_units_that_a_provider_refuses_bring_the_job_to_rest_and_it_goes_on_by_itself(threaded, monkeypatch):
    monkeypatch.setattr("fermata.runner.guards.PATIENCE", 0.05)
    monkeypatch.setattr("fermata.runner.guards.REST", 0.2)
    monkeypatch.setattr("fermata.runner.chunk_loop.BEAT", 0.05)
    lab = threaded(concurrency=2, attempts=10_000, backoff=0.001)
    refused = [True]

    def does(unit):
        if refused:
            raise UnitRetry("429", after=0.001, throttled=True)
        return unit.value * 10

    for number in range(8):
        lab.on(number, does)
    lab.start()
    lab.run()
    assert (lab.job.status, lab.job.holds[0].owner, lab.counts.settled) == ("paused", "automatic", 0)
    refused.clear()
    lab.recover(after=0.3)
    lab.run()
    assert (lab.job.status, lab.job.counts.succeeded) == ("completed", 8)


# Too many failures -------------------------------------------------------------------------------------------------------


def test_a_job_is_held_when_too_many_of_its_units_fail(lab):
    lab.start(params={"units": 100}, max_failed_share=0.5)
    lab.fail(*range(100))
    lab.run()
    assert lab.job.status == "paused"
    assert 20 <= lab.counts.failed < 40
    (hold,) = lab.job.holds
    assert (hold.owner, hold.until) == ("automatic", None)
    assert hold.reason.endswith("units failed, more than the limit of 0.5")


def test_a_few_units_say_nothing_about_the_share(lab):
    assert failing(lab, failed=16, of=16).status == "failed"


def test_a_share_at_the_limit_is_within_it(lab):
    assert failing(lab, failed=15, of=30).status == "completed"


def test_a_job_that_was_resumed_is_not_held_for_its_failures_again(lab):
    lab.start(params={"units": 60}, max_failed_share=0.5)
    lab.fail(*range(60))
    lab.run()
    assert lab.job.status == "paused"
    lab.resume()
    lab.run()
    assert (lab.job.status, lab.job.counts.failed) == ("failed", 60)


def test_a_job_without_a_limit_is_never_held_for_its_failures(lab):
    lab.start(params={"units": 60})
    lab.fail(*range(60))
    lab.run()
    assert lab.job.status == "failed"


def test_failures_of_the_last_units_are_noticed_before_the_job_ends(make_lab):
    lab = make_lab(policy=Policy(chunk_size=40, timeout=None))
    lab.seconds = 0.1
    lab.start(params={"units": 40}, max_failed_share=0.1)
    lab.fail(*range(20, 40))
    lab.run()
    assert 40 * lab.seconds < PERIOD
    assert (lab.job.status, lab.job.checkpoint, lab.counts.failed) == ("paused", "pre_completion", 20)


def test_the_ledger_is_not_summed_more_often_than_needed(guards, lab, monkeypatch):
    looks = []
    monkeypatch.setattr(lab.engine.ledger, "chunks", lambda ref: looks.append(ref) or [])
    for tenth in range(int(PERIOD * 10)):
        guards.check_share(lab.clock.now() + tenth / 10)
    assert len(looks) == 1
