from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fermata.domain.kind import Kind, Planned, Planning, Policy, Stage, Unit, UnitRetry
from fermata.embedded import Embedded
from fermata_client import Client


def plan(planning: Planning) -> Iterator[Planned]:
    return iter([Planned(name, None) for name in planning.params["units"]])


def run(unit: Unit) -> Any:
    if unit.value == "later":
        raise UnitRetry("not now", after=600)
    return unit.value


@pytest.fixture
def client() -> Iterator[Client]:
    """Of a server with one worker, whose units may have to wait."""
    kind = Kind("errand", "Errand", (Stage("go", plan, run, Policy(timeout=None)),), dict, dict)
    with Embedded({"errand": kind}, workers=1) as server, Client(server.url, api_key=server.api_key) as client:
        waits = client.jobs.create("errand", {"units": ["later"]})
        while not list(waits.chunks(status="waiting")):
            pass
        yield client
        waits.cancel()


def test_a_worker_does_not_stand_still_for_a_unit_that_is_tried_later(client):
    assert client.jobs.create("errand", {"units": ["now"]}).wait(20).succeeded
