from __future__ import annotations

import pytest
from fermata.domain.chunks import Counts
from fermata.domain.errors import WrongStatus
from fermata.domain.events import EventType
from fermata.domain.holds import OWN, Hold
from fermata.domain.jobs import Receipt
from fermata.domain.lifecycle import EVENT, apply, note, started
from fermata.domain.transitions import FINAL, TABLE, Command, Status

ROWS = list(TABLE)


def through(job, *steps):
    """The job after each (command, time)."""
    for command, at in steps:
        job, _ = apply(job, command, at)
    return job


@pytest.mark.parametrize(("status", "command"), ROWS)
def test_every_row_of_the_table_leaves_one_line_of_history(make_job, now, status, command):
    moved, event = apply(make_job(status=status, events=7), command, now)
    assert moved.status is TABLE[status, command]
    assert (event.number, event.type, event.at, event.status) == (8, EVENT[command], now, moved.status)
    assert (moved.events, moved.updated_at) == (8, now)


def test_every_command_has_its_event():
    assert set(EVENT) == set(Command)


def test_a_command_that_the_table_lacks_changes_nothing(make_job, now):
    with pytest.raises(WrongStatus):
        apply(make_job(status=Status.CANCELLED), Command.RETRY, now)


def test_a_note_is_a_line_of_history_without_a_transition(make_job, now):
    noted, event = note(make_job(status=Status.RUNNING), EventType.PAUSING, now, reason="a look", until=None)
    assert (noted.status, noted.events, event.number) == (Status.RUNNING, 2, 2)
    assert event.data == {"reason": "a look"}


def test_paused_time_is_not_active_time(make_job, now):
    job = through(make_job(), (Command.START, now), (Command.HOLD, now + 10), (Command.RELEASE, now + 1000))
    assert job.active_seconds(now + 1005) == 15
    assert job.idle_seconds == 990


def test_active_time_stands_still_while_the_job_is_paused(make_job, now):
    job = through(make_job(), (Command.START, now), (Command.HOLD, now + 10))
    assert job.active_seconds(now + 10) == job.active_seconds(now + 10_000) == 10


def test_time_in_review_is_not_active_time(make_job, now):
    job = through(make_job(), (Command.START, now), (Command.REVIEW, now + 5), (Command.APPROVE, now + 500))
    assert job.active_seconds(now + 505) == 10


def test_several_pauses_add_up(make_job, now):
    job = through(make_job(), (Command.START, now), (Command.HOLD, now + 1), (Command.RELEASE, now + 11))
    job = through(job, (Command.HOLD, now + 12), (Command.RELEASE, now + 32), (Command.COMPLETE, now + 33))
    assert job.idle_seconds == 30
    assert job.active_seconds(now + 999) == 3


def test_a_clock_that_goes_back_makes_no_negative_time(make_job, now):
    job = through(make_job(), (Command.START, now), (Command.HOLD, now + 5), (Command.RELEASE, now - 5))
    assert job.idle_seconds == 0
    assert job.active_seconds(now - 100) == 0


def test_a_job_that_never_started_was_never_active(make_job, now):
    assert make_job().active_seconds(now + 100) == 0
    assert through(make_job(), (Command.CANCEL, now + 10)).active_seconds(now + 100) == 0


@pytest.mark.parametrize("command", [Command.COMPLETE, Command.FAIL, Command.CANCEL, Command.TIME_OUT])
def test_a_job_that_ends_keeps_no_secret_and_no_hold(make_job, now, command):
    job = make_job(status=Status.RUNNING, sealed_secrets="sealed", holds=(Hold(OWN, "ann", None, now),))
    ended, _ = apply(job, command, now)
    assert (ended.sealed_secrets, ended.holds, ended.finished_at) == (None, (), now)


@pytest.mark.parametrize("status", sorted(FINAL - {Status.CANCELLED}))
def test_a_retried_job_begins_with_a_clean_slate_and_its_first_start(make_job, now, status):
    ended = make_job(
        status=status, started_at=now, finished_at=now + 9, counts=Counts(3, 2, 1), closed=True, error="no"
    )
    again, _ = apply(ended, Command.RETRY, now + 20)
    assert (again.status, again.finished_at, again.counts, again.closed) == (Status.PENDING, None, None, False)
    assert (again.error, again.result) == (None, None)
    assert through(again, (Command.START, now + 30)).started_at == now


def test_the_states_that_an_execution_goes_on_to_are_counted_until_its_job_ends(make_job, now):
    paused = through(make_job(status=Status.RUNNING), (Command.HOLD, now))
    assert paused.passages == 1
    ended = through(
        paused, (Command.RELEASE, now), (Command.REVIEW, now), (Command.APPROVE, now), (Command.COMPLETE, now)
    )
    assert ended.passages == 4


def test_the_checkpoint_is_forgotten_when_the_job_goes_on(make_job, now):
    paused = make_job(status=Status.PAUSED, checkpoint="unit", started_at=now, idle_since=now)
    assert through(paused, (Command.RELEASE, now)).checkpoint is None


@pytest.mark.parametrize("rests", [0.0, 5000.0])
def test_a_retried_jobs_time_begins_anew(make_job, now, rests):
    job = make_job(timeout=10.0)
    job = through(
        job, (Command.START, now), (Command.HOLD, now + 2), (Command.RELEASE, now + 102), (Command.FAIL, now + 109)
    )
    job = through(job, (Command.RETRY, now + 109 + rests))
    assert job.active_seconds(now + 109 + rests) == 0
    assert not job.overdue(now + 109 + rests + 10)
    assert job.overdue(now + 109 + rests + 11)


def test_a_receipt_is_closed_when_the_job_goes_on(make_job, now):
    paused = make_job(status=Status.PAUSED, started_at=now, pause=Receipt(now, 1, now + 1))
    for command in (Command.RELEASE, Command.CANCEL):
        assert through(paused, (command, now + 9)).pause == Receipt(now, 1, now + 1, now + 9)


def test_a_pending_job_begins_once(make_job, now):
    begun, events = started(make_job(), now)
    assert (begun.status, begun.started_at, [event.type for event in events]) == (Status.RUNNING, now, ["started"])
    assert started(begun, now + 1) == (begun, ())
