"""The errors of a job's failed units, grouped by what they say."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from fermata.control.engine import Engine
from fermata.control.results import settled_in, unit_values
from fermata.domain.chunks import Chunk
from fermata.domain.errors import NotFound
from fermata.domain.jobs import Job
from fermata.domain.kind import Json, Result
from fermata.domain.ranges import Ranges

MOST = 50_000
"""Failed units that one call looks at."""

SECONDS = 15.0
"""After which a call opens no further chunk: the gateway gives up at thirty."""

MAX_GROUPS = 100

MASKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b[a-z][a-z0-9+.-]{1,11}://\S+", re.I), "<address>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I), "<id>"),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"), "<mail>"),
    (re.compile(r"'[^']{1,300}'|\"[^\"]{1,300}\"|`[^`]{1,300}`"), "<text>"),
    (re.compile(r"(?<![\w.])(?:/[\w.@%+-]+){2,}/?"), "<path>"),
    (re.compile(r"\b(?=[0-9a-f]*[0-9])(?=[0-9a-f]*[a-f])[0-9a-f]{8,}\b", re.I), "<id>"),
    (re.compile(r"(?<!answered )(?<!status )(?<!HTTP )(?<!code )(?<![\w.])[+-]?\d[\d.,:]*(?<=\d)"), "<number>"),
)
"""What differs from unit to unit in what is one error; the status that a server answered is no such thing."""


def normalised(error: str) -> str:
    """The message without what belongs to one unit alone."""
    for pattern, mask in MASKS:
        error = pattern.sub(mask, error)
    return " ".join(error.split())[:300]


def group_id(stage: int, message: str) -> str:
    return hashlib.sha256(f"{stage} {message}".encode(errors="surrogatepass")).hexdigest()[:12]


@dataclass
class ErrorGroup:
    """Failed units of a stage whose errors say the same.

    Attributes:
        message: normalised.
        numbers: of the units, in the stage.
        example: one of them.
        chunk: that it is in.
    """

    id: str
    message: str
    example: Result
    chunk: Chunk
    numbers: list[int] = field(default_factory=list)

    @property
    def stage(self) -> int:
        return self.chunk.stage


@dataclass(frozen=True)
class Errors:
    """Groups, the largest first, and whether they are of all failed units; else only of the first that were looked at."""

    groups: tuple[ErrorGroup, ...]
    looked: int
    whole: bool


def errors_of(engine: Engine, job: Job) -> Errors:
    """The job's failed units by what their errors say."""
    found: dict[str, ErrorGroup] = {}
    end, looked, whole = engine.clock.now() + SECONDS, 0, True
    for chunk in engine.ledger.chunks(job.ref):
        if not chunk.failed:
            continue
        if looked >= MOST or engine.clock.now() > end:
            whole = False
            break
        for result in _failed(engine, job, chunk):
            looked += 1
            message = normalised(result.error or "")
            id_ = group_id(chunk.stage, message)
            if id_ not in found:
                found[id_] = ErrorGroup(id_, message, result, chunk)
            found[id_].numbers.append(result.number)
    groups = sorted(found.values(), key=lambda group: (-len(group.numbers), group.stage, group.message))
    return Errors(tuple(groups[:MAX_GROUPS]), looked, whole and len(groups) <= MAX_GROUPS)


def units_of_group(engine: Engine, job: Job, id_: str) -> tuple[int, Ranges]:
    """Stage and numbers of a group's units, as they stand now. Raises NotFound."""
    for group in errors_of(engine, job).groups:
        if group.id == id_:
            return group.stage, Ranges.of(group.numbers)
    raise NotFound("group of errors", id_[:64])


def _failed(engine: Engine, job: Job, chunk: Chunk) -> Iterator[Result]:
    return (result for result in settled_in(engine, job, chunk) if result.error is not None)


def example_value(engine: Engine, job: Job, group: ErrorGroup) -> Json:
    """What the planner named the group's example with."""
    return unit_values(engine, job, group.chunk)[group.example.number - group.chunk.first]
