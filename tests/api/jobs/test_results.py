from __future__ import annotations

import csv
import io
import json

import pytest

JOBS = "/api/v1/jobs"


@pytest.fixture
def done(service, create):
    """A job of which units 1 and 4 of 6 failed."""
    job_id = create(params={"units": 6, "bad": [1, 4]})
    service.driver.run()
    return job_id


def get(client, job_id, **query):
    return client.get(f"{JOBS}/{job_id}/results", params=query)


def rows(client, job_id, **query):
    """All rows, page by page."""
    found = []
    while True:
        page = get(client, job_id, **query).json()
        found += page["results"]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


def test_each_unit_comes_with_its_value_or_its_error(ann, done):
    page = get(ann, done).json()
    assert list(page) == ["job_id", "status", "stage", "results", "next_cursor"]
    assert (page["status"], page["stage"], page["next_cursor"]) == ("completed", None, None)
    assert page["results"][:2] == [
        {"stage": "do", "unit": 0, "value": 0, "error": None, "input": None, "attempts": 1},
        {"stage": "do", "unit": 1, "value": None, "error": "1 is bad", "input": 1, "attempts": 1},
    ]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_pages_show_each_unit_once(ann, done, limit):
    assert [row["unit"] for row in rows(ann, done, limit=limit)] == list(range(6))


@pytest.mark.parametrize("limit", [1, 500])
def test_only_failed_units_are_shown_when_asked(ann, done, limit):
    assert [row["unit"] for row in rows(ann, done, failed="true", limit=limit)] == [1, 4]


def test_results_of_a_running_job_lead_on(service, ann, create, workshop):
    job_id = create()
    pages = []
    workshop.during("do", 2, lambda: pages.append(get(ann, job_id).json()))
    service.driver.run()
    assert [row["unit"] for row in pages[0]["results"]] == [0, 1]
    following = get(ann, job_id, cursor=pages[0]["next_cursor"]).json()
    assert [row["unit"] for row in following["results"]] == [2, 3]


def test_a_stage_is_shown_by_name(service, ann, create, do):
    job_id = create(kind="draft")
    service.driver.run()
    do(job_id, "review", decision="approve")
    service.driver.run()
    assert [row["value"] for row in get(ann, job_id, stage="do").json()["results"]] == [0, 10, 20, 30]
    assert get(ann, job_id, stage="apply").json()["stage"] == "apply"
    assert get(ann, job_id, stage="nope").status_code == 422


def test_a_unit_that_was_retried_is_shown_once_with_all_its_attempts(service, ann, do, done):
    do(done, "retry")
    service.driver.run()
    found = sorted((row["unit"], row["attempts"]) for row in rows(ann, done))
    assert found == [(0, 1), (1, 2), (2, 1), (3, 1), (4, 2), (5, 1)]
    table = list(csv.reader(io.StringIO(get(ann, done, format="csv").text)))
    assert sorted((int(line[1]), int(line[-1])) for line in table[1:]) == found


@pytest.fixture
def drafted(service, create, do):
    """A job of two stages, in each of which a unit failed."""
    job_id = create(kind="draft", params={"units": 4, "bad": [1]})
    service.driver.run()
    do(job_id, "review", decision="approve")
    service.driver.run()
    return job_id


BOTH = [("do", 0), ("do", 1), ("do", 2), ("do", 3), ("apply", 0), ("apply", 1), ("apply", 2), ("apply", 3)]


def places(found):
    return [(row["stage"], row["unit"]) for row in found]


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_all_stages_are_read_in_order(ann, drafted, limit):
    assert places(rows(ann, drafted, limit=limit)) == BOTH
    assert places(rows(ann, drafted, stage="apply", limit=limit)) == BOTH[4:]
    assert places(rows(ann, drafted, failed="true", limit=limit)) == [("do", 1), ("apply", 1)]


def test_a_reader_of_all_stages_goes_on_where_the_next_one_begins(service, ann, create, do):
    job_id = create(kind="draft")
    service.driver.run()
    page = get(ann, job_id).json()
    assert places(page["results"]) == BOTH[:4]
    do(job_id, "review", decision="approve")
    service.driver.run()
    assert places(rows(ann, job_id, cursor=page["next_cursor"])) == BOTH[4:]


def test_a_cursor_survives_a_retry_and_shows_what_ran_again(service, ann, drafted, do, workshop):
    page = get(ann, drafted, limit=7).json()
    workshop.mended = True
    do(drafted, "retry")
    service.driver.run()
    assert ("do", 1) in places(get(ann, drafted, cursor=page["next_cursor"]).json()["results"])


def test_a_file_of_all_stages_names_each(ann, drafted):
    found = list(csv.DictReader(io.StringIO(get(ann, drafted, format="csv").text)))
    assert [(row["stage"], int(row["unit"])) for row in found] == BOTH


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_a_limit_makes_a_download_a_page(ann, done, format):
    answer, found = get(ann, done, format=format, limit=4), []
    while True:
        found.append(answer.text.splitlines())
        link = answer.headers.get("link")
        if link is None:
            break
        answer = ann.get(f"{JOBS}/{done}/{link.partition('>')[0].removeprefix('<')}")
    head = 1 if format == "csv" else 0
    assert [len(page) for page in found] == [4 + head, 2]


def test_a_page_that_is_empty_does_not_repeat_the_head(service, ann, create):
    job_id = create()
    answer = get(ann, job_id, format="csv")
    link = answer.headers["link"].partition(">")[0].removeprefix("<")
    assert answer.text.splitlines() == ["stage,unit,value,error,input,attempts"]
    assert ann.get(f"{JOBS}/{job_id}/{link}").text == ""


def test_a_csv_file_has_a_line_for_each_unit(ann, done):
    answer = get(ann, done, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    found = list(csv.reader(io.StringIO(answer.text)))
    assert found[:3] == [
        ["stage", "unit", "value", "error", "input", "attempts"],
        ["do", "0", "0", "", "", "1"],
        ["do", "1", "", "1 is bad", "1", "1"],
    ]
    assert len(found) == 7


def test_a_download_is_of_failed_units_when_asked(ann, done):
    answer = get(ann, done, format="jsonl", failed="true")
    assert [json.loads(line)["unit"] for line in answer.text.splitlines()] == [1, 4]


def test_a_large_download_of_the_whole_is_not_one_of_the_failed(ann, done, service, monkeypatch):
    monkeypatch.setattr("fermata.api.result_export.PAGE_BYTES", 60)
    monkeypatch.setattr(type(service.engine.blobs), "link", lambda self, key, seconds: f"http://files/{key}")
    places = {get(ann, done, format="jsonl", failed=failed).headers["location"] for failed in ("true", "false")}
    stored = [service.world.blobs[place.removeprefix("http://files/")] for place in places]
    assert sorted(len(data.splitlines()) for data in stored) == [2, 6]


def test_a_download_of_a_running_job_links_to_the_rest(service, ann, create, workshop):
    job_id = create()
    answers = []
    workshop.during("do", 2, lambda: answers.append(get(ann, job_id, format="jsonl", failed="false")))
    service.driver.run()
    link = answers[0].headers["link"].partition(">")[0].removeprefix("<")
    following = ann.get(f"{JOBS}/{job_id}/{link}")
    assert [json.loads(line)["unit"] for line in following.text.splitlines()] == [2, 3]


def test_a_cursor_serves_only_the_results_it_came_from(ann, create, service, done):
    cursor = get(ann, done, limit=1).json()["next_cursor"]
    other = create()
    service.driver.run()
    assert get(ann, other, cursor=cursor).status_code == 422
    assert get(ann, done, cursor=cursor, failed="true").status_code == 422
    assert get(ann, done, cursor=cursor + "x").status_code == 422


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=501", "format=xml", "failed=x", "cursor=", "stage=", "page=1"]
)
def test_results_refuse_what_they_do_not_know(ann, done, query):
    assert ann.get(f"{JOBS}/{done}/results?{query}").status_code == 422
