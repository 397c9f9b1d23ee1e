"""Options that several commands have, and values as people write them."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from fermata.cli.errors import WrongUse
from fermata.cli.session import Session
from fermata.domain import strict_json

F = TypeVar("F", bound=Callable[..., Any])

DURATION = re.compile(r"(\d+)(s|m|h|d)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
LONGEST = 36_525 * 86_400
"""Seconds that a stretch of time may have on the command line; far longer ones lead out of the calendar."""

MAX_UNITS = 10_000


def assigned(what: str, pairs: Sequence[str]) -> dict[str, str]:
    """What an option was given as NAME=VALUE, again and again; ``what``: one of them, in words. Raises WrongUse."""
    named = [pair.partition("=") for pair in pairs]
    if wrong := [name for name, mark, _ in named if not name or not mark]:
        raise WrongUse(f"{what} is NAME=VALUE, not {wrong[0]}")
    return {name: value for name, _, value in named}


def server(function: F) -> F:
    """The command calls the API: options that say which, given to it as ``session``."""

    @functools.wraps(function)
    def called(
        *arguments: Any, url: Any, token: Any, api_key: Any, profile: Any, state_dir: Any, **options: Any
    ) -> Any:
        return function(*arguments, session=Session(url, token, api_key, profile, state_dir), **options)

    wrapped: Any = called
    for option in reversed(
        (
            click.option("--url", help="Server to call (FERMATA_URL; default: the profile's, else the local stack)."),
            click.option("--token", metavar="JWT", help="Call it with this token (FERMATA_TOKEN)."),
            click.option("--api-key", metavar="KEY", help="Call it with this API key (FERMATA_API_KEY)."),
            click.option("--profile", metavar="NAME", help="Server and key of this profile (FERMATA_PROFILE)."),
        )
    ):
        wrapped = option(wrapped)
    result: F = state(wrapped)
    return result


def state(function: F) -> F:
    """Where the local stack has its state."""
    return click.option(
        "--state-dir",
        envvar="FERMATA_STATE_DIR",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="State folder of the local stack (FERMATA_STATE_DIR; default: .fermata in the project).",
    )(function)


def output(*formats: str) -> Callable[[F], F]:
    """In which form the command shows what it has found."""
    help_ = f"Form of the output (default: {formats[0]})."
    return click.option("-o", "--output", "format", type=click.Choice(formats), default=formats[0], help=help_)


listed = output("table", "json", "csv")
made = output("id", "table", "json", "csv")
"""Of what is new: its id alone, unless all of it is asked for."""
parameter_options = (
    click.option(
        "--params", metavar="JSON", help="Parameters as an object of JSON, or @FILE (@- reads standard input)."
    ),
    click.option("-p", "pairs", metavar="NAME=VALUE", multiple=True, help="One parameter; again for more."),
    click.option(
        "--secret",
        "secrets",
        metavar="NAME",
        multiple=True,
        help="A secret parameter, read from FERMATA_SECRET_NAME or asked for.",
    ),
)
"""What a job is to do."""

tuning_options = (
    click.option("--workspace", metavar="NAME", help="Put it into this workspace."),
    click.option("--limit", type=click.IntRange(1, 1000), help="Chunks of units that may run at a time."),
    click.option("--timeout", type=click.FloatRange(min=0, min_open=True), help="Seconds at work."),
    click.option(
        "--max-failed-share", type=click.FloatRange(0, 1), help="Of failed units, from which on it is paused."
    ),
    click.option("--rate", type=click.IntRange(min=1), help="Units that may start a minute."),
    click.option("--rate-key", metavar="KEY", help="Share that rate with all jobs that name the same key."),
    click.option(
        "--priority", type=click.IntRange(0, 9), help="How much it gets of the workers while others wait (5)."
    ),
    click.option(
        "--label", "labels", metavar="NAME=VALUE", multiple=True, help="A label to find it by; again for more."
    ),
)
"""How a job is run."""


def given(*wanted: Callable[[F], F]) -> Callable[[F], F]:
    """Several options at once, shown in this order."""

    def decorated(function: F) -> F:
        for option in reversed(wanted):
            function = option(function)
        return function

    return decorated


raw = click.option(
    "--raw", is_flag=True, help="Cells of CSV as they are, also those that a spreadsheet would run as formulas."
)
limit = click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="Show so many at most.")
everything = click.option("--all", "everything", is_flag=True, help="Show all, however many there are.")
reason = click.option("--reason", metavar="TEXT", help="Why, in words, for people.")
until = click.option(
    "--until", metavar="TIME", help="When it ends by itself: a time (2030-04-13T09:00Z) or how long (90s, 30m, 2h, 1d)."
)
port = functools.partial(click.option, "--port", type=click.IntRange(0, 65_535), show_default=True)


def later(text: str | None) -> datetime | timedelta | str | None:
    """A time, or how long from now."""
    return duration(text) or text if text else None


def seconds_until(text: str | None, option: str) -> float | None:
    """How long it is until a time, or a stretch of time itself. Raises WrongUse."""
    if text is None:
        return None
    found = duration(text)
    if found is None:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise WrongUse(f"{option} {text}: a time (2030-04-13T09:00Z) or how long (90s, 30m, 2h, 1d)") from None
        found = at.astimezone(UTC) - datetime.now(UTC)
    return found.total_seconds()


def earlier(text: str | None) -> datetime | timedelta | str | None:
    """A time, or how long ago."""
    found = duration(text) if text else None
    return -found if found else text


def duration(text: str) -> timedelta | None:
    """A stretch of time; None for what is none. Raises WrongUse."""
    found = DURATION.fullmatch(text)
    if not found:
        return None
    seconds = int(found[1]) * SECONDS[found[2]]
    if seconds > LONGEST:
        raise WrongUse(f"{text}: a hundred years at most")
    return timedelta(seconds=seconds)


def text_of(path: str, option: str) -> str:
    """A file's text, without the mark that some editors put before it. Raises OSError and WrongUse."""
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise WrongUse(f"{option}: {path} is not text in UTF-8 ({error.reason}, at byte {error.start})") from None


def text_or_input(text: str | None) -> str | None:
    """A value, or a line of standard input for ``@-``: what is long or secret need not stand on a command line."""
    return sys.stdin.readline().strip() if text == "@-" else text


def units(text: str | None) -> list[int] | None:
    """Numbers of units as people write them: ``1-5,7``. Raises WrongUse."""
    if text is None:
        return None
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise WrongUse(f"--units {text}: numbers and ranges, as 1-5,7")
        begin, end = int(first), int(last or first)
        if end < begin or end - begin >= MAX_UNITS:
            raise WrongUse(f"--units {part}: a range goes up, and has {MAX_UNITS} numbers at most")
        found += range(begin, end + 1)
    return found


def parameters(
    text: str | None, pairs: Sequence[str], secrets: Sequence[str], option: str = "--params"
) -> dict[str, Any]:
    """An object of JSON (or of a file, ``@NAME``), with single values put in. Raises WrongUse."""
    params = _object(text, option) if text else {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark or not name:
            raise WrongUse(f"-p {pair}: say NAME=VALUE")
        params[name] = _value(value)
    return params | {name: secret(name) for name in secrets}


def secret(name: str) -> str:
    """A secret's value, from ``FERMATA_SECRET_<NAME>`` or asked for; it never stands on a command line."""
    variable = f"FERMATA_SECRET_{name.upper().replace('-', '_')}"
    value = os.environ.get(variable)
    if value is None:
        if not sys.stdin.isatty():
            raise WrongUse(f"the secret {name} is read from {variable}, or asked for on a terminal")
        value = str(click.prompt(name, hide_input=True, err=True))
    return value


def ago(text: str, now: datetime | None = None) -> str:
    """How long ago a time of the API's was: ``5m``."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return "-"
    seconds = ((now or datetime.now(UTC)) - (at if at.tzinfo else at.replace(tzinfo=UTC))).total_seconds()
    return short(seconds)


def short(seconds: float) -> str:
    """A stretch of time in at most four characters or so."""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds / size)}{unit}"
    return f"{max(0, int(seconds))}s"


def _object(text: str, option: str) -> dict[str, Any]:
    if text.startswith("@"):
        name = text[1:]
        text = sys.stdin.read() if name == "-" else text_of(name, option)
    try:
        found = strict_json.loads(text)
    except ValueError as error:
        raise WrongUse(f"{option}: {error}") from None
    if not isinstance(found, dict):
        raise WrongUse(f"{option}: must be an object of JSON, or @FILE with one")
    return found


def _value(text: str) -> Any:
    """JSON where it is some, else the text."""
    try:
        return strict_json.loads(text)
    except ValueError:
        return text
