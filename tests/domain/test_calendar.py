from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest
from fermata.domain.calendar import local, parse, zone_of
from fermata.domain.errors import InvalidInput


def at(text, zone="UTC"):
    return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)).timestamp()


def times(expression, count=3, zone="UTC", after="2026-01-01T00:00:00", anchor="2026-01-01T00:00:00"):
    found = parse(expression, zone, at(anchor)).after(at(after))
    return [local(moment, zone).strftime("%Y-%m-%dT%H:%M") for moment in islice(found, count)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cron(0 10 * * ? *)", ["2026-01-01T10:00", "2026-01-02T10:00", "2026-01-03T10:00"]),
        ("cron(15 12 ? * * *)", ["2026-01-01T12:15", "2026-01-02T12:15", "2026-01-03T12:15"]),
        ("cron(0 18 ? * MON-FRI *)", ["2026-01-01T18:00", "2026-01-02T18:00", "2026-01-05T18:00"]),
        ("cron(0 8 1 * ? *)", ["2026-01-01T08:00", "2026-02-01T08:00", "2026-03-01T08:00"]),
        ("cron(0/15 * * * ? *)", ["2026-01-01T00:15", "2026-01-01T00:30", "2026-01-01T00:45"]),
        ("cron(*/25 3 * * ? *)", ["2026-01-01T03:00", "2026-01-01T03:25", "2026-01-01T03:50"]),
        ("cron(5 8-10/2 * * ? *)", ["2026-01-01T08:05", "2026-01-01T10:05", "2026-01-02T08:05"]),
        ("cron(0 0 L * ? *)", ["2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00"]),
        ("cron(0 9 3W * ? *)", ["2026-01-02T09:00", "2026-02-03T09:00", "2026-03-03T09:00"]),
        ("cron(0 9 1W * ? *)", ["2026-01-01T09:00", "2026-02-02T09:00", "2026-03-02T09:00"]),
        ("cron(0 9 31W * ? *)", ["2026-01-30T09:00", "2026-03-31T09:00", "2026-05-29T09:00"]),
        ("cron(0 10 ? * 6L 2026-2027)", ["2026-01-30T10:00", "2026-02-27T10:00", "2026-03-27T10:00"]),
        ("cron(0 10 ? * TUE#2 *)", ["2026-01-13T10:00", "2026-02-10T10:00", "2026-03-10T10:00"]),
        ("cron(0 10 ? * 3#5 *)", ["2026-03-31T10:00", "2026-06-30T10:00", "2026-09-29T10:00"]),
        ("cron(0 10 ? * L *)", ["2026-01-03T10:00", "2026-01-10T10:00", "2026-01-17T10:00"]),
        ("cron(0 10 ? * 1 *)", ["2026-01-04T10:00", "2026-01-11T10:00", "2026-01-18T10:00"]),
        ("cron(0 0 29 2 ? *)", ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]),
        ("cron(0 0 ? JAN,JUL SUN *)", ["2026-01-04T00:00", "2026-01-11T00:00", "2026-01-18T00:00"]),
        ("cron(30 6 1 1 ? 2030)", ["2030-01-01T06:30"]),
        ("cron(30 6 1 1 ? 2020)", []),
        ("rate(5 minutes)", ["2026-01-01T00:05", "2026-01-01T00:10", "2026-01-01T00:15"]),
        ("rate(1 hour)", ["2026-01-01T01:00", "2026-01-01T02:00", "2026-01-01T03:00"]),
        ("rate(7 days)", ["2026-01-08T00:00", "2026-01-15T00:00", "2026-01-22T00:00"]),
        ("at(2026-11-20T13:00:00)", ["2026-11-20T13:00"]),
        ("at(2025-11-20T13:00:00)", []),
    ],
)
def test_expressions_mean_what_eventbridge_says(expression, expected):
    assert times(expression, len(expected) or 1) == expected


@pytest.mark.parametrize(
    "expression",
    [
        *("", "cron()", "daily", "cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(0 10 * * ?)", "cron(60 1 * * ? *)"),
        *("cron(0 24 * * ? *)", "cron(0 1 32 * ? *)", "cron(0 1 0 * ? *)", "cron(0 1 ? * 8 *)", "cron(0 1 ? * 0 *)"),
        *(
            "cron(0 1 ? * MON#6 *)",
            "cron(5-1 1 * * ? *)",
            "cron(0/0 1 * * ? *)",
            "cron(0 1 * FOO ? *)",
            "cron(1 1 * * ? 1969)",
        ),
        *(
            "cron(*-5 1 * * ? *)",
            "cron(0 1 W * ? *)",
            "rate(0 minutes)",
            "rate(5 seconds)",
            "rate(1.5 hours)",
            "rate(-1 days)",
        ),
        *(
            "at(2026-02-30T00:00:00)",
            "at(2026-01-01)",
            "at(2026-01-01T00:00:00Z)",
            "cron(" + "0," * 200 + "0 1 * * ? *)",
        ),
    ],
)
def test_what_is_no_expression_is_refused(expression):
    with pytest.raises(InvalidInput) as refused:
        parse(expression, "UTC", 0.0)
    assert refused.value.field == "expression"


@pytest.mark.parametrize("zone", ["", "Mars/Base", "../etc/passwd", "/etc/localtime", "Europe\\Warsaw", "x" * 65])
def test_what_is_no_zone_is_refused(zone):
    with pytest.raises(InvalidInput) as refused:
        zone_of(zone)
    assert refused.value.field == "timezone"


def test_a_time_that_the_clocks_skip_in_spring_is_left_out():
    found = times("cron(30 2 * * ? *)", 3, "Europe/Warsaw", "2026-03-27T12:00:00")
    assert found == ["2026-03-28T02:30", "2026-03-30T02:30", "2026-03-31T02:30"]


def test_a_time_that_the_clocks_show_twice_in_autumn_counts_once_the_first_time():
    found = list(islice(parse("cron(30 2 * * ? *)", "Europe/Warsaw", 0.0).after(at("2026-10-24T12:00:00")), 2))
    assert [datetime.fromtimestamp(moment, UTC).strftime("%dT%H:%M") for moment in found] == ["25T00:30", "26T01:30"]


def test_every_hour_of_the_short_day_and_of_the_long_one_comes_once():
    short = times("cron(0 * * * ? *)", 24, "America/New_York", "2026-03-08T04:30:00")
    assert [text[-5:-3] for text in short[:4]] == ["00", "01", "03", "04"]
    moments = list(islice(parse("cron(0 * * * ? *)", "America/New_York", 0.0).after(at("2026-11-01T04:30:00")), 4))
    shown = [local(moment, "America/New_York").strftime("%H:%M") for moment in moments]
    assert shown == ["01:00", "02:00", "03:00", "04:00"]
    assert moments == sorted(set(moments))


def test_a_rate_is_elapsed_time_whatever_the_clocks_do():
    assert times("rate(1 day)", 2, "Europe/Warsaw", "2026-03-28T12:00:00", "2026-03-01T03:00:00+00:00") in (
        ["2026-03-29T04:00", "2026-03-30T04:00"],
        ["2026-03-29T05:00", "2026-03-30T05:00"],
    )


def test_one_time_that_the_clocks_skip_is_refused():
    with pytest.raises(InvalidInput, match="the clocks skip it"):
        parse("at(2026-03-29T02:30:00)", "Europe/Warsaw", 0.0)


def test_a_search_may_begin_within_the_hour_that_comes_twice():
    calendar = parse("cron(0/15 * * * ? *)", "Europe/Warsaw", 0.0)
    moment, seen = at("2026-10-24T23:50:00", "UTC"), []
    for _ in range(12):
        moment = next(calendar.after(moment))
        seen.append(moment)
    assert seen == list(islice(calendar.after(at("2026-10-24T23:50:00")), 12))
