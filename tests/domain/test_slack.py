from __future__ import annotations

import json

import pytest
from fermata.domain.events import Event, EventType, SystemEvent, SystemEventType
from fermata.domain.jobs import Job
from fermata.domain.notices import of_job, of_schedule, of_system, of_webhook
from fermata.domain.schedules import Firing, Outcome
from fermata.domain.slack import message

LABELS = {f"label-{number}": "<!channel>" * 30 for number in range(20)}
JOB = Job(
    tenant="acme", id="jobs:1", family="jobs", kind="crawl", workspace="w", user="ann", created_at=0.0, labels=LABELS
)


def every_notice():
    for type_ in EventType:
        yield of_job(JOB, Event(3, type_, 1.8e9, "failed", {"reason": "<@everyone> & co " * 500}))
    for type_ in SystemEventType:
        yield of_system("acme", SystemEvent("evt_1", type_, 1.8e9, None, "default"))
    for outcome in Outcome:
        yield of_schedule("acme", "sch-1", Firing(1.8e9, 1.8e9, outcome, reason="x"))
    yield of_webhook("acme", "wh-1", "name", "1", 1.8e9)


@pytest.mark.parametrize("notice", list(every_notice()), ids=lambda notice: notice.type)
def test_each_event_is_a_message_within_what_slack_takes(notice):
    made = message(notice.detail)
    section, context = made["blocks"]
    assert made["text"]
    assert max(len(made["text"]), len(section["text"]["text"])) <= 3000
    assert 0 < len(context["elements"]) <= 10
    assert all(len(one["text"]) <= 2000 for one in context["elements"])
    json.dumps(made)


def test_it_says_what_happened_to_what_and_why():
    notice = of_job(JOB, Event(3, EventType.TIMED_OUT, 1.8e9, "timed_out", {"error": "too slow"}))
    made = message(notice.detail)
    assert made["text"] == "Job jobs:1 (crawl): timed out: too slow"
    assert made["blocks"][0]["text"]["text"] == ":hourglass: *Job jobs:1 (crawl): timed out*\ntoo slow"


def test_nobody_is_called_and_nothing_linked_by_what_others_wrote():
    notice = of_job(JOB, Event(3, EventType.FAILED, 1.8e9, "failed", {"error": "<!here> <https://evil.example|click>"}))
    assert "<" not in json.dumps(message(notice.detail))
