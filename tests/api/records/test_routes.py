from __future__ import annotations

import csv
import io
import json
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


def downloaded(client: Any, url: str = URL, **params: Any) -> list[str]:
    """The pages of a download."""
    answer = client.get(url, params=params)
    pages = [answer.text]
    while link := answer.headers.get("link"):
        answer = client.get(f"/api/v1/records/{link.partition('>')[0].removeprefix('<')}")
        assert answer.status_code == 200, answer.text
        pages.append(answer.text)
    return pages


def lines(pages: list[str]) -> list[list[str]]:
    return list(csv.reader(io.StringIO("".join(pages), newline="")))


@pytest.mark.usefixtures("people")
def test_a_csv_file_has_a_column_for_each_name(ann: Any) -> None:
    answer = ann.get(URL, params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert lines([answer.text])[:2] == [["key", "id", "name"], ["id=0", "0", "n0"]]
    assert "link" not in answer.headers


def test_the_pages_of_a_csv_file_are_one_file_and_lose_no_column(service: Any, ann: Any) -> None:
    values = [{"a": 1}, {"a": 2, "b": [True, None]}, {"a": None, "c": "late"}]
    records = [Record(f"k{number}", "unit", value) for number, value in enumerate(values)]
    service.content.records.add(WorkspaceRef("default", "default"), "mixed", records)
    url = "/api/v1/records/mixed"
    assert lines(downloaded(ann, url, format="csv", limit=2)) == [
        ["key", "a", "b", "other columns"],
        ["k0", "1", "", ""],
        ["k1", "2", "[true, null]", ""],
        ["k2", "", "", '{"c": "late"}'],
    ]
    assert lines(downloaded(ann, url, format="csv"))[0] == ["key", "a", "b", "c"]


def test_a_head_that_no_cursor_could_carry_keeps_what_fits(service: Any, ann: Any) -> None:
    wide = {f"{'column' * 10}{number}": number for number in range(200)}
    records = [Record(f"k{number}", "unit", wide) for number in range(3)]
    service.content.records.add(WorkspaceRef("default", "default"), "wide", records)
    head, *rows = lines(downloaded(ann, "/api/v1/records/wide", format="csv", limit=1))
    assert all(len(row) == len(head) < 100 for row in rows)
    assert all(len(json.loads(row[-1])) + len(head) - 2 == 200 for row in rows)


def test_cells_that_a_spreadsheet_would_run_are_neutralised_unless_raw(service: Any, ann: Any) -> None:
    records = [Record("=1+1", "unit", {"=head": "=SUM(A1)", "sum": -3})]
    service.content.records.add(WorkspaceRef("default", "default"), "people", records)
    assert lines(downloaded(ann, format="csv")) == [["key", "'=head", "sum"], ["'=1+1", "'=SUM(A1)", "-3"]]
    assert lines(downloaded(ann, format="csv", raw="true"))[1] == ["=1+1", "=SUM(A1)", "-3"]


@pytest.mark.usefixtures("people")
def test_lines_of_json_come_in_pages(ann: Any) -> None:
    pages = downloaded(ann, format="jsonl", limit=2)
    assert [json.loads(line)["key"] for page in pages for line in page.splitlines()] == [f"id={n}" for n in range(5)]
    assert len(pages) == 3


@pytest.mark.usefixtures("people")
def test_a_page_ends_when_it_becomes_large(ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fermata.api.records.routes.PAGE_BYTES", 40)
    assert len(downloaded(ann, format="csv")) > 1
    assert [line[0] for line in lines(downloaded(ann, format="csv"))] == ["key", *(f"id={n}" for n in range(5))]


@pytest.mark.parametrize(
    "params", [{"limit": "0"}, {"limit": "501"}, {"format": "xml"}, {"limit": "-1"}, {"cursor": "x"}, {"table": "x"}]
)
def test_a_bad_request_is_refused(ann: Any, params: dict[str, str]) -> None:
    assert ann.get(URL, params=params).status_code == 422


def test_a_name_that_no_table_can_have_is_refused(ann: Any) -> None:
    assert ann.get("/api/v1/records/a.b").status_code == 422


def test_reading_needs_the_scope_read(service: Any) -> None:
    assert service.user(scope="control").get(URL).status_code == 403
    assert service.client().get(URL).status_code == 401
