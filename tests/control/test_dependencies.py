from __future__ import annotations

import pytest
from fermata.control.why import why
from fermata.domain.errors import HeldElsewhere, InvalidInput, WrongStatus
from fermata.domain.jobs import OnFailure, Ref
from fermata.domain.transitions import Status

ONE, TWO, THREE = (f"jobs:{name}" for name in ("one", "two", "three"))


@pytest.fixture
def follow(lab):
    """Starts a job after others; its ref."""

    def follow(id_="two", after=(ONE,), on_failure=OnFailure.HOLD):
        lab.start(id=id_, after=after, on_failure=on_failure)
        return Ref("acme", f"jobs:{id_}")

    return follow


def status(lab, ref):
    return lab.engine.store.job(ref).status


def test_a_job_starts_once_the_one_before_has_completed(lab, follow):
    lab.start()
    two = follow()
    assert [hold.scope for hold in lab.engine.store.job(two).holds] == [f"after:{ONE}"]
    lab.run()
    assert {status(lab, lab.ref), status(lab, two)} == {Status.COMPLETED}
    ran = [unit.job_id for unit in lab.units]
    assert ran == [ONE] * 8 + [TWO] * 8


def test_it_waits_for_all_that_it_names(lab, follow):
    lab.start()
    lab.start(id="two")
    three = follow("three", (ONE, TWO))
    lab.pause()
    lab.run()
    assert (status(lab, Ref("acme", TWO)), status(lab, three)) == (Status.COMPLETED, Status.PAUSED)
    lab.resume()
    lab.run()
    assert status(lab, three) is Status.COMPLETED


def test_a_job_that_has_completed_keeps_nobody(lab, follow):
    lab.start()
    lab.run()
    two = follow()
    assert lab.engine.store.job(two).holds == ()
    lab.run()
    assert status(lab, two) is Status.COMPLETED


def test_what_it_waits_for_is_told_while_it_does(lab, follow):
    lab.start()
    lab.pause()
    two = follow()
    lab.run()
    assert why(lab.engine, two).sentence == f"The job waits because it starts when {ONE} has completed."
    assert lab.engine.store.job(two).due_at is None


@pytest.mark.parametrize(
    ("on_failure", "expected"), [(OnFailure.HOLD, Status.PAUSED), (OnFailure.START, Status.COMPLETED)]
)
def test_a_failure_before_it_was_created_is_met_as_its_policy_says(lab, follow, on_failure, expected):
    lab.start()
    lab.cancel()
    two = follow(on_failure=on_failure)
    lab.run()
    assert status(lab, two) is expected


def test_a_job_that_would_be_cancelled_at_once_is_refused(lab, follow):
    lab.start()
    lab.cancel()
    with pytest.raises(InvalidInput, match="would be cancelled"):
        follow(on_failure=OnFailure.CANCEL)


@pytest.mark.parametrize("on_failure", list(OnFailure))
def test_a_cancel_reaches_those_that_wait(lab, follow, on_failure):
    lab.start()
    two = follow(on_failure=on_failure)
    lab.cancel()
    lab.run()
    expected = {"hold": Status.PAUSED, "start": Status.COMPLETED, "cancel": Status.CANCELLED}
    assert status(lab, two) is expected[on_failure.value]


def test_a_retry_that_completes_lets_go_what_the_failure_held(lab, follow):
    lab.fail(*range(8))
    lab.start()
    two = follow()
    lab.run()
    assert status(lab, two) is Status.PAUSED
    assert "is failed; it starts when that has been retried" in why(lab.engine, two).sentence
    lab.mend()
    lab.retry()
    lab.run()
    assert status(lab, two) is Status.COMPLETED


def test_a_person_can_start_what_a_failure_holds_and_not_what_still_waits(lab, follow):
    lab.start()
    two = follow()
    lab.ref = two
    with pytest.raises(HeldElsewhere, match="it starts when jobs:one has completed"):
        lab.resume()
    lab.ref = Ref("acme", ONE)
    lab.cancel()
    lab.ref = two
    lab.resume()
    lab.run()
    assert status(lab, two) is Status.COMPLETED


def test_a_pause_and_a_resume_leave_it_waiting(lab, follow):
    lab.start()
    lab.ref = follow()
    lab.pause()
    lab.resume()
    assert [hold.scope for hold in lab.job.holds] == [f"after:{ONE}"]
    with pytest.raises((WrongStatus, HeldElsewhere)):
        lab.resume()


def test_a_pause_outlasts_what_it_waited_for(lab, follow):
    lab.start()
    lab.ref = follow()
    lab.pause()
    lab.run()
    assert lab.job.status is Status.PAUSED
    lab.resume()
    lab.run()
    assert lab.job.status is Status.COMPLETED


def test_a_chain_goes_on_to_its_end(lab, follow):
    lab.start()
    for number in range(1, 30):
        follow(f"link{number}", (f"jobs:link{number - 1}" if number > 1 else ONE,), OnFailure.CANCEL)
    lab.cancel()
    lab.run()
    assert {job.status for job in lab.world.jobs.values()} == {Status.CANCELLED}


def test_who_dies_before_it_is_told_leaves_it_to_recovery(lab, follow, monkeypatch):
    lab.start()
    two = follow()
    send = lab.engine.queue.send
    monkeypatch.setattr(lab.engine.queue, "send", lambda messages, delay=0: lab.die())
    lab.until_killed(lambda: lab.cancel())
    monkeypatch.setattr(lab.engine.queue, "send", send)
    lab.recover(after=200)
    lab.run()
    assert "after:" in str(lab.engine.store.job(two).holds) or status(lab, two) is Status.PAUSED
    assert lab.job.closed


def test_a_message_that_is_lost_is_made_up_for_by_recovery(lab, follow):
    lab.start()
    lab.pause()
    two = follow()
    lab.run()
    lab.resume()
    while not lab.job.closed:
        lab.driver.step()
    lab.world.queue.clear()
    lab.recover(after=200)
    lab.run()
    assert status(lab, two) is Status.COMPLETED


@pytest.mark.parametrize("name", ["jobs:two", "jobs:nine", "jobs:foreign"])
def test_itself_what_is_not_there_and_what_is_foreign_are_refused(lab, follow, name):
    lab.start(tenant="globex", id="foreign")
    with pytest.raises(InvalidInput, match=f"after: there is no job {name}"):
        follow(after=(name,))
    assert Ref("acme", TWO) not in lab.world.jobs


def test_one_that_ends_in_the_moment_it_is_named_is_noticed(lab, follow, meanwhile):
    lab.start()
    meanwhile(lab.run)
    two = follow()
    assert lab.engine.store.job(two).holds == ()
    lab.run()
    assert status(lab, two) is Status.COMPLETED
