"""One stream of everything that changes in a tenant."""

from __future__ import annotations

from typing import Any

from fermata_conformance.check import Document, is_equal, is_true
from fermata_conformance.client import Client
from fermata_conformance.jobs import over, started
from fermata_conformance.streams import Frame, follow, window
from fermata_conformance.target import Target
from fermata_conformance.work import JOBS

DOCUMENT = Document("stream", "Everything that changes in a tenant")

STREAM = "/api/v1/stream"


def ready(client: Client, **query: str) -> str:
    """The id with which a stream opens: what comes after it is news."""
    (frame,) = window(client, STREAM, enough=lambda frame: True, **query).frames
    is_equal("the first event", frame.event, "ready")
    is_true(frame.id, "it has no id")
    return str(frame.id)


def ended(job_id: str) -> Any:
    """Whether an event shows the job as completed."""

    def is_it(frame: Frame) -> bool:
        return frame.event == "job" and frame.data["id"] == job_id and frame.data["status"] == "completed"

    return is_it


def lines(frames: list[Frame], job_id: str) -> list[int]:
    """Numbers of the lines of a job's history."""
    return [frame.data["number"] for frame in frames if frame.event != "job" and frame.data.get("job_id") == job_id]


@DOCUMENT.check
def the_stream_tells_of_jobs_to_come(target: Target) -> None:
    """Each line of a job's history comes under its type, with the job's kind and workspace, and the job as it stands after it."""
    client, space = target.callers.main, target.name("space")
    last = ready(client, workspace=space)
    job_id = started(target, space)
    over(target, job_id)
    seen = follow(client, STREAM, ended(job_id), target.patience, last, workspace=space)
    told = lines(seen, job_id)
    is_equal("the lines", told, list(range(1, len(told) + 1)))
    first = next(frame for frame in seen if frame.event != "job")
    is_equal("about", tuple(first.data[name] for name in ("job_id", "kind", "workspace")), (job_id, "probe", space))


@DOCUMENT.check
def who_comes_back_misses_nothing(target: Target) -> None:
    """After any event's id, in the header or the address, the rest comes, and no line twice."""
    client, space = target.callers.main, target.name("space")
    last = ready(client, workspace=space)
    job_id = started(target, space)
    over(target, job_id)
    whole = follow(client, STREAM, ended(job_id), target.patience, last, workspace=space)
    marks = [frame for frame in whole if frame.id is not None]
    middle = marks[len(marks) // 2]
    rest = follow(client, STREAM, ended(job_id), target.patience, middle.id, workspace=space)
    again = follow(client, STREAM, ended(job_id), target.patience, workspace=space, last_event_id=str(middle.id))
    for seen in (rest, again):
        known = lines(whole[: whole.index(middle) + 1], job_id) + lines(seen, job_id)
        is_equal("the lines before and after", sorted(known), sorted(set(known)))
        is_true(set(lines(whole, job_id)) <= set(known), f"only {known} came")


@DOCUMENT.check
def a_position_that_was_never_sent_is_refused(target: Target) -> None:
    """An id that the stream did not send, and a type that there is not, are refused before it opens."""
    for wrong in ("3", "AAAA", "none"):
        target.callers.main.get(STREAM, headers={"Last-Event-ID": wrong}).refuses(400, 422)
        target.callers.main.get(STREAM, last_event_id=wrong).refuses(400, 422)
    target.callers.main.get(STREAM, types="baked").refuses(400, 422)
    target.callers.nobody.get(STREAM).refuses(401)


@DOCUMENT.check
def a_filter_leaves_the_rest_out(target: Target) -> None:
    """By job, kind, family, workspace, status and type; another tenant is told nothing of it."""
    client, other, space = target.callers.main, target.callers.other, target.name("space")
    last, theirs = ready(client, workspace=space), ready(other, workspace=space)
    wanted, unwanted = (started(target, space) for _ in range(2))
    for job_id in (wanted, unwanted):
        over(target, job_id)
    seen = follow(client, STREAM, ended(wanted), target.patience, last, job=wanted)
    is_equal("of the other job", [frame for frame in seen if unwanted in str(frame.data)], [])
    own = other.post(JOBS, {"kind": "probe", "params": {"units": 1}, "workspace": space}).body(201)["id"]
    seen = follow(other, STREAM, ended(own), target.patience, theirs, workspace=space)
    is_true(wanted not in str(seen), "another tenant is told of it")
