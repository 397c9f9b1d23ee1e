"""Secrets taken out of what a kind says: its results, its errors, and the lines that are logged of them.

Whoever calls a kind's code puts what comes back through here, and only then cuts it to its length: a text that was cut
before may end in half a secret, so the beginnings of secrets are taken out as well.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from fermata.domain.kind import Result

MARK = "…"
SHORTEST = 6
"""Characters of a secret that is looked for; a shorter one would be found everywhere, and is none."""

PREFIX = 8
"""Characters of a secret's beginning that are enough to be taken for it."""

MAX_ERROR = 1_000
MAX_LINE = 300
"""Characters of a line that a unit has said."""


@dataclass(frozen=True)
class Scrubber:
    """Knows a job's secrets, in lower case: what a model echoes may have been lowered since."""

    forms: tuple[str, ...]
    heads: re.Pattern[str] | None

    @classmethod
    def of(cls, secrets: Iterable[str]) -> Scrubber:
        forms = sorted({form.lower() for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)})
        heads = "|".join(sorted({re.escape(form[:PREFIX]) for form in forms}, key=len, reverse=True))
        return cls(tuple(forms), re.compile(heads, re.IGNORECASE) if heads else None)

    def text(self, text: str, most: int | None = None) -> str:
        """The text without secrets, and not longer than ``most`` characters."""
        if self.heads is not None:
            text = "".join(self._clean(text, self.heads))
        return text if most is None else text[:most]

    def _clean(self, text: str, heads: re.Pattern[str]) -> Iterator[str]:
        at = 0
        while found := heads.search(text, at):
            yield text[at : found.start()] + MARK
            at = max(found.end(), found.start() + max(self._length(text, found.start(), form) for form in self.forms))
        yield text[at:]

    @staticmethod
    def _length(text: str, start: int, form: str) -> int:
        """How much of the form's beginning stands there."""
        there = text[start : start + len(form)].lower()
        return next(
            (place for place, pair in enumerate(zip(there, form, strict=False)) if pair[0] != pair[1]), len(there)
        )

    def value(self, value: Any) -> Any:
        """JSON without secrets, in names of members as well."""
        if self.heads is None:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.value(name): self.value(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(inner) for inner in value]
        return value

    def result(self, result: Result) -> Result:
        """What became of a unit, as it may be stored."""
        error = self.text(result.error, MAX_ERROR) if result.error is not None else None
        run = result.run
        if run is not None and run.log:
            run = replace(run, log=tuple(self.text(line, MAX_LINE) for line in run.log))
        return replace(result, value=self.value(result.value), error=error, run=run)


def _forms(secret: str) -> Iterable[str]:
    """How a secret may be written: as it is, in a URL, in JSON."""
    core = re.sub(r"^[\W_]+|[\W_]+$", "", secret)
    return {
        secret,
        core or secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
    }
