"""When something is due: the expressions of EventBridge Scheduler, ``cron(…)``, ``rate(…)`` and ``at(…)``, as it reads them.

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html. Cron times are wall-clock times of a zone: one
that the clocks skip in spring is left out, one that they show twice in autumn counts once, the first time. A rate is elapsed
time.
"""

from __future__ import annotations

import calendar
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from fermata.domain.errors import InvalidInput

EXPRESSION = re.compile(r"(cron|rate|at)\((.*)\)", re.DOTALL)
MAX_EXPRESSION = 256
MONTHS = {
    name: number
    for number, name in enumerate(
        ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"), 1
    )
}
DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"], 1)}
SATURDAY = 7
YEARS = (1970, 2199)
UNITS = {"minute": 60.0, "hour": 3600.0, "day": 86_400.0}


class Calendar(Protocol):
    """The times of an expression."""

    def after(self, moment: float) -> Iterator[float]:
        """Seconds since the epoch, ascending, each later than ``moment``."""
        ...


@dataclass(frozen=True)
class At:
    """Once."""

    moment: float

    def after(self, moment: float) -> Iterator[float]:
        if self.moment > moment:
            yield self.moment


@dataclass(frozen=True)
class Rate:
    """Every ``seconds``, the first time at ``anchor``."""

    seconds: float
    anchor: float

    def after(self, moment: float) -> Iterator[float]:
        number = max(0, math.floor((moment - self.anchor) / self.seconds) + 1)
        while True:
            yield self.anchor + number * self.seconds
            number += 1


@dataclass(frozen=True)
class Cron:
    """Wall-clock times of a zone.

    Attributes:
        minutes, hours, months, years: those that match, ascending.
        month_days, week_days: as written; one of the two is ``?``. Days of the week count from 1, Sunday.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    month_days: str
    months: tuple[int, ...]
    week_days: str
    years: tuple[int, ...]
    zone: ZoneInfo

    def after(self, moment: float) -> Iterator[float]:
        # A day back: at the change in autumn a wall-clock time lies before one that is already over.
        first = datetime.fromtimestamp(moment, self.zone).date() - timedelta(days=1)
        for year in self.years:
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                for day in self._days(year, month):
                    if datetime(year, month, day).date() >= first:
                        yield from (at for at in self._times(year, month, day) if at > moment)

    def _times(self, year: int, month: int, day: int) -> Iterator[float]:
        for hour in self.hours:
            for minute in self.minutes:
                wall = datetime(year, month, day, hour, minute, tzinfo=self.zone)
                at = wall.timestamp()
                if datetime.fromtimestamp(at, self.zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
                    yield at

    def _days(self, year: int, month: int) -> list[int]:
        length = calendar.monthrange(year, month)[1]
        if self.month_days != "?":
            found = _month_days(self.month_days, year, month, length)
        else:
            found = _week_days(self.week_days, year, month, length)
        return sorted(found)


def parse(expression: str, timezone: str, anchor: float) -> Calendar:
    """The calendar of an expression in a time zone; ``anchor``: the first time of a rate. Raises InvalidInput."""
    zone = zone_of(timezone)
    found = EXPRESSION.fullmatch(expression.strip()) if len(expression) <= MAX_EXPRESSION else None
    if found is None:
        raise InvalidInput("expression", "must be cron(…), rate(…) or at(…), of at most 256 characters")
    kind, inside = found[1], found[2].strip()
    if kind == "cron":
        return _cron(inside, zone)
    return _rate(inside, anchor) if kind == "rate" else _at(inside, zone)


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """Raises InvalidInput."""
    try:
        if len(name) > 64 or name.startswith((".", "/")) or "\\" in name:
            raise ValueError(name)
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise InvalidInput("timezone", f"there is no time zone {name[:64]!r}; an example is Europe/Warsaw") from None


def _rate(inside: str, anchor: float) -> Rate:
    found = re.fullmatch(r"([1-9][0-9]{0,5})\s+(minute|hour|day)s?", inside)
    if found is None:
        raise InvalidInput("expression", "a rate is rate(5 minutes), rate(1 hour) or rate(7 days)")
    return Rate(int(found[1]) * UNITS[found[2]], anchor)


def _at(inside: str, zone: ZoneInfo) -> At:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", inside, re.ASCII):
            raise ValueError
        wall = datetime.fromisoformat(inside).replace(tzinfo=zone)
        at = wall.timestamp()
    except (ValueError, OverflowError):
        raise InvalidInput("expression", "one time is at(2026-04-13T09:00:00), in the schedule's time zone") from None
    if datetime.fromtimestamp(at, zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
        raise InvalidInput("expression", f"{inside} does not exist in {zone.key}: the clocks skip it")
    return At(at)


def _cron(inside: str, zone: ZoneInfo) -> Cron:
    parts = inside.upper().split()
    if len(parts) != 6:
        raise InvalidInput("expression", "cron has six fields: minutes hours day-of-month month day-of-week year")
    minutes, hours, month_days, months, week_days, years = parts
    if (month_days == "?") == (week_days == "?"):
        raise InvalidInput("expression", "just one of day-of-month and day-of-week must be ?")
    cron = Cron(
        tuple(sorted(_numbers("minutes", minutes, 0, 59))),
        tuple(sorted(_numbers("hours", hours, 0, 23))),
        month_days,
        tuple(sorted(_numbers("month", months, 1, 12, MONTHS))),
        week_days,
        tuple(sorted(_numbers("year", years, *YEARS))),
        zone,
    )
    for year, month in ((2024, 2), (2023, 1)):  # both read every part of the day fields
        cron._days(year, month)
    return cron


def _numbers(field: str, text: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    """What a field's list of numbers, ranges and steps means. Raises InvalidInput."""
    found: set[int] = set()
    for part in text.split(","):
        span, mark, step = part.partition("/")
        first, dash, last = span.partition("-")
        start = low if first == "*" else _number(field, first, low, high, names)
        end = high if first == "*" or (mark and not dash) else start
        if dash:
            end = _number(field, last, low, high, names)
        every = _number(field, step, 1, high, None) if mark else 1
        if end < start or (first == "*" and dash):
            raise InvalidInput("expression", f"{field}: {part} is no range")
        found.update(range(start, end + 1, every))
    return found


def _number(field: str, text: str, low: int, high: int, names: dict[str, int] | None) -> int:
    if names and text in names:
        return names[text]
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise InvalidInput("expression", f"{field}: {text[:20]!r} is not from {low} to {high}")
    return int(text)


def _month_days(text: str, year: int, month: int, length: int) -> set[int]:
    """Days of a month: numbers, ``L`` (the last), ``15W`` (the weekday nearest to the 15th)."""
    found: set[int] = set()
    for part in text.split(","):
        if part == "L":
            found.add(length)
        elif part == "LW":
            found.add(_nearest_weekday(year, month, length, length))
        elif part.endswith("W"):
            day = _number("day-of-month", part[:-1], 1, 31, None)
            if day <= length:
                found.add(_nearest_weekday(year, month, day, length))
        else:
            found |= {day for day in _numbers("day-of-month", part, 1, 31) if day <= length}
    return found


def _nearest_weekday(year: int, month: int, day: int, length: int) -> int:
    """In the same month."""
    weekday = calendar.weekday(year, month, day)
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < length else day - 2
    return day


def _week_days(text: str, year: int, month: int, length: int) -> set[int]:
    """Days of a month by their days of the week: numbers and names, ``L`` (Saturday), ``6L`` (the last Friday), ``3#2`` (the
    second Tuesday)."""
    of_day = {day: calendar.weekday(year, month, day) for day in range(1, length + 1)}
    by_week = {
        number: [day for day, found in of_day.items() if (found + 1) % 7 + 1 == number] for number in range(1, 8)
    }
    found: set[int] = set()
    for part in text.split(","):
        name, mark, nth = part.partition("#")
        if part == "L":
            found.update(by_week[SATURDAY])
        elif mark:
            days = by_week[_number("day-of-week", name, 1, 7, DAYS)]
            found.update(days[_number("day-of-week", nth, 1, 5, None) - 1 :][:1])
        elif part.endswith("L"):
            found.add(by_week[_number("day-of-week", part[:-1], 1, 7, DAYS)][-1])
        else:
            found.update(day for number in _numbers("day-of-week", part, 1, 7, DAYS) for day in by_week[number])
    return found


def local(at: float, timezone: str) -> datetime:
    """A moment as the clocks of a zone show it."""
    return datetime.fromtimestamp(at, UTC).astimezone(zone_of(timezone))
