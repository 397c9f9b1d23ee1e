"""``fermata profiles``: servers and credentials by name."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import click

from fermata.cli import options
from fermata.cli.errors import WrongUse
from fermata.cli.output import Column, member, plain, show
from fermata.cli.profiles_file import Profile, Profiles

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
RESERVED = frozenset({"fermata", "default"})
COLUMNS: list[Column] = [("", member("current")), *plain("name", "url", "credentials")]


@click.group("profiles")
def profiles_command() -> None:
    """Servers and credentials to choose from, in a file that only you can read.

    `--profile NAME` or FERMATA_PROFILE chooses one, `fermata profiles use NAME` for all commands to come.
    """


@profiles_command.command("list")
@options.listed
def list_(format: str) -> None:
    """List profiles; credentials are not shown."""
    profiles = Profiles.read()
    rows = [
        {
            "current": "*" if profile.name == profiles.current else "",
            "name": profile.name,
            "url": profile.url,
            "credentials": "token" if profile.token else "API key" if profile.api_key else "none",
        }
        for profile in profiles.profiles.values()
    ]
    show(rows, COLUMNS, format, "There is no profile. Make one: fermata profiles set NAME --url URL")


@profiles_command.command("set")
@click.argument("name")
@click.option("--url", help="Server of the profile.")
@click.option(
    "--api-key", metavar="KEY", help="API key; `-` reads it from standard input. Asked for where none is given."
)
@click.option("--token", metavar="JWT", help="A token in its place; `-` reads it from standard input.")
@click.option("--use", is_flag=True, help="Use it in all commands to come.")
def set_(name: str, url: str | None, api_key: str | None, token: str | None, use: bool) -> None:
    """Make a profile, or change it."""
    if not NAME.fullmatch(name) or name.lower() in RESERVED:
        raise WrongUse("NAME: 1 to 64 of A-Z a-z 0-9 _ -, and neither fermata nor default")
    profiles = Profiles.read()
    known = profiles.profiles.get(name)
    if known is None and not url:
        raise WrongUse("a new profile needs --url")
    key, token = _read(api_key), _read(token)
    if known is None and not key and not token:
        if not sys.stdin.isatty():
            raise WrongUse("a new profile needs --api-key or --token (`-` reads it from standard input)")
        key = str(click.prompt("API key", hide_input=True, err=True))
    moved = bool(known and url and url != known.url and not key and not token)
    if moved:
        raise WrongUse("another server needs other credentials: --api-key or --token")
    profile = replace(known, url=url or known.url) if known else Profile(name, str(url))
    if key or token:
        profile = replace(profile, api_key=None if token else key, token=token)
    _checked(profile.url)
    profiles.profiles[name] = profile
    profiles.current = name if use else profiles.current
    profiles.write()
    click.echo(f"{name} is kept in {profiles.path}.")


@profiles_command.command("use")
@click.argument("name", required=False)
@click.option("--none", is_flag=True, help="Use none: the local stack, unless something else is said.")
def use(name: str | None, none: bool) -> None:
    """Use a profile in all commands to come."""
    if bool(name) == none:
        raise WrongUse("name a profile, or say --none")
    profiles = Profiles.read()
    profiles.current = profiles.get(name).name if name else None
    profiles.write()
    click.echo(f"Commands call {profiles.get(name).url}." if name else "Commands call the local stack.")


@profiles_command.command("remove")
@click.argument("name")
def remove(name: str) -> None:
    """Forget a profile."""
    profiles = Profiles.read()
    del profiles.profiles[profiles.get(name).name]
    profiles.current = None if profiles.current == name else profiles.current
    profiles.write()
    click.echo(f"{name} is forgotten.")


def _read(text: str | None) -> str | None:
    """The text itself, or a line of standard input for ``-``."""
    return sys.stdin.readline().strip() if text == "-" else text


def _checked(url: str) -> None:
    from fermata_client import Client

    try:
        Client(url).close()
    except ValueError as error:
        raise WrongUse(str(error)) from None
