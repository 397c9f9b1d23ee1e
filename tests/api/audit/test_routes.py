from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

import pytest
from fermata.api.refusals import PER_MINUTE

AUDIT = "/api/v1/audit"
JOBS = "/api/v1/jobs"


@pytest.fixture
def admin(service):
    return service.key()


@pytest.fixture
def some(service, admin, ann):
    """Records d1 and d2, r1 to r3: pause and resume of the system by the admin, three refusals of ann."""
    admin.post("/api/v1/system/processing/pause", json={"reason": "x"})
    ann.post(f"{JOBS}/jobs:nope/pause")
    ann.post(f"{JOBS}/jobs:nope/cancel")
    ann.post("/api/v1/system/processing/resume")
    admin.post("/api/v1/system/processing/resume")


def numbers(client, **query):
    answer = client.get(AUDIT, params=query)
    assert answer.status_code == 200, answer.text
    return [named(record) for record in answer.json()["records"]]


def named(record):
    """The first letter of its chain, and its number there."""
    return f"{record['chain'][0]}{record['number']}"


def test_a_record_says_who_did_what_to_what_and_when(service, admin, some):
    record = admin.get(AUDIT).json()["records"][1]
    assert (named(record), record["user"], record["action"], record["target"]) == (
        "r1",
        "ann",
        "jobs.pause",
        "jobs:nope",
    )
    assert record["outcome"] == "refused: job not found: jobs:nope"
    assert record["at"].endswith("Z")


def test_whoever_has_the_key_can_check_a_record(service, admin, some):
    previous = {"done": "", "refused": ""}
    for record in admin.get(AUDIT).json()["records"]:
        names = ("user", "action", "target", "time", "outcome", "trace", "previous", "scopes", "key")
        facts = [record["number"], "default", *(record[name] for name in names)]
        facts += [record["reason"]] if record["reason"] is not None else []
        text = json.dumps(facts, separators=(",", ":")).encode()
        digest = hmac.new(service.engine.secrets.key(record["key"]), text, hashlib.sha256).hexdigest()
        assert (record["hash"], record["previous"]) == (digest, previous[record["chain"]])
        previous[record["chain"]] = digest


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["d1", "r1", "r2", "r3", "d2"]),
        ({"action": "jobs.pause"}, ["r1"]),
        ({"target": "system"}, ["d1", "r3", "d2"]),
        ({"user": "ann"}, ["r1", "r2", "r3"]),
        ({"outcome": "done"}, ["d1", "d2"]),
        ({"outcome": "refused"}, ["r1", "r2", "r3"]),
        ({"outcome": "refused: this needs the scope admin"}, ["r3"]),
        ({"user": "ann", "target": "system"}, ["r3"]),
        ({"limit": 2}, ["d1", "r1"]),
        ({"from": "2999-01-01T00:00:00Z"}, []),
        ({"to": "2999-01-01T00:00:00Z"}, ["d1", "r1", "r2", "r3", "d2"]),
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
        shown += [named(record) for record in page["records"]]
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
    assert [named(json.loads(line)) for line in answer.text.splitlines()] == ["r1", "r2", "r3"]
    assert "link" not in answer.headers


def test_a_long_export_links_to_the_rest(admin, some, monkeypatch):
    monkeypatch.setattr("fermata.api.audit.routes.EXPORTED", 2)
    answer = admin.get(AUDIT, params={"format": "jsonl", "user": "ann"})
    link = answer.headers["link"].partition(">")[0].removeprefix("<")
    rest = admin.get(f"/api/v1/{link}")
    assert [named(json.loads(line)) for line in rest.text.splitlines()] == ["r3"]


def test_clearing_the_systems_events_leaves_the_log(admin, some):
    admin.delete("/api/v1/system/processing/events")
    assert numbers(admin) == ["d1", "r1", "r2", "r3", "d2", "d3"]


@pytest.mark.parametrize(("chain", "count"), [("done", 2), ("refused", 3)])
def test_a_chain_that_nobody_touched_is_intact(admin, some, chain, count):
    proof = admin.get(f"{AUDIT}/verification", params={"chain": chain}).json()
    assert list(proof) == ["intact", "checked", "broken_at", "last", "hash", "whole", "anchored"]
    assert (proof["intact"], proof["checked"], proof["broken_at"]) == (True, count, None)
    assert (proof["last"], proof["whole"], proof["anchored"]) == (count, True, count)


def test_an_empty_chain_is_intact(admin):
    assert admin.get(f"{AUDIT}/verification").json()["intact"] is True


@pytest.fixture
def five(admin, some):
    """Three more acts."""
    for verb in ("pause", "resume", "pause"):
        admin.post(f"/api/v1/system/processing/{verb}")


def guessed(purpose):
    return b"a guess"


def changed(chain, key_of):
    chain[2] = replace(chain[2], act=replace(chain[2].act, target="other"))


def given_more_scopes(chain, key_of):
    actor = replace(chain[2].act.actor, scopes=frozenset({"read"}))
    chain[2] = replace(chain[2], act=replace(chain[2].act, actor=actor))


def rewritten(chain, key_of):
    chain[2] = type(chain[2]).following(chain[1], replace(chain[2].act, target="other"), key_of)


def rewritten_by_a_guess(chain, key_of):
    for place in range(2, 5):
        chain[place] = type(chain[2]).following(chain[place - 1], chain[place].act, guessed)


def removed(chain, key_of):
    del chain[2]


def swapped(chain, key_of):
    chain[2], chain[3] = replace(chain[3], number=3), replace(chain[2], number=4)


def renumbered(chain, key_of):
    moved = replace(chain[2], number=7)
    chain[2] = replace(moved, hash=moved.digest(key_of))


def without_key(chain, key_of):
    """As the first release wrote them: whoever can write the table could make such a one."""
    for place in range(2, 5):
        bare = replace(chain[place], key="", previous=chain[place - 1].hash)
        chain[place] = replace(bare, hash=bare.digest(key_of))


def cut(chain, key_of):
    del chain[3:]


def rewritten_to_the_end(chain, key_of):
    """By somebody who has the key."""
    for place in range(2, 5):
        act = replace(chain[place].act, target="other")
        chain[place] = type(chain[2]).following(chain[place - 1], act, key_of)


@pytest.mark.parametrize(
    ("tamper", "at"),
    [
        (renumbered, 7),
        (changed, 3),
        (given_more_scopes, 3),
        (rewritten, 4),
        (rewritten_by_a_guess, 3),
        (removed, 4),
        (swapped, 3),
        (without_key, 3),
        (cut, 4),
        (rewritten_to_the_end, 5),
    ],
)
def test_a_chain_that_somebody_touched_is_broken_there(service, admin, five, tamper, at):
    tamper(service.world.audit["default"], service.engine.secrets.key)
    proof = admin.get(f"{AUDIT}/verification").json()
    assert (proof["intact"], proof["broken_at"]) == (False, at)


def test_a_chain_of_which_nothing_is_left_is_found_out(service, admin, some):
    service.world.audit["default"].clear()
    proof = admin.get(f"{AUDIT}/verification").json()
    assert (proof["intact"], proof["broken_at"]) == (False, 1)


def test_a_chain_that_was_cut_off_is_found_out_by_a_hash_kept_elsewhere(service, admin, some):
    proof = admin.get(f"{AUDIT}/verification").json()
    kept = {"last": proof["last"], "hash": proof["hash"]}
    assert admin.get(f"{AUDIT}/verification", params=kept).json()["intact"] is True
    del service.world.audit["default"][-1]
    assert admin.get(f"{AUDIT}/verification", params=kept).json()["intact"] is False


def test_a_long_chain_is_checked_in_stretches(admin, five, monkeypatch):
    monkeypatch.setattr("fermata.control.audit.MOST", 3)
    first = admin.get(f"{AUDIT}/verification").json()
    assert (first["checked"], first["whole"]) == (3, False)
    second = admin.get(f"{AUDIT}/verification", params={"last": first["last"], "hash": first["hash"]}).json()
    assert (second["checked"], second["whole"], second["intact"]) == (2, True, True)


def test_what_a_caller_is_refused_again_and_again_is_recorded_some_times_and_then_said_to_be(service, ann):
    for _ in range(PER_MINUTE + 10):
        assert ann.post(f"{JOBS}/jobs:nope/pause").status_code == 404
    recorded = [record.act.outcome for record in service.world.refused["default"]]
    assert PER_MINUTE <= len(recorded) <= 2 * PER_MINUTE  # the minute may have turned meanwhile
    assert any(outcome.endswith("is not recorded") for outcome in recorded)


def test_refusals_do_not_contend_with_acts(service, admin, ann):
    ann.post(f"{JOBS}/jobs:nope/pause")
    admin.post("/api/v1/system/processing/pause")
    assert [len(chain["default"]) for chain in (service.world.audit, service.world.refused)] == [1, 1]


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


@pytest.mark.parametrize(
    "query", ["last=-1", "last=x", "last=1000000000000", "chain=both", "hash=x", "hash=" + "g" * 64]
)
def test_a_verification_refuses_what_it_does_not_know(admin, query):
    assert admin.get(f"{AUDIT}/verification?{query}").status_code == 422


def test_reading_the_log_leaves_no_record(service, admin, some):
    before = service.audit()
    admin.get(AUDIT)
    admin.get(f"{AUDIT}/verification")
    assert service.audit() == before
