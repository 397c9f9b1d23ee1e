from itertools import islice

import pytest
from fermata_client import ConnectionFailed, InvalidInput, NotFound, Unavailable
from fermata_client.sse import Decoder
from hypothesis import given
from hypothesis import strategies as st
from scripted_server import Reply

STREAM = {"content-type": "text/event-stream"}


def sse(*frames: bytes, **options: object) -> Reply:
    return Reply(body=(b"retry: 1\n\n", *frames), headers=STREAM, **options)


def frame(number: int, type_: str = "started") -> bytes:
    data = f'{{"number":{number},"type":"{type_}","at":"2026-01-01T00:00:00Z","status":"running","data":{{}}}}'
    return f"id: {number}\nevent: {type_}\ndata: {data}\n\n".encode()


@pytest.fixture
def done(client):
    """The last frame of a stream."""
    job = client.jobs.create("probe", {"units": 0}).wait()
    return b"event: done\ndata: " + job.data.model_dump_json().encode() + b"\n\n"


def test_a_stream_ends_at_its_end(scripted, caller, done):
    scripted.tell(sse(frame(1), frame(2), done))
    assert [update.type for update in caller.jobs.follow("jobs:1")] == ["started", "started", "done"]


def test_a_stream_goes_on_after_the_last_event_that_was_seen(scripted, caller, done):
    scripted.tell(sse(frame(1), frame(2)), sse(frame(3), done))
    assert [update.id for update in caller.jobs.follow("jobs:1")] == [1, 2, 3, None]
    assert [headers.get("last-event-id") for _, _, headers in scripted.asked] == [None, "2"]


def test_a_connection_that_breaks_off_loses_and_repeats_nothing(scripted, caller, done):
    scripted.tell(sse(frame(1), b"id: 2\nevent: star", breaks=True), sse(frame(2), done))
    assert [update.id for update in caller.jobs.follow("jobs:1", 0)] == [1, 2, None]
    assert [headers["last-event-id"] for _, _, headers in scripted.asked] == ["0", "1"]


def test_an_event_that_was_seen_is_not_told_again(scripted, caller, done):
    scripted.tell(sse(frame(1)), sse(frame(1), frame(2), done))
    assert [update.id for update in caller.jobs.follow("jobs:1")] == [1, 2, None]


def test_a_server_with_nothing_more_to_say_ends_the_stream(scripted, caller):
    scripted.tell(sse(frame(1)), Reply(204, ()))
    assert [update.id for update in caller.jobs.follow("jobs:1")] == [1]


def test_a_busy_server_is_asked_again(scripted, caller, done):
    scripted.tell(Reply(503, headers={"retry-after": "0"}), sse(done))
    assert [update.type for update in caller.jobs.follow("jobs:1")] == ["done"]


def test_patience_ends(scripted, caller):
    scripted.tell(Reply(503))
    with pytest.raises(Unavailable):
        list(caller.jobs.follow("jobs:1", patience=0.1))


def test_a_server_that_is_gone_is_told_once_patience_ends(scripted, caller):
    scripted.tell(sse(frame(1), breaks=True), sse(breaks=True))
    with pytest.raises(ConnectionFailed):
        for _ in caller.jobs.follow("jobs:1", patience=-1):
            pass


def test_a_job_that_is_not_there_is_told_at_once(client):
    with pytest.raises(NotFound):
        list(client.jobs.follow("jobs:nothing"))


WIRE = "\ufeffretry: 20\n\n: a comment\n\nid: 7\nevent: é\ndata: one\ndata:two\n\r\ndata\r\rid\ndata: 3\n\n".encode()


@given(st.lists(st.integers(0, len(WIRE)), max_size=6).map(sorted))
def test_events_are_the_same_however_the_bytes_arrive(cuts):
    decoder = Decoder()
    parts = [WIRE[start:end] for start, end in zip([0, *cuts], [*cuts, len(WIRE)], strict=True)]
    found = [message for part in parts for message in decoder.feed(part)]
    assert [(one.type, one.data, one.id, one.own_id) for one in found] == [
        ("é", "one\ntwo", "7", True),
        ("message", "", "7", False),
        ("message", "3", "", True),
    ]
    assert (decoder.retry, decoder.last_id) == (0.02, "")


def test_an_event_that_is_not_complete_is_none():
    assert list(Decoder().feed(b"id: 1\ndata: x\n")) == []


def test_the_tenants_stream_tells_of_every_job_and_of_the_system(client):
    stream = client.follow(types=["created", "completed", "system"], progress=False)
    assert next(stream).type == "ready"
    job = client.jobs.create("probe", {"units": 1})
    client.system.pause(reason="a look")
    client.system.resume()
    seen = {}
    for change in stream:
        seen[change.type] = change
        if {"created", "completed", "job", "system"} <= seen.keys():
            break
    assert seen["created"].event.job_id == seen["completed"].event.job_id == job.id
    assert seen["system"].system.event_type in ("pause", "resume")
    assert seen["job"].job.id == job.id


def test_the_tenants_stream_goes_on_where_somebody_has_left_it(client):
    first = next(client.follow())
    job = client.jobs.create("probe", {"units": 1}, workspace="left").wait()
    found = client.follow(after=first.id, workspace="left", job=job.id, types=["created", "completed"])
    assert [change.type for change in islice(found, 2)] == ["created", "completed"]


def test_a_tenants_stream_that_breaks_off_goes_on_with_its_filters(scripted, caller):
    ready = b'id: a\nevent: ready\ndata: {"at":"2026-01-01T00:00:00Z"}\n\n'
    scripted.tell(sse(ready, breaks=True), sse(ready.replace(b"id: a", b"id: b")))
    stream = caller.follow(status="failed", job=["task-1", "2"], progress=False)
    assert [next(stream).id for _ in range(2)] == ["a", "b"]
    assert [headers.get("last-event-id") for _, _, headers in scripted.asked] == [None, "a"]
    assert set(scripted.queries) == {"status=failed&job=task-1&job=2&progress=false"}


def test_what_the_tenants_stream_does_not_know_is_refused(client):
    with pytest.raises(InvalidInput, match="types"):
        next(client.follow(types="compleeted"))
