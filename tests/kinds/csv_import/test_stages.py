from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fermata.content.model import WorkspaceRef
from fermata.domain.transitions import Status
from fermata.kinds.csv_import import CSV_IMPORT, blocks, ledger
from fermata.toolkit.parameters import InvalidParameters

PEOPLE = b"id,name,age\n1,Ann,40\n2,Bob,x\n3,Cleo,31\n1,Dan,20\n4,Eve,\n"
COLUMNS = [{"name": "id", "type": "integer"}, {"name": "name", "required": True}, {"name": "age", "type": "integer"}]


def table(jobs: Any, name: str = "records", workspace: str = "default") -> list[dict[str, Any]]:
    return [
        dict(record.values)
        for record in jobs.content.records.page(WorkspaceRef("default", workspace), name, limit=10_000)
    ]


def names(jobs: Any, **kwargs: Any) -> list[str]:
    return sorted(row["name"] for row in table(jobs, **kwargs))


def problems(jobs: Any, ref: Any, stage: int) -> list[tuple[int, str, str]]:
    found = [problem for value in jobs.values(ref, stage) for problem in value["problems"]]
    return [(problem["row"], problem["column"], problem["message"]) for problem in found]


@pytest.fixture
def people(jobs: Any) -> Any:
    """An import that waits for its review."""
    return jobs.run("csv_import", text=PEOPLE.decode(), columns=COLUMNS, unique="id")


def many(count: int) -> bytes:
    return b"id,name\n" + b"".join(b"%d,name %d\n" % (number, number) for number in range(1, count + 1))


def test_an_import_stops_for_review_with_its_draft(jobs: Any, people: Any) -> None:
    assert jobs.job(people).status is Status.WAITING_REVIEW
    draft = jobs.values(people)[0]
    assert (draft["rows"], draft["valid"], draft["invalid"]) == (5, 4, 1)
    assert draft["records"] == [[1, 1, "Ann", 40], [3, 3, "Cleo", 31], [4, 1, "Dan", 20], [5, 4, "Eve", None]]
    assert [column["type"] for column in draft["columns"]] == ["integer", "string", "integer"]
    assert problems(jobs, people, 0) == [(2, "age", "is not an integer: 'x'")]
    assert problems(jobs, people, 1) == [(4, "id", "is the same as in row 1")]
    assert table(jobs) == []


def test_an_approved_draft_is_applied(jobs: Any, people: Any) -> None:
    jobs.approve(people)
    job = jobs.job(people)
    assert job.status is Status.COMPLETED
    assert table(jobs)[0] == {"id": 1, "name": "Ann", "age": 40}
    assert names(jobs) == ["Ann", "Cleo", "Eve"]
    counted = {"rows": 5, "valid": 4, "invalid": 1, "repeated": 1, "applied": 3, "skipped": 1}
    assert job.result == {"table": "records", **counted}


def test_only_the_approved_rows_are_applied(jobs: Any, people: Any) -> None:
    jobs.approve(people, "2-3,5")
    assert names(jobs) == ["Cleo", "Eve"]
    assert jobs.job(people).result["applied"] == 2


def test_a_rejected_draft_leaves_nothing(jobs: Any, people: Any) -> None:
    jobs.reject(people)
    assert jobs.job(people).status is Status.CANCELLED
    assert table(jobs) == []
    assert len(jobs.values(people)[0]["records"]) == 4


def test_a_row_that_the_table_has_is_not_stored_again(jobs: Any, people: Any) -> None:
    jobs.approve(people)
    again = jobs.run("csv_import", text="id,name,age\n1,Other,1\n9,New,1\n", columns=COLUMNS, unique="id")
    jobs.approve(again)
    assert names(jobs) == ["Ann", "Cleo", "Eve", "New"]
    assert problems(jobs, again, 2) == [(1, "id", "is in the table already")]
    assert (jobs.job(again).result["applied"], jobs.job(again).result["skipped"]) == (1, 1)


def test_without_a_unique_column_every_valid_row_is_a_record(jobs: Any) -> None:
    for _ in range(2):
        jobs.approve(jobs.run("csv_import", text="name\nAnn\nAnn\n", table="names"))
    assert names(jobs, name="names") == ["Ann"] * 4
    assert table(jobs) == []


def test_rows_of_many_blocks_are_compared_and_applied(jobs: Any) -> None:
    file = many(1_200) + b"7,again\n"
    ref = jobs.run("csv_import", files={"input.csv": file}, unique="id")
    assert [value["rows"] for value in jobs.values(ref)] == [500, 500, 201]
    assert problems(jobs, ref, 1) == [(1201, "id", "is the same as in row 7")]
    jobs.approve(ref, "499-502,1201")
    assert names(jobs) == ["name 499", "name 500", "name 501", "name 502"]


def test_blocks_without_an_approved_row_are_no_units(jobs: Any) -> None:
    ref = jobs.run("csv_import", files={"input.csv": many(1_200)})
    jobs.approve(ref, "1200")
    assert [value["first"] for value in jobs.values(ref, 2)] == [1001]


def test_a_file_is_fetched_once(jobs: Any, web: Any) -> None:
    ref = jobs.run("csv_import", url=web.answer("/people.csv", "näme;age\nZoë;3\n".encode("utf-16")))
    assert jobs.values(ref)[0]["records"] == [[1, "Zoë", 3]]
    jobs.approve(ref)
    assert len(web.requests) == 1


def test_the_sample_is_imported(jobs: Any, samples: Path) -> None:
    ref = jobs.run("csv_import", files={"input.csv": (samples / "visitors.csv").read_bytes()}, unique="ticket")
    draft = jobs.values(ref)[0]
    types = {column["name"]: column["type"] for column in draft["columns"]}
    assert types == {
        "ticket": "string", "name": "string", "email": "email", "arrived": "date", "visits": "integer", "member": "string"
    }  # fmt: skip
    assert (draft["valid"], draft["invalid"]) == (23, 1)
    assert [problem[:2] for problem in problems(jobs, ref, 0)] == [(17, "ticket")]
    assert problems(jobs, ref, 1) == [(21, "ticket", "is the same as in row 4")]


def test_card_numbers_stay_what_they_are_and_no_record_is_lost(jobs: Any) -> None:
    cards = ["9007199254740992", "9007199254740993", "4111111111111111"]
    ref = jobs.run("csv_import", text="card\n" + "\n".join(cards), unique="card")
    jobs.approve(ref)
    assert [row["card"] for row in table(jobs)] == sorted(cards)


def test_a_leading_zero_far_down_in_the_file_makes_the_whole_column_a_text(jobs: Any) -> None:
    rows = [f"{number},{number}" for number in range(1, 1_500)] + ["1500,01500"]
    ref = jobs.run("csv_import", files={"input.csv": "\n".join(["id,code", *rows]).encode()})
    drafts = jobs.values(ref)
    assert {column["name"]: column["type"] for column in drafts[0]["columns"]} == {"id": "integer", "code": "string"}
    assert (drafts[0]["records"][0], drafts[-1]["records"][-1]) == ([1, 1, "1"], [1500, 1500, "01500"])


def test_a_cell_that_would_lose_characters_is_shown_in_review(jobs: Any) -> None:
    columns = [{"name": "phone", "type": "integer"}]
    ref = jobs.run("csv_import", text="phone\n+33612345678\n33612345678\n", columns=columns)
    assert problems(jobs, ref, 0) == [(1, "phone", "would lose its plus as a number: '+33612345678'")]


def test_what_was_assumed_of_the_file_is_in_the_draft_and_can_be_overruled(jobs: Any) -> None:
    file = "Gäste im Mai\nName;Stadt;Name\nZoë;Köln;x\nJörg;Düsseldorf;y\n".encode("cp1252")
    draft = jobs.values(jobs.run("csv_import", files={"input.csv": file}))[0]
    assert draft["records"] == [[1, "Zoë", "Köln", "x"], [2, "Jörg", "Düsseldorf", "y"]]
    assert draft["assumed"] == {
        "encoding": "cp1252", "delimiter": ";", "quote": '"', "rows_above_header": 1, "renamed_columns": {"Name (2)": "Name"}
    }  # fmt: skip
    said = {"encoding": "cp1250", "delimiter": ",", "header_row": 1, "quote": "none"}
    draft = jobs.values(jobs.run("csv_import", files={"input.csv": file}, **said))[0]
    assert {name: draft["assumed"][name] for name in ("encoding", "delimiter", "quote", "rows_above_header")} == {
        "encoding": "cp1250", "delimiter": ",", "quote": "", "rows_above_header": 0
    }  # fmt: skip


def test_the_servers_charset_counts(jobs: Any, web: Any) -> None:
    url = web.answer("/x.csv", "Ąžuolas;x\nŽ;1\n".encode("cp1257"), content_type="text/csv; charset=windows-1257")
    assert jobs.values(jobs.run("csv_import", url=url))[0]["records"] == [[1, "Ž", 1]]


def test_a_zero_byte_spoils_no_more_than_its_row(jobs: Any) -> None:
    ref = jobs.run("csv_import", files={"input.csv": b"a,b\n" + b"1,2\n" * 30 + b"3,\0\n"})
    assert problems(jobs, ref, 0) == [(31, None, "has a zero byte")]
    assert jobs.values(ref)[0]["valid"] == 30


def test_a_layout_that_0_1_0_has_kept_is_still_read(jobs: Any, files: Any) -> None:
    kept = {"names": ["a", "b"], "delimiter": ";", "end": 4, "columns": [{"name": "a", "type": "integer"}]}
    files.put("layout.json", json.dumps(kept).encode())
    files.put("rows.csv", b"a;b\n1;2\n3\n")
    rows = blocks.read_block(files, blocks.load_layout(files), {"start": 4, "end": 10, "first": 1}, None)
    assert [row.values for row in rows] == [(1,), (3,)]


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"text": "a,b\n"}, "a header and no rows"),
        ({"text": "\n"}, "empty"),
        ({}, "nothing to import"),
        ({"text": "a\n1\n", "unique": "b"}, "no column 'b'"),
        ({"url": "http://10.0.0.1/x.csv"}, "only public addresses"),
    ],
)
def test_a_job_that_can_not_begin_fails_with_the_reason(jobs: Any, params: dict[str, Any], error: str) -> None:
    job = jobs.job(jobs.run("csv_import", **params))
    assert job.status is Status.FAILED
    assert error in job.error


def test_too_many_rows_fail_the_job(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "MAX_ROWS", 700)
    fits, over = (jobs.run("csv_import", files={"input.csv": many(count)}) for count in (700, 701))
    assert jobs.job(fits).status is Status.WAITING_REVIEW
    assert jobs.job(over).error == "the file has more than 700 rows"


def test_a_unique_column_that_is_none_fails_the_job(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MAX_DUPLICATES", 2)
    fits, over = (jobs.run("csv_import", text="a\n" + "1\n" * count, unique="a") for count in (3, 4))
    assert jobs.job(fits).status is Status.WAITING_REVIEW
    assert "repeat the unique value" in jobs.job(over).error


def test_malformed_and_oversized_rows_are_problems(jobs: Any) -> None:
    file = b'a,b\n1,2,3\n"x" y,2\n' + b"z" * 70_000 + b",1\nc,d\n"
    ref = jobs.run("csv_import", files={"input.csv": file}, delimiter=",")
    found = problems(jobs, ref, 0)
    assert [(row, column) for row, column, _ in found] == [(1, None), (2, None), (3, None)]
    assert "3 fields" in found[0][2] and "malformed" in found[1][2] and "longer than 65536" in found[2][2]
    assert jobs.values(ref)[0]["records"] == [[4, "c", "d"]]


def test_a_result_lists_a_bounded_number_of_problems(jobs: Any) -> None:
    columns = [{"name": "a", "type": "integer"}]
    draft = jobs.values(jobs.run("csv_import", text="a\n" + "x\n" * 300, columns=columns))[0]
    assert (len(draft["problems"]), draft["problems_found"], draft["valid"]) == (200, 300, 0)


def test_a_hold_stops_an_import_between_blocks(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = jobs.start("csv_import", files={"input.csv": many(1_600)})
    read = blocks.csv_rows
    calls = iter(range(100))

    def pausing(*args: Any) -> Any:
        # The planner sniffs and cuts first; then each block is read once.
        if next(calls) == pausing_at:
            jobs.pause(ref)
        return read(*args)

    pausing_at = 1 + 1
    monkeypatch.setattr(blocks, "csv_rows", pausing)
    jobs.driver.run()
    assert jobs.job(ref).status is Status.PAUSED
    assert jobs.counts(ref) == (2, 0, 2)
    jobs.resume(ref)
    assert jobs.job(ref).status is Status.WAITING_REVIEW
    assert sum(value["valid"] for value in jobs.values(ref)) == 1_600


def test_a_cancelled_import_applies_nothing(jobs: Any, people: Any) -> None:
    jobs.cancel(people)
    jobs.driver.run()
    assert jobs.job(people).status is Status.CANCELLED
    assert table(jobs) == []


def test_what_a_killed_worker_has_applied_is_not_applied_twice(killing: Any) -> None:
    jobs = killing("csv_import", stage=2, nth=2)
    ref = jobs.run("csv_import", files={"input.csv": many(1_600)}, unique="id")
    jobs.approve(ref, drive=False)
    jobs.outlive(lambda: len(table(jobs)) == 1_000)
    assert len(table(jobs)) == 1_600
    job = jobs.job(ref)
    assert (job.status, job.result["applied"], job.result["skipped"]) == (Status.COMPLETED, 1_600, 0)


def test_a_retry_applies_the_blocks_that_failed(jobs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = jobs.run("csv_import", files={"input.csv": many(1_200)}, unique="id")
    records = jobs.content.records
    add, calls = records.add, iter([False, True, False])

    def failing(*args: Any) -> Any:
        if next(calls, False):
            raise OSError("broken")
        return add(*args)

    monkeypatch.setattr(records, "add", failing)
    jobs.approve(ref)
    assert (jobs.job(ref).status, len(table(jobs))) == (Status.COMPLETED, 700)
    jobs.retry(ref)
    assert len(table(jobs)) == 1_200
    assert jobs.job(ref).result["applied"] == 1_200


def test_planning_goes_on_from_any_block(make_planning: Any, files: Any) -> None:
    files.put("input.csv", many(1_700))
    plan = CSV_IMPORT.stages[0].plan
    job = replace(make_planning(), params=CSV_IMPORT.parse({}))
    whole = list(plan(job))
    assert [planned.unit["rows"] for planned in whole] == [500, 500, 500, 200]
    for number, planned in enumerate(whole, 1):
        assert list(plan(replace(job, cursor=planned.cursor))) == whole[number:]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "file:///etc/passwd"),
        ("url", "s3://bucket"),
        ("text", 3),
        ("text", "x" * 100_001),
        ("text", "é" * 50_001),
        ("columns", []),
        ("columns", [{"name": "a"}] * 201),
        ("columns", [{"name": "a", "type": "money"}]),
        ("columns", [{"name": "a", "colour": "red"}]),
        ("unique", ""),
        ("table", "a b"),
        ("table", "x" * 65),
        ("delimiter", ",,"),
        ("delimiter", "x"),
        ("quote", "`"),
        ("header_row", -1),
        ("header_row", True),
        ("encoding", "ebcdic"),
        ("unknown", 1),
    ],
)
def test_a_bad_parameter_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidParameters) as refusal:
        CSV_IMPORT.parse({name: value})
    assert refusal.value.errors()[0]["loc"][0] == name


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"url": "http://a.example/", "text": "a"}, "not both"),
        ({"columns": [{"name": "a"}, {"name": "a"}]}, "two of one name"),
        ({"columns": [{"name": "a"}], "unique": "b"}, "not among columns"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(params: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidParameters, match=reason):
        CSV_IMPORT.parse(params)


def test_parameters_are_the_same_when_parsed_again() -> None:
    parsed = CSV_IMPORT.parse({"text": "é" * 50_000, "columns": COLUMNS, "unique": "id", "table": "x" * 64})
    assert CSV_IMPORT.parse(parsed) == parsed


def test_the_schema_describes_every_parameter() -> None:
    assert all(part.get("description") for part in CSV_IMPORT.schema()["properties"].values())
