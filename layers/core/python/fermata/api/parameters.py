"""Parameters of a query that say nothing beside some other one, or without it: they are refused rather than passed over."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from fermata.domain.errors import InvalidInput

Check = Callable[[Mapping[str, Any]], None]
"""Raises InvalidInput that names both; it is given the parameters whose values are not their defaults."""


def not_beside(name: str, *others: str) -> Check:
    """``name`` has no effect where any of the others is given."""

    def check(given: Mapping[str, Any]) -> None:
        for other in others:
            if name in given and other in given:
                raise InvalidInput(name, f"has no effect beside {other}; leave one of them out")

    return check


def only_beside(name: str, other: str, value: str | None = None) -> Check:
    """``name`` has no effect unless the other is given, and has this value; None: any."""

    def check(given: Mapping[str, Any]) -> None:
        if name in given and (other not in given or value not in (None, given[other])):
            raise InvalidInput(name, f"has no effect without {other}{'' if value is None else f'={value}'}")

    return check


def checked(function: Callable[..., Any], checks: Sequence[Check]) -> Callable[..., Any]:
    """A route's function that refuses what the checks refuse before it begins.

    What is given as it would be by default is as good as left out: there are clients that send every default.
    """
    if not checks:
        return function
    defaults = {name: parameter.default for name, parameter in inspect.signature(function).parameters.items()}

    @wraps(function)
    def wrapped(**values: Any) -> Any:
        given = {name: value for name, value in values.items() if value != defaults[name]}
        for check in checks:
            check(given)
        return function(**values)

    return wrapped
