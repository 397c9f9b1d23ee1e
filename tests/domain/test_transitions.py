from __future__ import annotations

from itertools import product

import pytest
from fermata.domain.errors import WrongStatus
from fermata.domain.transitions import FINAL, TABLE, Command, Status, after

MATRIX = list(product(Status, Command))


def test_final_statuses_have_no_way_out_but_retry():
    ways_out = {command for status, command in TABLE if status.final}
    assert ways_out == {Command.RETRY}


def test_nothing_leads_out_of_cancelled():
    assert not [command for status, command in TABLE if status is Status.CANCELLED]


def test_every_other_status_has_a_way_out():
    assert {status for status, _ in TABLE} == set(Status) - {Status.CANCELLED}


def test_every_command_moves_some_status():
    assert {command for _, command in TABLE} == set(Command)


def test_every_status_can_be_reached_from_pending():
    reached = {Status.PENDING}
    for _ in Status:
        reached |= {following for (status, _), following in TABLE.items() if status in reached}
    assert reached == set(Status)


def test_only_reviews_decisions_lead_out_of_review_beside_cancel():
    ways_out = {command for status, command in TABLE if status is Status.WAITING_REVIEW}
    assert ways_out == {Command.APPROVE, Command.REJECT, Command.CANCEL}


def test_a_job_at_rest_cannot_time_out():
    assert (Status.PAUSED, Command.TIME_OUT) not in TABLE
    assert (Status.WAITING_REVIEW, Command.TIME_OUT) not in TABLE


@pytest.mark.parametrize(("status", "command"), MATRIX)
def test_every_pair_is_either_in_the_table_or_refused_in_words(status, command):
    if (status, command) in TABLE:
        assert after(status, command) is TABLE[status, command]
        return
    with pytest.raises(WrongStatus) as refused:
        after(status, command)
    assert (refused.value.command, refused.value.status) == (command.value, status.value)
    assert str(refused.value) == f"cannot {command} a job that is {status.replace('_', ' ')}"


@pytest.mark.parametrize("status", Status)
def test_a_status_is_final_when_nobody_but_a_person_moves_it_on(status):
    assert status.final is (status in FINAL)
    assert status.final is (status.value in ("completed", "failed", "cancelled", "timed_out"))
