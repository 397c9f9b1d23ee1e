from __future__ import annotations

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from fermata.domain.kind import JobError, Line, Planning, UnitRetry
from fermata.toolkit.tabular import plan, plan_documents

MakePlanning = Callable[..., Planning]
CSV = 'title,file_path,note\nOne,http://a/1,"two\nlines"\n,,\nTwo,ftp,\n"Three",s3://b/3,"x, y"\nFour,,\n'


def test_lines_that_lie_there_already_are_named_by_their_bytes(make_planning: MakePlanning, files: Any) -> None:
    rows = [json.dumps({"file_path": f"/{number}", "title": "é" * number}) for number in range(5)]
    files.put("documents.jsonl", "\n".join([*rows, "", ""]).encode())
    found = [planned.unit for planned in plan_documents(make_planning())]
    assert all(isinstance(line, Line) for line in found)
    assert [files.get(line.name, line.start, line.end).decode() for line in found] == rows


def test_planning_goes_on_from_any_cursor(make_planning: MakePlanning, files: Any) -> None:
    files.put("documents.jsonl", b'{"file_path": "/1"}\n{"file_path": "/2"}\n{"file_path": "/3"}')
    whole = list(plan_documents(make_planning()))
    for number, planned in enumerate(whole, 1):
        cursor = json.loads(json.dumps(planned.cursor))
        assert list(plan_documents(make_planning(cursor))) == whole[number:]


def test_a_list_by_reference_is_copied_once_and_planned_from_any_cursor(web: Any, make_planning: MakePlanning) -> None:
    url = web.answer("/list.csv", CSV.encode())
    whole = list(plan_documents(make_planning(documents_url=url)))
    assert [planned.unit.get("title", planned.unit.get("row")) for planned in whole] == ["One", "Two", "Three", 4]
    for number, planned in enumerate(whole, 1):
        assert list(plan_documents(make_planning(planned.cursor, documents_url=url))) == whole[number:]
    assert len(web.requests) == 1


def test_a_row_keeps_its_columns_as_they_are(web: Any, make_planning: MakePlanning) -> None:
    first = next(plan_documents(make_planning(documents_url=web.answer("/list.csv", CSV.encode()))))
    assert first.unit == {"title": "One", "file_path": "http://a/1", "note": "two\nlines"}


def test_a_malformed_row_becomes_a_unit_that_says_why(web: Any, make_planning: MakePlanning) -> None:
    lines = b'{"file_path": "/1"}\nnonsense\n{"title": "no path"}\n{"file_path": "/2", "file_source_type": "ftp"}\n'
    units = [unit.unit for unit in plan_documents(make_planning(documents_url=web.answer("/l", lines)))]
    assert units[1:] == [
        {"row": 2, "malformed": "row 2 is not valid JSON"},
        {"row": 3, "malformed": "row 3: file_path is missing"},
        {"row": 4, "malformed": "row 4: file_source_type must be one of url, s3, local, not 'ftp'"},
    ]


@pytest.mark.parametrize("mapping", [{"Link": "file_path"}, {"file_path": "Link"}])
def test_a_column_mapping_finds_the_path(web: Any, make_planning: MakePlanning, mapping: dict[str, str]) -> None:
    url = web.answer("/list.csv", b"Name;Link\nOne;http://a/1\n")
    planned = list(plan_documents(make_planning(documents_url=url, column_mapping=mapping)))
    assert [unit.unit for unit in planned] == [{"Name": "One", "Link": "http://a/1"}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"file_path\n", "empty"),
        (b"name,link\n1,2\n", "no column for file_path; its columns are: name, link"),
        (b'[{"file_path": "/1"}]', "JSON array"),
        (b"PK\x03\x04" + bytes(60), "no text"),
    ],
)
def test_a_list_that_is_none_fails_the_plan(web: Any, make_planning: MakePlanning, body: bytes, reason: str) -> None:
    with pytest.raises(JobError, match=reason):
        list(plan_documents(make_planning(documents_url=web.answer("/list", body))))


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        ("title;file_path\nZoë;/1\n".encode("utf-16"), [{"title": "Zoë", "file_path": "/1"}]),
        ("title,file_path\nStraße,/1\n".encode("cp1252"), [{"title": "Straße", "file_path": "/1"}]),
        (b"sep=;\ntitle;file_path\na,b;/1\n", [{"title": "a,b", "file_path": "/1"}]),
        (b"Documents of May\n\ntitle,file_path\na,/1\n", [{"title": "a", "file_path": "/1"}]),
        (b"title,file_path\ra,/1\r", [{"title": "a", "file_path": "/1"}]),
        (b"note,file_path,note\n1,/1,2\n", [{"note": "1", "file_path": "/1", "note (2)": "2"}]),
        (b"title,file_path\n\0,/2\n", [{"row": 1, "malformed": "row 1 has a zero byte"}]),
        (b"title,file_path\na\n", [{"row": 1, "malformed": "row 1 has 1 field, but the header has 2"}]),
    ],
)  # fmt: skip
def test_a_list_is_read_as_a_spreadsheet_program_would(
    web: Any, make_planning: MakePlanning, body: bytes, rows: list[dict[str, Any]]
) -> None:
    planned = plan_documents(make_planning(documents_url=web.answer("/list.csv", body)))
    assert [unit.unit for unit in planned] == rows


def test_an_empty_file_of_documents_fails_the_plan(make_planning: MakePlanning, files: Any) -> None:
    files.put("documents.jsonl", b"\n")
    with pytest.raises(JobError, match="empty"):
        list(plan_documents(make_planning()))


def test_a_list_that_is_not_there_fails_the_plan(web: Any, make_planning: MakePlanning) -> None:
    with pytest.raises(JobError, match="documents_url: the server answered 404"):
        list(plan_documents(make_planning(documents_url=web.url("/nowhere"))))


def test_a_list_at_a_private_address_fails_the_plan(make_planning: MakePlanning) -> None:
    with pytest.raises(JobError, match="only public addresses"):
        list(plan_documents(make_planning(documents_url="http://169.254.169.254/latest")))


def test_a_list_that_can_not_be_fetched_for_now_may_be_asked_for_again(web: Any, make_planning: MakePlanning) -> None:
    with pytest.raises(UnitRetry, match="answered 503"):
        list(plan_documents(make_planning(documents_url=web.answer("/list", status=503))))


def test_a_list_that_breaks_off_leaves_nothing_behind(web: Any, make_planning: MakePlanning, files: Any) -> None:
    def cut(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfile_path\n/1\n")

    with pytest.raises(UnitRetry, match="broke off"):
        list(plan_documents(make_planning(documents_url=web.act("/list", cut))))
    assert files.files == {}


def test_a_list_over_the_limit_fails_the_plan(
    web: Any, make_planning: MakePlanning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "MAX_ROWS", 2)
    url = web.answer("/list.csv", b"file_path\n/1\n/2\n/3\n")
    planned = plan_documents(make_planning(documents_url=url))
    assert len(list(islice(planned, 2))) == 2
    with pytest.raises(JobError, match="more than 2 documents"):
        next(planned)
