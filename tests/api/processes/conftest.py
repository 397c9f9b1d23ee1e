"""A service whose kind ``csv_import`` validates rows, and applies the approved ones after a review."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from fermata.control.holds import own_hold
from fermata.domain.chunks import Counts
from fermata.domain.jobs import Ref
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit, UnitError
from fermata.domain.ranges import Ranges
from fermata.domain.transitions import Status
from fermata.ports import SaveJob

ONE = Policy(chunk_size=1, timeout=None)


@dataclass
class Rows:
    """What the kind did, and what is wrong with the rows; tests change the latter."""

    bad: set[Any] = field(default_factory=set)
    validated: list[Any] = field(default_factory=list)
    applied: list[Any] = field(default_factory=list)
    kind: Kind = field(init=False)

    def __post_init__(self) -> None:
        validate = Stage("validate", self._all, self._validate, ONE)
        apply = Stage("apply", self._approved, self._apply, ONE, review=True)
        self.kind = Kind(
            "csv_import", "Import", (validate, apply), self._parse, dict, families=frozenset({"processes"})
        )

    def _parse(self, params: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(params.get("rows"), list):
            raise ValueError("rows must be a list")
        return dict(params)

    def _all(self, planning: Planning) -> Iterator[Planned]:
        rows = planning.params["rows"]
        return (Planned(rows[at], at + 1) for at in range(planning.cursor or 0, len(rows)))

    def _approved(self, planning: Planning) -> Iterator[Planned]:
        approved = planning.params.get("approved")
        for result in planning.previous():
            if result.error is None and (approved is None or result.number in Ranges.parse(approved)):
                yield Planned(result.value, None)

    def _validate(self, unit: Unit) -> Any:
        self.validated.append(unit.value)
        if unit.value in self.bad:
            raise UnitError("it is bad")
        return unit.value

    def _apply(self, unit: Unit) -> Any:
        self.applied.append(unit.value)
        return unit.value


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def service(make_service: Any, rows: Rows) -> Any:
    return make_service(kinds={"csv_import": rows.kind})


@pytest.fixture
def create() -> Callable[..., int]:
    """Creates a process; its number."""

    def create(caller: httpx.Client, *rows: Any, **more: Any) -> int:
        answer = caller.post("/processes", json={"type": "csv_import", "input": {"rows": list(rows)}} | more)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    return create


@pytest.fixture
def put(service: Any) -> Callable[[int, Status], None]:
    """Puts a process into a status, as if it had come there by itself."""

    def put(number: int, status: Status) -> None:
        engine = service.engine
        job = engine.store.job(Ref("default", f"processes:{number}"))
        job = replace(job, status=status, rev=job.rev + 1)
        if status is Status.PAUSED:
            job = replace(job, holds=(own_hold(engine, "ann", None),))
        if status.final:
            job = replace(job, finished_at=job.created_at + 5, counts=Counts(2, 1, 1), closed=True)
        engine.store.write(SaveJob(job))

    return put
