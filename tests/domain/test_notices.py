from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from fermata.domain.events import Event, EventType, SystemEvent, SystemEventType
from fermata.domain.jobs import Job
from fermata.domain.notices import SCHEMAS, of_job, of_schedule, of_system
from fermata.domain.schedules import Firing, Outcome

FOLDER = Path(__file__).parents[2] / "events" / "schemas"
JOB = Job(tenant="acme", id="jobs:1", family="jobs", kind="probe", workspace="w", user="ann", created_at=0.0)


def events():
    for type_ in EventType:
        yield of_job(JOB, Event(3, type_, 1_800_000_000.5, "running", {"reason": "x"}))
    for type_ in SystemEventType:
        yield of_system("acme", SystemEvent("evt_1", type_, 1_800_000_000.0, None, "default"))
    for outcome in Outcome:
        yield of_schedule("acme", "sch-1", Firing(1_800_000_000.0, 1_800_000_001.0, outcome, reason="x"))


@pytest.mark.parametrize("notice", list(events()), ids=lambda notice: notice.type)
def test_a_notice_is_what_its_schema_says(notice):
    schema = SCHEMAS[notice.type.partition(".")[0]]
    jsonschema.Draft202012Validator(schema).validate(dict(notice.detail))
    assert notice.detail["type"] == notice.type
    assert notice.detail["id"] == notice.id


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_schemas_that_are_published_are_these(name):
    assert json.loads((FOLDER / f"{name}.json").read_text()) == SCHEMAS[name]


def test_a_line_has_the_same_id_each_time_and_another_than_any_other():
    told = [notice.id for notice in events()]
    assert told == [notice.id for notice in events()]
    first, second = (of_job(JOB, Event(number, EventType.STAGE, 1.0, "running")) for number in (1, 2))
    assert first.id != second.id
