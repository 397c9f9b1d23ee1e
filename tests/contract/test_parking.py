from __future__ import annotations

from dataclasses import replace
from typing import Any

from fermata.domain.jobs import Ref
from fermata.ports import ParkedToken

REF, OTHER = Ref("acme", "jobs:1"), Ref("globex", "jobs:1")
TOKEN = ParkedToken(1, "working", "t" * 900)


def test_a_token_is_found_by_its_job_and_execution(ports: Any) -> None:
    ports.parking.park(REF, TOKEN)
    assert ports.parking.find(REF, 1) == TOKEN


def test_an_execution_that_has_come_to_no_state_has_none(ports: Any) -> None:
    ports.parking.park(REF, TOKEN)
    assert ports.parking.find(REF, 2) is None
    assert ports.parking.find(OTHER, 1) is None


def test_where_an_execution_waits_takes_the_place_of_where_it_waited(ports: Any) -> None:
    ports.parking.park(REF, TOKEN)
    ports.parking.park(REF, replace(TOKEN, state="paused", token="other"))
    assert ports.parking.find(REF, 1) == ParkedToken(1, "paused", "other")


def test_another_execution_is_in_nobodys_way(ports: Any) -> None:
    ports.parking.park(REF, replace(TOKEN, number=2))
    ports.parking.park(REF, TOKEN)
    assert ports.parking.find(REF, 2) == replace(TOKEN, number=2)
