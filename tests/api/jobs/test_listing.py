from __future__ import annotations

import pytest
from fermata.domain.jobs import Ref

JOBS = "/api/v1/jobs"


@pytest.fixture
def listed(ann):
    def listed(**query):
        answer = ann.get(JOBS, params=query)
        assert answer.status_code == 200, answer.text
        return [job["id"] for job in answer.json()["jobs"]]

    return listed


@pytest.fixture
def six(service, create, do, monkeypatch):
    """Six jobs a minute apart from 2026-04-13T09:00 on: done, paused, pending, pending in w2, a draft, failed."""
    clock = type(service.engine.clock)
    for minute in range(6):
        monkeypatch.setattr(clock, "now", lambda self, minute=minute: 1_776_070_800.0 + minute * 60)
        if minute == 0:
            ids = [create()]
            service.driver.run()
        elif minute == 1:
            ids.append(create())
            do(ids[-1], "pause")
        elif minute == 3:
            ids.append(create(workspace="w2"))
        elif minute == 4:
            ids.append(create(kind="draft"))
        elif minute == 5:
            ids.append(create())
            do(ids[-1], "cancel")
        else:
            ids.append(create())
    return ids


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "543210"),
        ({"kind": "draft"}, "4"),
        ({"kind": "nonsense"}, ""),
        ({"status": "paused"}, "1"),
        ({"status": ["paused", "cancelled"]}, "51"),
        ({"workspace": "w2"}, "3"),
        ({"workspace": "w2", "status": "paused"}, ""),
        ({"held": "true"}, "1"),
        ({"held": "false"}, "432"),
        ({"family": "batch"}, ""),
        ({"family": "jobs", "limit": 2}, "54"),
        ({"from": "2026-04-13T09:02:00Z"}, "5432"),
        ({"to": "2026-04-13T09:02:00Z"}, "10"),
        ({"from": "2026-04-13T09:01:00", "to": "2026-04-13T11:03:00+02:00"}, "21"),
        ({"from": "2026-04-13T09:00:00Z", "held": "true", "kind": "work"}, "1"),
    ],
)
def test_a_list_shows_what_was_asked_for(six, listed, query, expected):
    assert listed(**query) == [six[int(number)] for number in expected]


@pytest.fixture
def failing(service, create, do, workshop):
    """Four jobs, oldest first: without a failed unit, with one, with one while it is still open, without one so far."""
    ids = [create(), create(params={"bad": [1]})]
    service.driver.run()
    for bad in ([0], []):
        ids.append(create(params={"bad": bad}))
        workshop.during("do", 1, lambda: do(ids[-1], "pause"))
        service.driver.run()
    return ids


def test_jobs_with_failed_units_are_told_from_those_without_also_before_they_are_over(failing, listed):
    done, failed, open_, clean = failing
    assert (listed(failed_units="true"), listed(failed_units="false")) == ([open_, failed], [clean, done])
    assert listed(failed_units="true", status="completed") == [failed]
    assert listed(failed_units="true", held="true") == [open_]


def test_pages_of_jobs_with_failed_units_miss_none_and_read_no_more_than_others(
    service, ann, create, do, failing, monkeypatch
):
    for _ in range(40):
        do(create(), "cancel")
    monkeypatch.setattr("fermata.control.queries.LOOK", 10)
    read, jobs, chunks = [], service.engine.store.jobs, service.engine.ledger.chunks
    monkeypatch.setattr(service.engine.store, "jobs", lambda listing: read.append(listing.limit) or jobs(listing))
    monkeypatch.setattr(service.engine.ledger, "chunks", lambda *args: read.append(args) or chunks(*args))
    found, page = [], {"next_cursor": None}
    for call in range(1, 20):
        query = {"failed_units": "true", "limit": 1} | ({"cursor": page["next_cursor"]} if page["next_cursor"] else {})
        page = ann.get(JOBS, params=query).json()
        found += [job["id"] for job in page["jobs"]]
        assert len(read) <= 14 * call
        if page["next_cursor"] is None:
            break
    assert found == [failing[2], failing[1]]


def test_a_system_pause_holds_every_open_job(service, six, listed):
    service.key().post("/api/v1/system/processing/pause")
    assert listed(held="true") == [six[number] for number in (4, 3, 2, 1)]


@pytest.mark.parametrize("query", [{}, {"kind": "work"}, {"held": "false"}, {"status": ["pending", "paused"]}])
def test_pages_follow_one_another_without_gap_or_repeat(ann, six, listed, query):
    whole, shown, cursor = listed(**query), [], None
    while True:
        page = ann.get(JOBS, params={**query, "limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        shown += [job["id"] for job in page["jobs"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert shown == whole


def test_a_page_takes_one_query_however_it_is_filtered(service, six, listed, monkeypatch):
    asked = []
    jobs = service.engine.store.jobs
    monkeypatch.setattr(service.engine.store, "jobs", lambda listing: asked.append(listing) or jobs(listing))
    for query in ({}, {"kind": "draft"}, {"held": "true"}, {"limit": 1}):
        listed(**query)
    assert len(asked) == 4


def test_a_sieved_page_leads_on_past_what_it_looked_at(ann, six, monkeypatch):
    monkeypatch.setattr("fermata.control.queries.LOOK", 2)
    page = ann.get(JOBS, params={"held": "true"}).json()
    assert page["jobs"] == []
    seen = []
    while page["next_cursor"]:
        page = ann.get(JOBS, params={"held": "true", "cursor": page["next_cursor"]}).json()
        seen += [job["id"] for job in page["jobs"]]
    assert seen == [six[1]]


def test_a_cursor_serves_only_the_list_it_came_from(service, ann, six):
    cursor = ann.get(JOBS, params={"limit": 1}).json()["next_cursor"]
    assert ann.get(JOBS, params={"cursor": cursor, "kind": "work"}).status_code == 422
    assert service.key("sk_test_other").get(JOBS, params={"cursor": cursor}).status_code == 422
    assert ann.get(JOBS, params={"cursor": cursor[::-1]}).status_code == 422


def test_a_cursor_outlives_the_job_it_stands_at(service, ann, six):
    page = ann.get(JOBS, params={"limit": 2}).json()
    del service.world.jobs[Ref("default", six[4])]
    following = ann.get(JOBS, params={"cursor": page["next_cursor"], "limit": 2}).json()
    assert [job["id"] for job in following["jobs"]] == [six[3], six[2]]


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=501",
        "limit=x",
        "status=x",
        "status=",
        "held=x",
        "held=",
        "family=x",
        "workspace=a|b",
        "from=x",
        "from=2026",
        "to=",
        "from=1776070800",
        "cursor=",
        "cursor=x",
        "kinds=work",
        "from=2026-13-01T00:00:00Z",
    ],
)
def test_a_list_refuses_what_it_does_not_know(ann, query):
    assert ann.get(f"{JOBS}?{query}").status_code == 422


def test_times_at_the_ends_of_the_calendar_do_no_harm(six, listed):
    assert listed(**{"from": "0001-01-01T00:00:00Z"}) == six[::-1]
    assert listed(**{"to": "0001-01-01T00:00:00+23:59"}) == []
    assert listed(**{"from": "9999-12-31T23:59:59Z"}) == []


@pytest.fixture
def labelled(service, ann, create):
    """Three jobs by age: two of team data, one of them bob's."""
    bob = service.user("bob")
    return [
        create(labels={"team": "data", "stage": "raw"}, params={"units": 1}),
        create(client=bob, labels={"team": "data"}, params={"units": 2}),
        create(labels={"team": "web"}, params={"units": 3}),
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"label": "team=data"}, [1, 0]),
        ({"label": "stage"}, [0]),
        ({"label": ["team=data", "stage=raw"]}, [0]),
        ({"label": "team="}, []),
        ({"user": "bob"}, [1]),
        ({"text": "TEAM=WEB"}, [2]),
        ({"text": '"units": 2'}, [1]),
        ({"text": "nowhere"}, []),
        ({"sort": "oldest"}, [0, 1, 2]),
        ({"sort": "oldest", "label": "team=data"}, [0, 1]),
    ],
)
def test_jobs_are_found_by_label_user_and_text_in_either_order(ann, labelled, query, expected):
    found = [job["id"] for job in ann.get(JOBS, params=query).json()["jobs"]]
    assert found == [labelled[place] for place in expected]


@pytest.mark.parametrize("sort", ["oldest", "newest"])
def test_pages_of_either_order_follow_one_another(ann, labelled, sort):
    shown, cursor = [], None
    while True:
        page = ann.get(JOBS, params={"sort": sort, "limit": 1} | ({"cursor": cursor} if cursor else {})).json()
        shown += [job["id"] for job in page["jobs"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert shown == (labelled if sort == "oldest" else labelled[::-1])


def test_a_cursor_of_one_order_is_none_of_the_other(ann, labelled):
    cursor = ann.get(JOBS, params={"sort": "oldest", "limit": 1}).json()["next_cursor"]
    assert ann.get(JOBS, params={"cursor": cursor}).status_code == 422


def test_jobs_are_counted_by_status(service, ann, labelled, do, create):
    do(labelled[0], "cancel")
    create(workspace="w2")
    create(service.key("sk_test_other"))
    answer = ann.get(f"{JOBS}/counts", params={"workspace": "default"}).json()
    assert {status: count for status, count in answer["counts"].items() if count} == {"cancelled": 1, "pending": 2}
    assert (answer["total"], len(answer["counts"])) == (3, 8)
    assert ann.get(f"{JOBS}/counts").json()["total"] == 4
    assert ann.get(f"{JOBS}/counts", params={"to": "2001-01-01T00:00:00Z"}).json()["total"] == 0


def test_what_no_index_tells_can_not_be_counted(ann):
    assert ann.get(f"{JOBS}/counts", params={"kind": "work"}).status_code == 422


@pytest.mark.parametrize("label", ["", "=x", "a b", "x" * 64, "ä=1"])
def test_a_label_that_is_none_is_refused(ann, label):
    assert ann.get(JOBS, params={"label": label}).status_code == 422
    assert ann.post(JOBS, json={"kind": "work", "labels": {label: "x"}}).status_code == 422
