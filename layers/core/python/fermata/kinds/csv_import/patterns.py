"""Regular expressions of strangers: a subset that takes time in proportion to the text, whatever the expression is.

Python's own engine tries alternatives one after another and may need longer than the universe for ``(a+)+b``. Here all of
them are followed at once (Thompson's construction), so that each letter is looked at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MAX_PATTERN = 200
MAX_REPEAT = 100
MAX_STATES = 2_000
CELL_STEPS = 200_000
UNIT_STEPS = 8_000_000
"""States that a cell, and all the cells of a unit, may be led through: about two million a second at worst."""

_REMEMBERED = 5_000

_QUANTIFIER = re.compile(r"[*+?]|\{(\d{1,4})(?:(,)(\d{1,4})?)?\}")
_CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_SETS = re.compile(r"--|&&|\|\||~~")

Test = Callable[[str], object]
Node = tuple[str, Any]


class TooManySteps(ValueError):
    """The text takes longer to be held against the pattern than it may."""


@dataclass
class Budget:
    """Steps that a unit has left. What is remembered costs the same as what is not, so that a unit run again ends the same."""

    left: int = UNIT_STEPS

    def spend(self, steps: int) -> None:
        self.left -= steps
        if self.left < 0:
            raise TooManySteps("the patterns of the file take too many steps")


_budget: ContextVar[Budget] = ContextVar("budget")


@contextmanager
def budgeted(steps: int = UNIT_STEPS) -> Iterator[None]:
    """Patterns that are matched meanwhile take no more steps than this together."""
    token = _budget.set(Budget(steps))
    try:
        yield
    finally:
        _budget.reset(token)


class Pattern:
    """An expression that whole values are held against; ``^`` at its start and ``$`` at its end are understood.

    Letters, ``.``, classes, ``\\d \\w \\s`` and their opposites, groups, ``|``, ``* + ? {m,n}``. No look-around, no
    back-references, no lazy quantifiers. Raises ValueError with the reason.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN:
            raise ValueError(f"the pattern is longer than {MAX_PATTERN} characters")
        body = text.removeprefix("^")
        if body.endswith("$") and not body.endswith("\\$"):
            body = body[:-1]
        self._jumps: list[list[int]] = []
        self._steps: dict[int, tuple[Test, int]] = {}
        self._known: dict[tuple[frozenset[int], str], frozenset[int]] = {}
        start = self._state()
        self._end = self._build(_Parser(body).parsed(), start)
        self._start = self._closure([start])

    def matches(self, text: str) -> bool:
        """Whether the whole text is one that the pattern describes. Raises TooManySteps."""
        at, steps = self._start, 0
        try:
            for letter in text:
                steps += len(at)
                if steps > CELL_STEPS:
                    raise TooManySteps("the text takes too many steps to be held against the pattern")
                at = self._next(at, letter)
                if not at:
                    return False
            return self._end in at
        finally:
            if (budget := _budget.get(None)) is not None:
                budget.spend(steps)

    def _next(self, at: frozenset[int], letter: str) -> frozenset[int]:
        known = self._known.get((at, letter))
        if known is None:
            steps = (self._steps[state] for state in at if state in self._steps)
            known = self._closure([target for test, target in steps if test(letter)])
            if len(self._known) < _REMEMBERED:
                self._known[at, letter] = known
        return known

    def _closure(self, states: Iterable[int]) -> frozenset[int]:
        found, left = set(states), list(states)
        while left:
            for target in self._jumps[left.pop()]:
                if target not in found:
                    found.add(target)
                    left.append(target)
        return frozenset(found)

    def _state(self, *before: int) -> int:
        if len(self._jumps) >= MAX_STATES:
            raise ValueError("the pattern repeats too much")
        self._jumps.append([])
        for state in before:
            self._jumps[state].append(len(self._jumps) - 1)
        return len(self._jumps) - 1

    def _build(self, node: Node, start: int) -> int:
        """Add the states that lead through a node from ``start``; the one where they end."""
        kind, content = node
        if kind == "letter":
            begin, end = self._state(start), self._state()
            self._steps[begin] = (content, end)
            return end
        if kind == "all":
            for part in content:
                start = self._build(part, start)
            return start
        if kind == "any":
            return self._state(*[self._build(part, self._state(start)) for part in content])
        repeated, least, most = content
        return self._repeated(repeated, least, most, start)

    def _repeated(self, node: Node, least: int, most: int | None, start: int) -> int:
        for _ in range(least):
            start = self._build(node, start)
        if most is None:
            loop = self._state(start)
            self._jumps[self._build(node, loop)].append(loop)
            return loop
        ways_out = [start]
        for _ in range(most - least):
            start = self._build(node, start)
            ways_out.append(start)
        return self._state(*ways_out)


@lru_cache(maxsize=500)
def pattern(text: str) -> Pattern:
    """The pattern, compiled once. Raises ValueError."""
    return Pattern(text)


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def parsed(self) -> Node:
        node = self._any()
        if self._at < len(self._text):
            raise ValueError("the pattern has a ) too many")
        return node

    def _any(self) -> Node:
        parts = [self._all()]
        while self._took("|"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else ("any", parts)

    def _all(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._quantified(self._atom()))
        return ("all", parts)

    def _quantified(self, node: Node) -> Node:
        found = _QUANTIFIER.match(self._text, self._at)
        if found is None:
            return node
        self._at = found.end()
        if _QUANTIFIER.match(self._text, self._at):
            raise ValueError("the pattern has two quantifiers in a row, which is not supported")
        least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(found[0], (0, 0))
        if found[1] is not None:
            least = int(found[1])
            most = int(found[3]) if found[3] else None if found[2] else least
        if least > MAX_REPEAT or (most is not None and (most > MAX_REPEAT or most < least)):
            raise ValueError(f"the pattern has a repeat that is not from 0 to {MAX_REPEAT}")
        return ("repeat", (node, least, most))

    def _atom(self) -> Node:
        letter = self._text[self._at]
        if letter == "(":
            return self._group()
        if letter == "[":
            return self._class()
        self._at += 1
        if letter == "\\":
            return ("letter", _test(self._escape()))
        if letter in "*+?{^$":
            raise ValueError(f"the pattern has {letter} where it is not supported")
        return ("letter", _test("." if letter == "." else re.escape(letter)))

    def _group(self) -> Node:
        self._at += 1
        if self._took("?") and not self._took(":"):
            raise ValueError("the pattern has a group of a kind that is not supported")
        node = self._any()
        if not self._took(")"):
            raise ValueError("the pattern has a ( without its )")
        return node

    def _class(self) -> Node:
        found = _CLASS.match(self._text, self._at)
        if found is None:
            raise ValueError("the pattern has a [ without its ]")
        self._at = found.end()
        inner = found[0][1:-1]
        if _SETS.search(inner) or re.search(r"\\[^\W\ddDwWsSnt]|\\\d", inner):
            raise ValueError("the pattern has something in [] that is not supported")
        return ("letter", _test("[" + inner.replace("[", "\\[") + "]"))

    def _escape(self) -> str:
        if self._at == len(self._text):
            raise ValueError("the pattern ends with a backslash")
        letter = self._text[self._at]
        self._at += 1
        if letter in "dDwWsSnt":
            return "\\" + letter
        if letter.isalnum():
            raise ValueError(f"the pattern has \\{letter}, which is not supported")
        return re.escape(letter)

    def _took(self, letter: str) -> bool:
        taken = self._text.startswith(letter, self._at)
        self._at += taken
        return taken


def _test(source: str) -> Test:
    """Python's own word on one letter, which never takes long."""
    try:
        return re.compile(source).fullmatch
    except re.error as error:
        raise ValueError(f"the pattern is not valid: {error}") from None
