from __future__ import annotations

from typing import Any

import pytest
from fermata.content.model import Record, WorkspaceRef

URL = "/api/v1/records/people"


@pytest.fixture
def people(service: Any) -> None:
    records = [Record(f"id={number}", "unit", {"id": number, "name": f"n{number}"}) for number in range(5)]
    service.content.records.add(WorkspaceRef("default", "default"), "people", records)


@pytest.mark.usefixtures("people")
def test_a_table_is_read_in_pages(ann: Any) -> None:
    first = ann.get(URL, params={"limit": 3}).json()
    second = ann.get(URL, params={"limit": 3, "cursor": first["next_cursor"]}).json()
    assert first["records"][0] == {"key": "id=0", "values": {"id": 0, "name": "n0"}}
    keys = [record["key"] for page in (first, second) for record in page["records"]]
    assert keys == [f"id={number}" for number in range(5)]
    assert second == {"table": "people", "workspace": "default", "records": second["records"], "next_cursor": None}


@pytest.mark.usefixtures("people")
def test_tables_of_others_are_empty(service: Any, ann: Any) -> None:
    assert service.key("sk_test_other").get(URL).json()["records"] == []
    assert ann.get(URL, params={"workspace": "second"}).json()["records"] == []
    assert ann.get("/api/v1/records/animals").json()["records"] == []


@pytest.mark.usefixtures("people")
def test_a_cursor_is_good_for_its_own_table_alone(ann: Any) -> None:
    cursor = ann.get(URL, params={"limit": 1}).json()["next_cursor"]
    assert ann.get("/api/v1/records/animals", params={"cursor": cursor}).status_code == 422
    assert ann.get(URL, params={"cursor": cursor, "workspace": "second"}).status_code == 422
    assert ann.get(URL, params={"cursor": cursor}).status_code == 200


@pytest.mark.parametrize("params", [{"limit": "0"}, {"limit": "101"}, {"limit": "-1"}, {"cursor": "x"}, {"table": "x"}])
def test_a_bad_request_is_refused(ann: Any, params: dict[str, str]) -> None:
    assert ann.get(URL, params=params).status_code == 422


def test_a_name_that_no_table_can_have_is_refused(ann: Any) -> None:
    assert ann.get("/api/v1/records/a.b").status_code == 422


def test_reading_needs_the_scope_read(service: Any) -> None:
    assert service.user(scope="control").get(URL).status_code == 403
    assert service.client().get(URL).status_code == 401
