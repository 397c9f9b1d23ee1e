"""What there is to tell of a job since the last look."""

from __future__ import annotations

from typing import Any

import pytest
from fermata.api.streaming import EventRenderer, Follower, Frame
from fermata.control.holds import own_hold, pause, resume
from fermata.domain.errors import InvalidInput
from fermata.domain.jobs import Ref

TELL = EventRenderer(
    lambda event, job, counts: [Frame("first"), Frame(event.type.value)],
    lambda job, counts: Frame(counts.settled),
)
REPLAY = EventRenderer(TELL.event, TELL.state, replay=True)


@pytest.fixture
def follower(service: Any, task: Any) -> Follower:
    task(6)
    return Follower(service.engine, Ref("default", "tasks:1"), TELL)


def test_without_a_position_it_begins_with_the_state(follower: Follower) -> None:
    assert follower.open(None).frames == (Frame(0, id=1),)
    assert follower.look(progress=True).frames == ()


def test_without_a_position_it_may_begin_with_the_history(follower: Follower) -> None:
    follower.tell = REPLAY
    assert follower.open("").frames == (Frame("first"), Frame("created", id=1))


def test_only_the_last_frame_of_an_event_moves_the_position(service: Any, follower: Follower) -> None:
    follower.open("1")
    while len(service.engine.log.events(follower.ref)) < 3:  # the execution, and the plan
        service.driver.step()
    assert [frame.id for frame in follower.look(progress=False).frames] == [None, 2, None, 3]


def test_progress_is_told_when_it_is_asked_for_and_has_changed(service: Any, follower: Follower) -> None:
    follower.open(None)
    for _ in range(3):
        service.driver.step()
    follower.look(progress=False)
    assert follower.look(progress=True).frames == ()
    service.driver.step()
    assert follower.look(progress=False).frames == ()
    assert follower.look(progress=True).frames == (Frame(2),)


def test_the_ledger_of_a_job_that_does_not_run_is_not_read(
    service: Any, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.open(None)
    monkeypatch.setattr(type(service.engine.ledger), "chunks", lambda *_: pytest.fail("it was read"))
    assert follower.look(progress=True).frames == ()


def test_a_history_longer_than_a_page_is_told_whole(
    service: Any, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.driver.run()
    real = type(service.engine.log).events
    monkeypatch.setattr(
        type(service.engine.log), "events", lambda self, ref, after=0, limit=500: real(self, ref, after, 1)
    )
    look = follower.open("0")
    assert [frame.id for frame in look.frames if frame.id] == [1, 2, 3, 4, "4-end"]
    assert (look.frames[-1].event, look.over) == ("done", True)


def test_what_happens_in_the_middle_of_a_look_is_told_by_the_next(
    service: Any, follower: Follower, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = type(service.engine.store).job

    def then_moved(self: Any, ref: Ref) -> Any:
        job = real(self, ref)
        monkeypatch.undo()
        resume(service.engine, None, ref)
        service.driver.run()
        return job

    follower.open(None)
    pause(service.engine, None, follower.ref, own_hold(service.engine, "ann", None))
    monkeypatch.setattr(type(service.engine.store), "job", then_moved)
    looks = [follower.look(progress=False), follower.look(progress=False)]
    assert [[frame.id for frame in look.frames if frame.id] for look in looks] == [[2, 3], [4, 5, 6, 7, "7-end"]]
    assert [look.over for look in looks] == [False, True]


@pytest.mark.parametrize("last", ["2", "x", "-0", "٣", " 1"])
def test_a_position_that_never_was_is_refused(follower: Follower, last: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        follower.open(last)
    assert refused.value.field == "Last-Event-ID"
