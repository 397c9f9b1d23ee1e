from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fermata.domain.errors import InvalidInput
from fermata.domain.holds import Hold
from fermata.domain.schedules import (
    CatchUp,
    Fire,
    Schedule,
    Skip,
    Work,
    check_templates,
    decide,
    due_at,
    filled,
    job_name,
)

HOUR = 3600.0
START = datetime(2026, 4, 13, tzinfo=UTC).timestamp()


@pytest.fixture
def hourly():
    return Schedule(
        tenant="acme",
        id="sch-1",
        name="hourly",
        user="ann",
        scopes=frozenset({"control"}),
        expression="cron(0 * * * ? *)",
        work=Work("one"),
        created_at=START,
        decided=START,
    )


def test_nothing_is_due_before_the_first_time(hourly):
    assert decide(hourly, START + HOUR - 1) is None


def test_a_time_that_has_come_is_fired_and_then_decided(hourly):
    assert decide(hourly, START + HOUR) == Fire(START + HOUR)
    assert decide(replace(hourly, decided=START + HOUR), START + HOUR + 5) is None


def test_times_before_start_and_from_end_on_are_none(hourly):
    bounded = replace(hourly, start=START + 3 * HOUR, end=START + 5 * HOUR)
    assert bounded.times(START, 9) == [START + 3 * HOUR, START + 4 * HOUR]


@pytest.mark.parametrize(
    ("catch_up", "expected"),
    [
        (CatchUp.NONE, Skip(START + HOUR, START + 5 * HOUR, 5, "missed: it was noticed too late")),
        (CatchUp.LAST, Skip(START + HOUR, START + 4 * HOUR, 4, "missed: it was noticed too late")),
        (CatchUp.ALL, Fire(START + HOUR)),
    ],
)
def test_missed_times_are_made_up_for_as_told(hourly, catch_up, expected):
    assert decide(replace(hourly, catch_up=catch_up), START + 5.5 * HOUR) == expected


def test_the_last_missed_one_is_left_where_one_is_on_time(hourly):
    step = decide(replace(hourly, catch_up=CatchUp.LAST), START + 5 * HOUR)
    assert step == Skip(START + HOUR, START + 4 * HOUR, 4, "missed: it was noticed too late")


def test_at_most_a_hundred_missed_times_are_made_up_for(hourly):
    step = decide(replace(hourly, catch_up=CatchUp.ALL), START + 150.5 * HOUR)
    assert (step.first, step.count) == (START + HOUR, 50)


def test_times_of_a_pause_are_skipped_whatever_is_caught_up(hourly):
    hold = Hold("schedule:sch-1", "ann", "moving", START + 1.5 * HOUR, START + 3.5 * HOUR)
    held = replace(hourly, hold=hold, catch_up=CatchUp.ALL)
    assert decide(held, START + 4 * HOUR) == Fire(START + HOUR)
    held = replace(held, decided=START + HOUR)
    assert decide(held, START + 4 * HOUR) == Skip(START + 2 * HOUR, START + 3 * HOUR, 2, "paused by ann: moving")
    assert decide(replace(held, decided=START + 3 * HOUR), START + 4 * HOUR) == Fire(START + 4 * HOUR)


def test_recovery_looks_after_a_trigger_should_have_come_and_at_the_end_of_a_hold(hourly):
    assert due_at(replace(hourly, window=600)) == START + HOUR + 720
    assert due_at(replace(hourly, hold=Hold("s", "ann", None, START))) is None
    assert due_at(replace(hourly, hold=Hold("s", "ann", None, START, START + 9))) == START + 9
    assert due_at(replace(hourly, expression="at(2020-01-01T00:00:00)")) is None


def test_the_name_of_a_times_job_is_the_times(hourly):
    assert job_name(hourly, START + HOUR) == "sch-1-20260413T010000"


def test_the_due_time_is_filled_in_as_the_schedules_clocks_show_it():
    params = {"url": "https://x.org/{{due:%Y-%m-%d}}", "deep": [{"hour": "{{due:%H}}"}, 5, None], "other": "{{name}}"}
    expected = {"url": "https://x.org/2026-04-13", "deep": [{"hour": "02"}, 5, None], "other": "{{name}}"}
    assert filled(params, START, "Europe/Warsaw") == expected


@pytest.mark.parametrize("text", ["{{due:%A}}", "{{due}}", "{{ due:%Y }}", "{{due:}}", "{{due:%}}", "{{due:%Y"])
def test_what_begins_as_a_template_and_is_none_is_refused(text):
    with pytest.raises(InvalidInput, match="due"):
        check_templates({"a": ["x", {"b": f"see {text}"}]})


def test_other_braces_are_left_alone():
    check_templates({"prompt": "{{name}} {due} {{ user }}", "ok": "{{due:%Y%m%d-%H:%M}}"})
