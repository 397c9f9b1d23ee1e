"""A service whose one kind, ``work``, does nothing quickly; and an administrator."""

from __future__ import annotations

from typing import Any

import pytest
from fermata.control.engine import Limits
from fermata.domain.kind import Kind, Planned, Policy, Stage


@pytest.fixture
def service(make_service: Any) -> Any:
    stage = Stage("do", lambda planning: iter([Planned(1, None)]), lambda unit: unit.value, Policy(timeout=None))
    return make_service(kinds={"work": Kind("work", "Work", (stage,), dict, dict)}, limits=Limits(webhooks=3))


@pytest.fixture
def root(service: Any) -> Any:
    return service.user("root", scope="read control admin")
