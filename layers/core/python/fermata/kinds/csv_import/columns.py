"""Columns: what a cell may be, and what it becomes."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Self

from pydantic import Field, model_validator

from fermata.domain.kind import Json
from fermata.kinds.csv_import.patterns import MAX_PATTERN, TooManySteps, pattern
from fermata.toolkit.parameters import Parameters
from fermata.toolkit.tabular.types import LARGEST, Inferred, TypeName, inferred, is_date, is_datetime, is_email, is_url

MAX_NAME = 200
MAX_CELL = 10_000
"""Characters of a cell."""

MAX_KEY = 500
"""Characters of a cell that has to be unique."""

_SHOWN = 60
_INTEGER = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")
_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Column(Parameters):
    """What the cells of a column have to be. An empty cell is no value, whatever the type."""

    name: str = Field(min_length=1, max_length=MAX_NAME, description="As the file's first row has it.")
    type: TypeName = Field(
        "string",
        description="`integer` and `number` lose no digit, no leading zero and no plus: a cell that would is a problem; "
        "`boolean` is true, false, yes, no, 1 or 0; `date` is 2026-01-31; `datetime` is ISO 8601, and stays as it is written; "
        "`url` is http or https.",
    )
    decimals: int | None = Field(
        None, ge=1, le=10, description="Of a `number` that is written with as many decimals in every cell."
    )
    required: bool = Field(False, strict=True, description="No cell may be empty.")
    min: int | float | str | None = Field(
        None, description="Least number, earliest date, or fewest characters of a text.", union_mode="left_to_right"
    )
    max: int | float | str | None = Field(
        None, description="Greatest number, latest date, or most characters of a text.", union_mode="left_to_right"
    )
    pattern: str | None = Field(
        None,
        max_length=MAX_PATTERN,
        description="Regular expression that the whole cell fits. No look-around, no back-references, no lazy quantifiers.",
    )
    enum: list[Annotated[str, Field(max_length=MAX_NAME)]] = Field(
        [], max_length=500, description="The only values there may be, as the file writes them."
    )

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.pattern is not None:
            pattern(self.pattern)
        if self.decimals is not None and self.type != "number":
            raise ValueError("decimals are a number's")
        low, high = bound(self.type, self.min), bound(self.type, self.max)
        if low is not None and high is not None and low > high:
            raise ValueError("min is above max")
        return self

    @property
    def inferred(self) -> Inferred:
        return Inferred(self.type, self.decimals)


class BadCell(ValueError):
    """The cell is not what its column says. The message goes on from the column's name."""


def bound(type_: str, value: Json) -> Json:
    """A limit as it is compared. Raises ValueError."""
    if value is None:
        return None
    if type_ in ("date", "datetime"):
        if not isinstance(value, str):
            raise ValueError(f"min and max of a {type_} are written as one")
        return _comparable(_TYPES[type_](value))
    if type_ == "boolean":
        raise ValueError("a boolean has no min and max")
    if isinstance(value, str) or not math.isfinite(value):
        raise ValueError("min and max must be numbers")
    return value


def checked(column: Column, cell: str) -> Json:
    """The cell's value; None for an empty one. Raises BadCell."""
    text = cell.strip()
    if not text:
        if column.required:
            raise BadCell("is required")
        return None
    if len(text) > MAX_CELL:
        raise BadCell(f"is longer than {MAX_CELL} characters")
    if column.enum and text not in _enum(tuple(column.enum)):
        raise BadCell(f"is not one of the values it may be: {_shown(text)}")
    if column.pattern is not None and not _fits(text, column.pattern):
        raise BadCell(f"does not fit the pattern: {_shown(text)}")
    try:
        value = _TYPES[column.type](text)
    except BadCell:
        raise
    except ValueError:
        raise BadCell(f"is not {_ARTICLES[column.type]}: {_shown(text)}") from None
    if column.decimals is not None and not column.inferred.keeps(text):
        raise BadCell(f"is not a number with {column.decimals} decimals: {_shown(text)}")
    if column.min is not None or column.max is not None:
        _check_bounds(column, value)
    return value


def _fits(text: str, expression: str) -> bool:
    try:
        return pattern(expression).matches(text)
    except TooManySteps as error:
        raise BadCell(f"can't be checked: {error}") from None


def columns_of(names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[Column]:
    """Columns whose types keep every one of the rows as it is; nothing more is demanded of them."""
    return [column_of(name, inferred(row.get(name, "") for row in rows)) for name in names]


def column_of(name: str, type_: Inferred) -> Column:
    return Column.model_validate({"name": name, "type": type_.type, "decimals": type_.decimals})


def _check_bounds(column: Column, value: Json) -> None:
    low, high = bound(column.type, column.min), bound(column.type, column.max)
    written = column.type in ("string", "email", "url")
    size = len(value) if written else _comparable(value)
    what = " characters" if written else ""
    if low is not None and size < low:
        raise BadCell(f"is {'shorter than' if written else 'below'} {column.min}{what}: {_shown(str(value))}")
    if high is not None and size > high:
        raise BadCell(f"is {'longer than' if written else 'above'} {column.max}{what}: {_shown(str(value))}")


def _comparable(value: Json) -> Json:
    """Times as numbers: those without a zone are taken as UTC."""
    if not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    return (moment if moment.tzinfo else datetime.fromisoformat(f"{moment.isoformat()}+00:00")).timestamp()


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…")


@lru_cache(maxsize=100)
def _enum(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(values)


def _matched(expression: re.Pattern[str], text: str) -> str:
    if not expression.fullmatch(text):
        raise ValueError(text)
    return text


def _integer(text: str) -> int:
    value = int(_matched(_INTEGER, text))
    _check_kept(text, abs(value) <= LARGEST)
    return value


def _number(text: str) -> int | float:
    value = float(_matched(_NUMBER, text))
    if not math.isfinite(value):
        raise ValueError(text)
    if _INTEGER.fullmatch(text):
        return _integer(text)
    _check_kept(text, Decimal(repr(value)) == Decimal(text))
    return value


def _check_kept(text: str, exact: bool) -> None:
    """Raises BadCell for a cell that would be another one, if it was written back."""
    digits = text.lstrip("+-")
    if len(digits) > 1 and digits[0] == "0" and digits[1].isdigit():
        raise BadCell(f"would lose its leading zeros as a number: {_shown(text)}")
    if text.startswith("+"):
        raise BadCell(f"would lose its plus as a number: {_shown(text)}")
    if not exact:
        raise BadCell(f"has more digits than a number keeps: {_shown(text)}")


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _if(fits: Callable[[str], bool]) -> Callable[[str], str]:
    """The text itself, if it is one."""

    def same(text: str) -> str:
        if not fits(text):
            raise ValueError(text)
        return text

    return same


_TYPES: Mapping[str, Callable[[str], Json]] = {
    "string": str,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _if(is_date),
    "datetime": _if(is_datetime),
    "email": _if(is_email),
    "url": _if(is_url),
}
_ARTICLES = {
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "date": "a date (2026-01-31)",
    "datetime": "a date and time (2026-01-31T12:00:00Z)",
    "email": "an e-mail address",
    "url": "an http or https URL",
}
