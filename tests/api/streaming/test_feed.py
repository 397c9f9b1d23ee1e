"""What there is to tell of a tenant since the last look."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fermata.api.streaming import FeedFilter, FeedFollower, FeedRenderer, Frame
from fermata.api.streaming.feed import MARKS, SETTLED, FeedPosition
from fermata.control.holds import own_hold, pause
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Event, EventType, FeedLine, feed_key
from fermata.domain.jobs import Ref

TELL = FeedRenderer(
    lambda event, job: [Frame(f"{job.id} {event.type.value}")],
    lambda event: [Frame(event.type.value)],
    lambda jobs: [Frame({"job": job.id, "counts": job.rev}, "job") for job in jobs],
    lambda now: Frame("ready"),
)
EVERYTHING = FeedFilter()


@pytest.fixture
def follower(service: Any) -> FeedFollower:
    return FeedFollower(service.engine, "default", EVERYTHING, TELL)


def lines(update: Any) -> list[Any]:
    return [frame.data for frame in update.frames if frame.event != "job"]


def line(at: float, number: int = 1, job: str = "tasks:1") -> FeedLine:
    event = Event(number, EventType.STARTED, at, "running")
    return FeedLine(feed_key(job, event), job, event)


def feeding(monkeypatch: pytest.MonkeyPatch, service: Any, lines: list[FeedLine]) -> None:
    """The index shows these, whatever else is stored."""

    def feed(self: Any, tenant: str, after: str, limit: int) -> list[FeedLine]:
        return sorted((each for each in lines if each.key > after), key=lambda each: each.key)[:limit]

    monkeypatch.setattr(type(service.engine.log), "feed", feed)


def test_a_stream_without_a_position_begins_now(service: Any, task: Any, follower: FeedFollower) -> None:
    task(1)
    assert lines(follower.open(None)) == ["ready"]
    assert lines(follower.look(progress=False)) == []
    task(1)
    assert lines(follower.look(progress=False)) == ["tasks:2 created"]


def test_each_line_of_every_job_is_told_once(service: Any, task: Any, process: Any, follower: FeedFollower) -> None:
    follower.open(None)
    task(1), process(1)
    told = lines(follower.look(progress=False))
    while service.driver.step():
        told += lines(follower.look(progress=False))
    events = sum(len(events) for events in service.world.events.values())
    assert len(told) == len(set(told)) == events > 6


def test_who_comes_back_is_told_what_came_meanwhile(service: Any, task: Any, follower: FeedFollower) -> None:
    ready = follower.open(None).frames[-1].id
    task(1)
    seen = follower.look(progress=False).frames[0].id
    task(1)
    other = FeedFollower(service.engine, "default", EVERYTHING, TELL)
    assert lines(other.open(str(seen))) == ["tasks:2 created"]
    assert lines(other.open(str(ready))) == ["tasks:1 created", "tasks:2 created"]


def test_a_line_that_turns_up_late_is_told_and_no_other_twice(
    service: Any, task: Any, follower: FeedFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    task(1)
    now = service.engine.clock.now()
    shown = [line(now - 1, 2)]
    feeding(monkeypatch, service, shown)
    follower.position = FeedPosition("")
    position = follower.look(progress=False).frames[0].id
    shown.append(line(now - 3, 1))
    late = FeedFollower(service.engine, "default", EVERYTHING, TELL).open(str(position))
    assert len(lines(late)) == 1
    again = FeedFollower(service.engine, "default", EVERYTHING, TELL).open(str(late.frames[0].id))
    assert lines(again) == []


def test_a_position_stays_short_however_much_happens(
    service: Any, task: Any, follower: FeedFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    task(1)
    now = service.engine.clock.now()
    shown = [line(now - SETTLED * 2 + at / 100, at) for at in range(3_000)]
    feeding(monkeypatch, service, shown)
    follower.position = FeedPosition("")
    told, longest = 0, 0
    while frames := [frame for frame in follower.look(progress=False).frames if frame.event != "job"]:
        told += len(frames)
        longest = max(longest, *(len(str(frame.id)) for frame in frames))
    assert told == 3_000
    assert longest < 20 * MARKS


def test_lines_that_are_settled_are_not_read_again(
    service: Any, task: Any, follower: FeedFollower, monkeypatch: pytest.MonkeyPatch
) -> None:
    task(1)
    follower.open(None)
    task(1)
    follower.look(progress=False)
    service.engine.clock.sleep(SETTLED + 1)
    follower.look(progress=False)
    bounds: list[str] = []
    monkeypatch.setattr(type(service.engine.log), "feed", lambda self, tenant, after, limit: bounds.append(after) or [])
    follower.look(progress=False)
    assert float(bounds[0]) > service.engine.clock.now() - SETTLED - 2


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (FeedFilter(kinds=frozenset({"crawl"})), ["tasks:1 created", "tasks:1 pausing", "tasks:1 paused"]),
        (FeedFilter(families=frozenset({"processes"})), ["processes:1 created"]),
        (FeedFilter(jobs=frozenset({"processes:1"})), ["processes:1 created"]),
        (FeedFilter(types=frozenset({"paused"})), ["tasks:1 paused"]),
        (FeedFilter(types=frozenset({"system"})), ["pause"]),
        (FeedFilter(statuses=frozenset({"paused"})), ["tasks:1 paused"]),
        (FeedFilter(workspaces=frozenset({"elsewhere"})), []),
    ],
)
def test_a_filter_lets_through_what_it_names(
    service: Any, operator: Any, task: Any, process: Any, follower: FeedFollower, wanted: FeedFilter, said: list[str]
) -> None:
    follower.open(None)
    follower.wanted = wanted
    task(1), process(1)
    pause(service.engine, None, Ref("default", "tasks:1"), own_hold(service.engine, "ann", None))
    operator.post("/api/v1/system/processing/pause")
    assert lines(follower.look(progress=False)) == said


def test_jobs_that_lines_have_moved_are_shown_as_they_stand(service: Any, task: Any, follower: FeedFollower) -> None:
    follower.open(None)
    task(1)
    frames = follower.look(progress=False).frames
    assert [(frame.event, frame.id is None) for frame in frames] == [(None, False), ("job", True)]


def test_running_jobs_are_shown_when_they_have_moved(service: Any, task: Any, follower: FeedFollower) -> None:
    follower.open(None)
    task(6)
    for _ in range(2):
        service.driver.step()
    follower.look(progress=False)
    first = [frame.event for frame in follower.look(progress=True).frames]
    assert (first, follower.look(progress=True).frames) == (["job"] if first else [], ())
    follower.progress = False
    service.driver.step()
    assert [frame for frame in follower.look(progress=True).frames if frame.id is None and not frame.event] == []


def test_another_tenant_is_told_nothing(service: Any, task: Any) -> None:
    other = FeedFollower(service.engine, "other", EVERYTHING, TELL)
    other.open(None)
    task(1)
    assert other.look(progress=True).frames == ()


@pytest.mark.parametrize(
    "last", ["x", "3", "MQ", "a" * 5000, str(FeedPosition("9999999999.000000")), str(FeedPosition("nan"))]
)
def test_a_position_that_this_stream_never_sent_is_refused(follower: FeedFollower, last: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        follower.open(last)
    assert refused.value.field == "Last-Event-ID"


def test_a_position_comes_back_from_its_text(service: Any) -> None:
    position = FeedPosition("0000000010.000000#tasks:1#0000000001", frozenset({"0123456789ab", "ab0123456789"}))
    assert FeedPosition.parse(str(position), service.engine.clock.now()) == position
    assert replace(position, told=frozenset()) == FeedPosition.parse(str(FeedPosition(position.settled)), 100.0)
