"""What a check is, and how it says that something differs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fermata_conformance.target import Target

SHOWN = 300
"""Characters of a value that a message shows."""


class Mismatch(Exception):
    """The server differs from the sentence; the message says how."""


class Skipped(Exception):
    """The check can't be made here; the message says why."""


class Result(StrEnum):
    PASSED = "pass"
    FAILED = "FAIL"
    SKIPPED = "skip"


@dataclass(frozen=True)
class Check:
    """One sentence.

    Attributes:
        document: number of the document that has it.
        alone: it stops or clears what other checks rely on, so none runs beside it.
    """

    document: str
    name: str
    sentence: str
    run: Callable[[Target], None] = field(repr=False)
    alone: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a check; ``detail`` is the difference, or the reason why it was skipped.

    Attributes:
        seconds: that it took.
    """

    check: Check
    result: Result
    detail: str = ""
    seconds: float = 0.0


@dataclass
class Document:
    """A document and its checks, in its order."""

    number: str
    title: str
    checks: list[Check] = field(default_factory=list)

    def check(self, run: Callable[[Target], None]) -> Callable[[Target], None]:
        """Register a function; its docstring is the sentence."""
        return self._add(run, alone=False)

    def alone(self, run: Callable[[Target], None]) -> Callable[[Target], None]:
        """Register a function that needs the server for itself."""
        return self._add(run, alone=True)

    def _add(self, run: Callable[[Target], None], alone: bool) -> Callable[[Target], None]:
        sentence = " ".join((run.__doc__ or "").split())
        if not sentence:
            raise ValueError(f"{run.__name__} stands for no sentence")
        self.checks.append(Check(self.number, run.__name__, sentence, run, alone))
        return run


def is_true(fact: object, difference: str) -> None:
    if not fact:
        raise Mismatch(difference)


def is_equal(what: str, seen: Any, wanted: Any) -> None:
    if seen != wanted or type(seen) is not type(wanted):
        raise Mismatch(f"{what} is {shown(seen)}, not {shown(wanted)}")


def has_keys(what: str, seen: Any, wanted: Collection[str]) -> None:
    """Exactly these: no more, no fewer."""
    if not isinstance(seen, Mapping):
        raise Mismatch(f"{what} is {shown(seen)}, not an object")
    lacks, extra = sorted(set(wanted) - seen.keys()), sorted(seen.keys() - set(wanted))
    said = [f"lacks {', '.join(lacks)}"] * bool(lacks) + [f"has {', '.join(extra)} beyond it"] * bool(extra)
    is_true(not said, f"{what} {' and '.join(said)}")


def is_one_of(what: str, seen: Any, words: Collection[Any]) -> None:
    is_true(seen in words, f"{what} is {shown(seen)}, none of {', '.join(map(str, words))}")


def each(*values: Any) -> tuple[Any, ...]:
    """Values of many types, to be tried one after the other."""
    return values


def shown(value: Any) -> str:
    text = value if isinstance(value, str) and "\n" not in value else repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
