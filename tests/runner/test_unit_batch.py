from __future__ import annotations

from itertools import pairwise

import pytest
from fermata.domain.kind import (
    LONGEST_BACKOFF,
    THROTTLED_TRIES,
    Interrupted,
    Policy,
    Result,
    Stage,
    UnitError,
    UnitRetry,
)
from fermata.domain.segments import MAX_RESULT
from fermata.runner.unit_batch import LONGEST_BATCH, Batch, Outbox


@pytest.fixture
def batch(lab):
    """A batch of so many units that do this; each gets the batch."""

    def make(units, does):
        stage = Stage("s", lambda planning: iter(()), lambda unit: does(made), Policy(timeout=None))
        outbox = Outbox(until=lab.clock.now() + 100)
        made = Batch(stage, [(n, n, 1) for n in range(units)], lambda *unit: unit, outbox, lab.clock.now)
        return made

    return make


def refusing(*errors):
    """A unit that raises these, one at each attempt, and then succeeds."""
    left = list(errors)

    def does(unit):
        if left:
            raise left.pop(0)
        return "at last"

    return does


@pytest.fixture
def one_unit(lab):
    """Runs a job of one unit that does this; the lab, and what the unit answered."""

    def run(does):
        lab.start(params={"units": 1})
        lab.on(0, does)
        lab.run()
        return lab.results()[0]

    return run


def test_a_unit_that_fails_does_so_alone(lab):
    lab.start()
    lab.fail(2)
    lab.run()
    assert lab.results() == {0: 0, 1: 10, 2: "unit 2 is no good", 3: 30, 4: 40, 5: 50, 6: 60, 7: 70}


def test_a_unit_that_breaks_does_so_alone_and_says_how(lab):
    lab.start()
    lab.on(2, lambda unit: 1 // 0)
    lab.run()
    assert lab.results()[2] == "unexpected ZeroDivisionError: integer division or modulo by zero"
    assert lab.job.counts.failed == 1


def test_a_long_error_is_cut(one_unit):
    assert len(one_unit(refusing(UnitError("x" * 5000)))) == 1000


def test_a_unit_that_fails_for_now_is_tried_again(one_unit, lab):
    assert one_unit(refusing(UnitRetry("later"))) == "at last"
    assert lab.ran() == [0, 0]


def waits(lab):
    """Seconds between the tries of a lab's one unit."""
    return [later - earlier - lab.seconds for earlier, later in pairwise(lab.times)]


@pytest.mark.parametrize(
    ("backoff", "expected"), [(0.5, [0.5, 1.0, 2.0, 4.0]), (10.0, [10.0, 20.0, LONGEST_BACKOFF, LONGEST_BACKOFF])]
)
def test_the_wait_doubles_with_each_attempt_up_to_a_limit(make_lab, backoff, expected):
    lab = make_lab(policy=Policy(chunk_size=4, timeout=None, attempts=5, backoff=backoff))
    lab.start(params={"units": 1})
    lab.on(0, refusing(*[UnitRetry("later")] * 4))
    lab.run()
    assert waits(lab) == pytest.approx(expected)


@pytest.mark.parametrize("after", [1.0, 7.0, 400.0, 86_400.0])
def test_the_servers_retry_after_is_honoured_however_long_it_is(one_unit, lab, after):
    assert one_unit(refusing(UnitRetry("later", after=after))) == "at last"
    assert waits(lab) == pytest.approx([after])


def test_a_unit_that_never_succeeds_fails_after_its_attempts(one_unit, lab):
    assert one_unit(refusing(*[UnitRetry("later")] * 99)) == "later (tried 3 times)"
    assert lab.ran() == [0, 0, 0]


def test_a_unit_that_a_provider_refuses_is_tried_more_often(one_unit, lab):
    refusals = [UnitRetry("too many", after=1.0, throttled=True)] * (3 * THROTTLED_TRIES - 1)
    assert one_unit(refusing(*refusals)) == "at last"
    assert len(lab.ran()) == 3 * THROTTLED_TRIES


@pytest.mark.parametrize("value", [None, True, False, 0, "", [], {"a": [1, None]}, 1.5])
def test_any_json_may_be_a_result(one_unit, value):
    assert one_unit(lambda unit: value) == value


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", {"a": object()}])
def test_a_result_that_is_not_json_fails_alone(lab, value):
    lab.start()
    lab.on(2, lambda unit: value)
    lab.run()
    assert lab.results()[2].startswith("the result is not JSON")
    assert (lab.job.counts.succeeded, lab.job.counts.failed) == (7, 1)


@pytest.mark.parametrize("text", ["x" * MAX_RESULT, '"' * (MAX_RESULT // 4)], ids=["long", "quotes"])
def test_a_result_that_no_answer_could_show_fails_alone(lab, text):
    lab.start()
    lab.on(2, lambda unit: text)
    lab.run()
    assert lab.results()[2].startswith("the result has 419430")
    assert (lab.job.counts.succeeded, lab.job.counts.failed) == (7, 1)


def test_a_unit_knows_itself_by_the_same_key_at_each_attempt(one_unit, lab):
    one_unit(refusing(UnitRetry("later")))
    assert [unit.key for unit in lab.units] == ["acme/jobs:one/0/0"] * 2


def test_a_unit_that_hangs_is_given_up(threaded, hang):
    lab = threaded(timeout=0.05, attempts=1)
    lab.start()
    lab.on(1, hang)
    lab.run()
    assert lab.results()[1] == "timed out after 0.05 seconds"
    assert (lab.job.status, lab.job.counts.succeeded) == ("completed", 7)


def test_a_unit_that_hangs_is_tried_again(threaded, hang):
    lab = threaded(timeout=0.05, attempts=2)
    lab.start()
    first = [hang]
    lab.on(1, lambda unit: (first.pop() if first else lambda unit: "at last")(unit))
    lab.run()
    assert lab.results()[1] == "at last"
    assert lab.ran().count(1) == 2


def test_a_unit_that_always_hangs_is_given_up_after_its_attempts(threaded, hang):
    lab = threaded(timeout=0.05, attempts=2)
    lab.start()
    lab.on(1, hang)
    lab.run()
    assert lab.results()[1] == "timed out after 0.05 seconds"
    assert lab.ran().count(1) == 2


def test_a_unit_is_told_by_when_it_has_to_be_done(threaded):
    with_limit, without = threaded(timeout=60.0), threaded(timeout=None)
    for lab in (with_limit, without):
        lab.start(params={"units": 1})
        lab.run()
    assert with_limit.units[0].deadline < without.units[0].deadline == float("inf")


def test_the_time_between_two_attempts_does_not_count_as_the_units(threaded):
    lab = threaded(timeout=0.2, backoff=0.3, attempts=2)
    lab.start(params={"units": 1})
    lab.on(0, refusing(UnitRetry("later")))
    lab.run()
    assert lab.results()[0] == "at last"


def test_what_a_unit_answers_after_it_was_given_up_counts_nothing(batch):
    def given_up(batch):
        batch.abandoned = True
        return "too late"

    late = batch(2, given_up)
    late.run()
    assert (late.outbox.results, late.left()) == ([], [(0, 1), (1, 1)])


def test_a_batch_that_takes_long_leaves_the_rest_to_the_next_look_at_the_holds(batch, lab):
    slow = batch(10, lambda batch: lab.clock.sleep(LONGEST_BATCH / 2 + 0.001))
    slow.run()
    assert [result.number for result in slow.outbox.results] == [0, 1]
    assert slow.left() == [(number, 1) for number in range(2, 10)]


@pytest.mark.parametrize("halt", [{"stop": True}, {"until": 0.0}])
def test_a_batch_that_is_told_to_stop_begins_no_further_unit(batch, halt):
    def halted(batch):
        vars(batch.outbox).update(halt)

    told = batch(3, halted)
    told.run()
    assert (len(told.outbox.results), told.left()) == (1, [(1, 1), (2, 1)])


def test_one_success_forgets_what_providers_refused(batch):
    def does(batch):
        assert batch.outbox.throttled == {7, 8}

    accepted = batch(1, does)
    accepted.outbox.throttled |= {7, 8}
    accepted.run()
    assert accepted.outbox.throttled == set()


def test_results_that_could_not_be_committed_come_before_later_ones():
    outbox = Outbox(until=0.0, results=[Result(0, 0, None)], bytes=9, slow=True)
    taken = outbox.take()
    outbox.results.append(Result(1, 1, None))
    outbox.put_back(taken)
    assert [result.number for result in outbox.results] == [0, 1]
    assert (outbox.bytes, outbox.slow) == (0, False)


def test_a_unit_that_ends_its_own_process_fails_and_keeps_nobody(lab):
    def leave(unit):
        raise SystemExit(3)

    lab.on(2, leave)
    lab.start()
    lab.run()
    assert (lab.job.status, lab.results()[2]) == ("completed", "unexpected SystemExit: 3")


def test_a_unit_that_interrupts_itself_fails_instead_of_running_for_ever(lab):
    def interrupt(unit):
        raise Interrupted

    lab.on(2, interrupt)
    lab.start()
    lab.run()
    assert (lab.job.status, lab.ran().count(2)) == ("completed", 1)
    assert lab.results()[2] == "it interrupted itself, though nobody had asked it to stop"
