from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fermata.domain.chunks import Chunk
from fermata.domain.jobs import Job
from fermata.domain.ranges import Ranges
from hypothesis import settings

settings.register_profile("fermata", deadline=None, database=None, max_examples=50)
settings.load_profile("fermata")

NOW = 1_800_000_000.0


@pytest.fixture
def now() -> float:
    return NOW


@pytest.fixture
def make_job() -> Callable[..., Job]:
    def make(**facts: Any) -> Job:
        needed: dict[str, Any] = {
            "tenant": "acme",
            "id": "batch:one",
            "family": "batch",
            "kind": "one",
            "workspace": "default",
        }
        return Job(**needed | {"user": "ann", "created_at": NOW, "events": 1, "rev": 1} | facts)

    return make


@pytest.fixture
def make_chunk() -> Callable[..., Chunk]:
    """Units 10 to 19 of stage 0, as its chunk 1."""

    def make(**facts: Any) -> Chunk:
        needed: dict[str, Any] = {
            "stage": 0,
            "number": 1,
            "first": 10,
            "size": 10,
            "file": "units",
            "start": 0,
            "end": 100,
        }
        return Chunk(**needed | {"todo": Ranges.span(10, 20)} | facts)

    return make
