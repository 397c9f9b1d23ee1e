from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fermata.adapters.aws.scheduler import EventBridgeScheduler
from fermata.domain.schedules import Schedule, Work

CREATED = 1_800_000_000.0
DAY = 86_400.0


class Later:
    """A clock three and a half days after the schedule was made."""

    def now(self) -> float:
        return CREATED + 3.5 * DAY

    def sleep(self, seconds: float) -> None:
        raise AssertionError


@pytest.fixture
def put(account: Any, sent: Any) -> Any:
    """What AWS is asked for when a schedule is set again."""
    role = "arn:aws:iam::123456789012:role/r"
    scheduler = EventBridgeScheduler("default", "arn:aws:lambda:us-east-1:1:function:f", role, account.clients, Later())

    def make(**facts: Any) -> dict[str, Any]:
        requests = sent("scheduler", "UpdateSchedule")
        schedule = Schedule(
            tenant="acme", id="sch-1", name="x", user="ann", scopes=frozenset(), work=Work("one", {}), created_at=CREATED,
            timezone="UTC", **{"expression": "rate(2 days)"} | facts,
        )  # fmt: skip
        scheduler.put(replace(schedule, rev=2))
        return requests[0]

    return make


def test_a_rate_that_is_set_again_begins_with_its_next_time_since_aws_refuses_one_that_is_over(put: Any) -> None:
    assert put(start=CREATED)["StartDate"].timestamp() == CREATED + 4 * DAY
    assert put()["StartDate"].timestamp() == (CREATED // 60 + 1) * 60 + 4 * DAY


def test_a_beginning_that_is_still_to_come_is_kept(put: Any) -> None:
    assert put(start=CREATED + 9 * DAY)["StartDate"].timestamp() == CREATED + 9 * DAY


def test_a_calendar_whose_beginning_is_over_begins_with_its_next_time(put: Any) -> None:
    asked = put(expression="cron(30 2 * * ? *)", start=CREATED, end=CREATED + 9 * DAY)
    assert CREATED + 3.5 * DAY < asked["StartDate"].timestamp() < CREATED + 4.5 * DAY
    assert asked["EndDate"].timestamp() == CREATED + 9 * DAY


def test_a_calendar_without_bounds_has_none(put: Any) -> None:
    assert not {"StartDate", "EndDate"} & put(expression="cron(30 2 * * ? *)").keys()


def test_a_schedule_that_is_over_is_off_and_names_no_past(put: Any) -> None:
    asked = put(end=CREATED + 3 * DAY)
    assert asked["State"] == "DISABLED"
    assert not {"StartDate", "EndDate"} & asked.keys()
