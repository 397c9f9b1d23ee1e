"""A service whose one kind, ``work``, does nothing quickly."""

from __future__ import annotations

from typing import Any

import pytest
from fermata.domain.kind import Kind, Planned, Policy, Stage
from fermata.toolkit.parameters import Parameters, parser, schema


class Params(Parameters):
    note: str = ""
    api_key: str | None = None


@pytest.fixture
def service(make_service: Any) -> Any:
    stage = Stage("do", lambda planning: iter([Planned(1, None)]), lambda unit: unit.value, Policy(timeout=None))
    facts = parser(Params), schema(Params)
    return make_service(kinds={"work": Kind("work", "Work", (stage,), *facts, secrets=frozenset({"api_key"}))})
