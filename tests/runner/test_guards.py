from __future__ import annotations

import pytest
from fermata.domain.chunks import Retry
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


def refused(lab, after=1.0):
    """Units between two tries, as a provider refused them."""
    return [Retry(number, 2, lab.clock.now() + after, throttled=True) for number in (0, 1)]


def test_a_job_rests_when_a_provider_refuses_everything_for_long(guards, lab):
    now = lab.clock.now()
    assert not guards.check_throttling(2, [], now, idle=False)
    assert not guards.check_throttling(3, [], now + PATIENCE - 1, idle=False)
    assert guards.check_throttling(3, [], now + PATIENCE, idle=False)
    (hold,) = lab.job.holds
    assert (hold.owner, hold.until) == ("automatic", now + PATIENCE + REST)
    assert "too many requests" in hold.reason


def test_one_success_on_the_way_starts_the_patience_anew(guards, lab):
    now = lab.clock.now()
    guards.check_throttling(2, [], now, idle=False)
    guards.check_throttling(0, [], now + PATIENCE - 1, idle=False)
    guards.check_throttling(2, [], now + PATIENCE, idle=False)
    assert not guards.check_throttling(2, [], now + 2 * PATIENCE - 1, idle=False)
    assert lab.job.holds == ()


def test_units_that_fail_for_another_reason_bring_nothing_to_rest(guards, lab):
    now = lab.clock.now()
    resting = [Retry(0, 2, now + 1000)]
    assert not guards.check_throttling(0, resting, now, idle=True)
    assert not guards.check_throttling(0, resting, now + 10 * PATIENCE, idle=True)


def test_a_provider_that_says_for_how_long_is_believed_at_once(guards, lab):
    now = lab.clock.now()
    assert guards.check_throttling(2, refused(lab, after=3600.0), now, idle=True)
    assert [hold.until for hold in lab.job.holds] == [now + 3600]


def test_a_job_with_other_units_to_run_does_not_rest_for_those_that_are_refused(guards, lab):
    now = lab.clock.now()
    assert not guards.check_throttling(2, refused(lab, after=3600.0), now, idle=False)
    assert not guards.check_throttling(2, [*refused(lab, after=3600.0), Retry(2, 2, now + 1)], now, idle=True)
    assert lab.job.holds == ()


def test_a_job_that_has_ended_meanwhile_is_not_held(guards, lab):
    guards.check_throttling(2, [], lab.clock.now(), idle=False)
    lab.cancel()
    assert not guards.check_throttling(2, [], lab.clock.now() + PATIENCE, idle=False)
    assert lab.job.holds == ()


@pytest.mark.parametrize("units", [1, 8])
def test_a_provider_that_refuses_everything_brings_the_job_to_rest_and_it_goes_on_by_itself(make_lab, units):
    lab = make_lab(policy=Policy(chunk_size=4, timeout=None, attempts=1000, backoff=2.0))
    refusing = [True]

    def does(unit):
        if refusing:
            raise UnitRetry("429", throttled=True)
        return unit.value * 10

    lab.start(params={"units": units})
    for number in range(units):
        lab.on(number, does)
    lab.run()
    (hold,) = lab.job.holds
    assert (lab.job.status, hold.owner, lab.counts.settled) == ("paused", "automatic", 0)
    assert lab.world.queue == lab.world.delayed == []
    refusing.clear()
    lab.recover(after=hold.until - lab.clock.now())
    lab.run()
    assert (lab.job.status, lab.job.counts.succeeded) == ("completed", units)


@pytest.mark.parametrize("after", [45.0, 3600.0, 86_400.0])
def test_a_rest_lasts_as_long_as_the_provider_said(lab, after):
    lab.start(params={"units": 1})
    said = [UnitRetry("429", after=after, throttled=True)]

    def does(unit):
        if said:
            raise said.pop()
        return "at last"

    lab.on(0, does)
    lab.run()
    (hold,) = lab.job.holds
    assert (lab.job.status, hold.until) == ("paused", pytest.approx(lab.times[0] + lab.seconds + after))
    lab.recover(after=hold.until - lab.clock.now())
    lab.run()
    assert (lab.job.status, lab.results()) == ("completed", {0: "at last"})


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


def test_a_small_job_is_held_for_its_failures_once_half_its_units_are_settled(lab):
    lab.start(params={"units": 6}, max_failed_share=0.5)
    lab.fail(*range(6))
    lab.run()
    assert lab.job.status == "paused"
    assert 3 <= lab.counts.failed <= 6


@pytest.mark.parametrize(("failed", "status"), [(8, "paused"), (9, "paused"), (7, "completed")])
def test_of_a_small_job_the_share_counts_when_it_is_done(lab, failed, status):
    lab.start(params={"units": 15}, max_failed_share=0.5)
    lab.fail(*range(15 - failed, 15))
    lab.run()
    assert lab.job.status == status


def test_a_few_of_many_units_say_nothing_about_the_share(guards, lab):
    lab.fail(*range(100))
    lab.clock.sleep(PERIOD)
    for chunk in range(4):
        lab.deliver(chunk)
    assert (lab.counts.failed, lab.job.holds) == (16, ())
    lab.deliver(4)
    assert (lab.counts.failed, len(lab.job.holds)) == (20, 1)


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
