"""Profiles: servers and credentials by name, in a file that only its owner can read."""

from __future__ import annotations

import configparser
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from fermata.cli.errors import CommandError, WrongUse

FILE, DEFAULT = "FERMATA_CONFIG", "FERMATA_PROFILE"
_MAIN, _CURRENT = "fermata", "profile"


@dataclass(frozen=True)
class Profile:
    """A server, and what to call it with."""

    name: str
    url: str
    api_key: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass
class Profiles:
    """The file's content.

    Attributes:
        current: the profile that is used unless another is named.
    """

    path: Path
    profiles: dict[str, Profile] = field(default_factory=dict)
    current: str | None = None

    @classmethod
    def read(cls) -> Profiles:
        """Raises CommandError for a file that others can read, or that is none."""
        found = cls(path())
        try:
            text = found.path.read_text(encoding="utf-8-sig")
            mode = found.path.stat().st_mode
        except FileNotFoundError:
            return found
        except UnicodeDecodeError:
            raise CommandError(f"{found.path} is not text in UTF-8") from None
        if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
            raise CommandError(f"{found.path} holds credentials and can be read by others: chmod 600 {found.path}")
        parser = configparser.RawConfigParser()
        try:
            parser.read_string(text)
            for name in parser.sections():
                if name == _MAIN:
                    found.current = parser[name].get(_CURRENT)
                else:
                    found.profiles[name] = _profile(name, parser[name])
        except (configparser.Error, KeyError) as error:
            raise CommandError(f"{found.path}: {' '.join(str(error).split())}") from None
        return found

    def get(self, name: str) -> Profile:
        """Raises WrongUse."""
        if name not in self.profiles:
            known = ", ".join(sorted(self.profiles)) or "none"
            raise WrongUse(f"there is no profile {name}; there are: {known} ({self.path})")
        return self.profiles[name]

    def write(self) -> None:
        parser = configparser.RawConfigParser()
        if self.current is not None:
            parser[_MAIN] = {_CURRENT: self.current}
        for profile in self.profiles.values():
            values = {"url": profile.url, "api_key": profile.api_key, "token": profile.token}
            parser[profile.name] = {name: value for name, value in values.items() if value is not None}
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside = self.path.with_name(f"{self.path.name}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)  # it may have been there before
            parser.write(file)
        beside.replace(self.path)


def path() -> Path:
    """``FERMATA_CONFIG``, else where this system keeps settings."""
    named = os.environ.get(FILE)
    return Path(named) if named else Path(click.get_app_dir("fermata")) / "config.ini"


def chosen(name: str | None) -> Profile | None:
    """The profile that is named, by the option, the environment or the file; None where none is. Raises WrongUse."""
    name = name or os.environ.get(DEFAULT)
    if not name and not path().exists():
        return None
    profiles = Profiles.read()
    name = name or profiles.current
    return profiles.get(name) if name else None


def _profile(name: str, section: Mapping[str, str]) -> Profile:
    return Profile(name, section["url"], section.get("api_key"), section.get("token"))
