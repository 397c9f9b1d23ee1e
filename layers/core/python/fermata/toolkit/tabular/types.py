"""Types of columns, inferred so that nothing is lost: a value that is written back has the same characters as the cell.

A column has a type other than text only while that holds for all of its cells; the first cell that would lose something (a
leading zero, a plus, digits beyond what a number keeps) makes it text again. What looks like no value of the type at all
changes nothing: it is for a person to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from urllib.parse import urlsplit

TypeName = Literal["string", "integer", "number", "boolean", "date", "datetime", "email", "url"]

LARGEST = 2**53
"""Integers up to here are exact wherever JSON is read."""

_INTEGER = re.compile(r"-?[0-9]{1,16}")
_FIXED = re.compile(r"-?[0-9]{1,15}\.([0-9]{1,10})")
_NUMERIC = re.compile(r"[+-]?(?:[0-9][0-9 .,_'\u00a0\u202f]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_EMAIL = re.compile(
    r"[^@\s,;:<>()\[\]\"\\]{1,64}@(?:[^@\s.,;:<>()\[\]\"\\]{1,63}\.){1,10}[^@\s.\d,;:<>()\[\]\"\\]{2,63}"
)


@dataclass(frozen=True)
class Inferred:
    """A column's type.

    Attributes:
        decimals: of a number that is written with as many in every cell; None: as many as it needs.
    """

    type: TypeName = "string"
    decimals: int | None = None

    def keeps(self, text: str) -> bool:
        """Whether the cell has this type and nothing of it would be lost."""
        if self.type == "number" and self.decimals is not None:
            found = _FIXED.fullmatch(text)
            return found is not None and len(found[1]) == self.decimals and f"{float(text):.{self.decimals}f}" == text
        return _KEEPS[self.type](text)

    def after(self, text: str) -> Inferred:
        """The type once this cell is known, too."""
        if self.keeps(text) or not _LOOKS[self.type](text):
            return self
        if self.type == "integer" and NUMBER.keeps(text):
            return NUMBER
        return STRING


STRING, NUMBER = Inferred(), Inferred("number")


def inferred(cells: Iterable[str]) -> Inferred:
    """The first type that all of the cells have; blank ones are none, and a column without any other is text."""
    filled = [text for cell in cells if (text := cell.strip())]
    if not filled:
        return STRING
    return next((type_ for type_ in _candidates(filled[0]) if all(map(type_.keeps, filled))), STRING)


def _candidates(first: str) -> Iterable[Inferred]:
    yield Inferred("integer")
    yield NUMBER
    if found := _FIXED.fullmatch(first):
        yield Inferred("number", len(found[1]))
    for type_ in ("boolean", "date", "datetime", "email", "url"):
        yield Inferred(type_)


def is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _made(date.fromisoformat, text)


def is_datetime(text: str) -> bool:
    return _DATETIME.fullmatch(text) is not None and _made(datetime.fromisoformat, text)


def is_email(text: str) -> bool:
    return len(text) <= 254 and _EMAIL.fullmatch(text) is not None


def is_url(text: str) -> bool:
    """Whether it is an http or https URL."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not any(map(str.isspace, text))
    except ValueError:
        return False


def _is_integer(text: str) -> bool:
    return _INTEGER.fullmatch(text) is not None and abs(int(text)) <= LARGEST and str(int(text)) == text


def _is_number(text: str) -> bool:
    return _is_integer(text) or (_FIXED.fullmatch(text) is not None and repr(float(text)) == text)


def _made(parse: Callable[[str], object], text: str) -> bool:
    try:
        parse(text)
    except ValueError:
        return False
    return True


_KEEPS: Mapping[str, Callable[[str], bool]] = {
    "string": lambda text: True,
    "integer": _is_integer,
    "number": _is_number,
    "boolean": lambda text: text in ("true", "false"),
    "date": is_date,
    "datetime": is_datetime,
    "email": is_email,
    "url": is_url,
}


def _numeric(text: str) -> bool:
    return _NUMERIC.fullmatch(text) is not None


_LOOKS: Mapping[str, Callable[[str], bool]] = {
    **dict.fromkeys(_KEEPS, lambda text: False),
    "integer": _numeric,
    "number": _numeric,
    "boolean": lambda text: text.lower() in ("true", "false", "yes", "no", "1", "0"),
}
"""What is a value of the type to a reader, though not one that keeps its characters."""
