from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

AUDIT = "/api/v1/audit"
JOBS = "/api/v1/jobs"


@pytest.fixture
def admin(service):
    return service.key()


@pytest.fixture
def some(service, admin, ann):
    """Five records: pause and resume of the system by the admin, three refusals of ann."""
    admin.post("/api/v1/system/processing/pause", json={"reason": "x"})
    ann.post(f"{JOBS}/jobs:nope/pause")
    ann.post(f"{JOBS}/jobs:nope/cancel")
    ann.post("/api/v1/system/processing/resume")
    admin.post("/api/v1/system/processing/resume")


def numbers(client, **query):
    answer = client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    return [record["number"] for record in answer.json()["records"]]


def test_a_record_says_who_did_what_to_what_and_when(service, admin, some):
    record = admin.get(AUDIT).json()["records"][1]
    assert (record["number"], record["user"], record["action"], record["target"]) == (
        2,
        "ann",
        "jobs.pause",
        "jobs:nope",
    )
    assert record["outcome"] == "refused: job not found: jobs:nope"
    assert record["at"].endswith("Z")


def test_a_record_can_be_checked_by_whoever_reads_it(admin, some):
    previous = ""
    for record in admin.get(AUDIT).json()["records"]:
        names = ("user", "action", "target", "time", "outcome", "trace", "previous")
        facts = [record["number"], "default", *(record[name] for name in names)]
        digest = hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()
        assert (record["hash"], record["previous"]) == (digest, previous)
        previous = digest


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"action": "jobs.pause"}, [2]),
        ({"target": "system"}, [1, 4, 5]),
        ({"user": "ann"}, [2, 3, 4]),
        ({"outcome": "done"}, [1, 5]),
        ({"outcome": "refused"}, [2, 3, 4]),
        ({"outcome": "refused: this needs the scope admin"}, [4]),
        ({"user": "ann", "target": "system"}, [4]),
        ({"limit": 2}, [1, 2]),
        ({"from": "2999-01-01T00:00:00Z"}, []),
        ({"to": "2999-01-01T00:00:00Z"}, [1, 2, 3, 4, 5]),
        ({"to": "2020-01-01T00:00:00Z"}, []),
    ],
)
def test_the_log_is_filtered(admin, some, query, expected):
    assert numbers(admin, **query) == expected


@pytest.mark.parametrize("query", [{}, {"user": "ann"}])
def test_pages_follow_one_another_without_gap_or_repeat(admin, some, query):
    whole, shown, cursor = numbers(admin, **query), [], None
    while True:
        page = admin.get(AUDIT, params={**query, "limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        shown += [record["number"] for record in page["records"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert shown == whole


def test_a_page_that_looked_far_enough_leads_on(admin, some, monkeypatch):
    monkeypatch.setattr("fermata.control.audit.MOST", 2)
    page = admin.get(AUDIT, params={"user": "nobody"}).json()
    assert page["records"] == []
    assert page["next_cursor"] is not None


def test_a_cursor_serves_only_the_list_it_came_from(service, admin, some):
    cursor = admin.get(AUDIT, params={"limit": 1}).json()["next_cursor"]
    assert admin.get(AUDIT, params={"cursor": cursor, "user": "ann"}).status_code == 422
    assert service.key("sk_test_other").get(AUDIT, params={"cursor": cursor}).status_code == 422


def test_the_log_is_exported_as_json_lines(admin, some):
    answer = admin.get(AUDIT, params={"format": "jsonl", "user": "ann"})
    assert answer.headers["content-type"] == "application/jsonl"
    assert [json.loads(line)["number"] for line in answer.text.splitlines()] == [2, 3, 4]
    assert "link" not in answer.headers


def test_a_long_export_links_to_the_rest(admin, some, monkeypatch):
    monkeypatch.setattr("fermata.api.audit.reading.EXPORTED", 2)
    answer = admin.get(AUDIT, params={"format": "jsonl", "user": "ann"})
    link = answer.headers["link"].partition(">")[0].removeprefix("<")
    rest = admin.get(f"/api/v1/{link}")
    assert [json.loads(line)["number"] for line in rest.text.splitlines()] == [4]


def test_clearing_the_systems_events_leaves_the_log(admin, some):
    admin.delete("/api/v1/system/processing/events")
    assert numbers(admin) == [1, 2, 3, 4, 5, 6]


def test_a_chain_that_nobody_touched_is_intact(admin, some):
    proof = admin.get(f"{AUDIT}/verification").json()
    assert list(proof) == ["intact", "checked", "broken_at", "last", "hash", "whole"]
    assert (proof["intact"], proof["checked"], proof["broken_at"], proof["last"], proof["whole"]) == (
        True,
        5,
        None,
        5,
        True,
    )


def test_an_empty_chain_is_intact(admin):
    assert admin.get(f"{AUDIT}/verification").json()["intact"] is True


def changed(chain):
    chain[2] = replace(chain[2], act=replace(chain[2].act, outcome="done"))


def rewritten(chain):
    act = replace(chain[2].act, outcome="done")
    chain[2] = type(chain[2]).following(chain[1], act)


def removed(chain):
    del chain[2]


def swapped(chain):
    chain[2], chain[3] = replace(chain[3], number=3), replace(chain[2], number=4)


def renumbered(chain):
    act, previous = chain[2].act, chain[2].previous
    chain[2] = type(chain[2])(7, act, previous, chain[2].digest(7, act, previous))


@pytest.mark.parametrize(("tamper", "at"), [(renumbered, 7), (changed, 3), (rewritten, 4), (removed, 4), (swapped, 3)])
def test_a_chain_that_somebody_touched_is_broken_there(service, admin, some, tamper, at):
    tamper(service.world.audit["default"])
    proof = admin.get(f"{AUDIT}/verification").json()
    assert (proof["intact"], proof["broken_at"]) == (False, at)


def test_a_chain_that_was_cut_off_is_found_out_by_a_hash_kept_elsewhere(service, admin, some):
    proof = admin.get(f"{AUDIT}/verification").json()
    kept = {"last": proof["last"], "hash": proof["hash"]}
    assert admin.get(f"{AUDIT}/verification", params=kept).json()["intact"] is True
    del service.world.audit["default"][-1]
    assert admin.get(f"{AUDIT}/verification", params=kept).json()["intact"] is False


def test_a_long_chain_is_checked_in_stretches(admin, some, monkeypatch):
    monkeypatch.setattr("fermata.control.audit.MOST", 3)
    first = admin.get(f"{AUDIT}/verification").json()
    assert (first["checked"], first["whole"]) == (3, False)
    second = admin.get(f"{AUDIT}/verification", params={"last": first["last"], "hash": first["hash"]}).json()
    assert (second["checked"], second["whole"], second["intact"]) == (2, True, True)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=501",
        "action=",
        "from=x",
        "to=x",
        "cursor=x",
        "cursor=",
        "format=csv",
        "tenant=other",
    ],
)
def test_the_log_refuses_what_it_does_not_know(admin, query):
    assert admin.get(f"{AUDIT}?{query}").status_code == 422


@pytest.mark.parametrize("query", ["last=-1", "last=x", "hash=x", "hash=" + "g" * 64])
def test_a_verification_refuses_what_it_does_not_know(admin, query):
    assert admin.get(f"{AUDIT}/verification?{query}").status_code == 422


def test_reading_the_log_leaves_no_record(service, admin, some):
    before = service.audit()
    admin.get(AUDIT)
    admin.get(f"{AUDIT}/verification")
    assert service.audit() == before
