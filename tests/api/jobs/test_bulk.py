from __future__ import annotations

import pytest
from fermata.domain.errors import Unavailable

JOBS = "/api/v1/jobs"


@pytest.fixture
def bulk(ann):
    def bulk(verb, **body):
        answer = ann.post(f"{JOBS}/{verb}", json={"filter": {}} | body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return bulk


@pytest.fixture
def three(create):
    """Three pending jobs; the last is in another workspace."""
    return [create(), create(), create(workspace="w2")]


def statuses(service, ids):
    return [service.engine.store.job(("default", job_id)).status.value for job_id in ids]


def test_jobs_are_paused_resumed_and_cancelled_by_filter(service, bulk, three):
    for verb, expected in (("pause", "paused"), ("resume", "pending"), ("cancel", "cancelled")):
        with service.leaves_one_record():
            answer = bulk(verb, filter={"workspace": "default"})
        assert (answer["count"], answer["dry_run"], answer["next_cursor"]) == (2, False, None)
        assert sorted(outcome["job_id"] for outcome in answer["outcomes"]) == sorted(three[:2])
        assert {(outcome["outcome"], outcome["status"], outcome["error"]) for outcome in answer["outcomes"]} == {
            ("done", expected, None)
        }
    assert statuses(service, three) == ["cancelled", "cancelled", "pending"]
    assert service.audit()[-1] == ("jobs.cancel_many", "jobs", "done")


def test_a_dry_run_says_what_would_be_done_and_does_nothing(service, bulk, three):
    before = service.audit()
    answer = bulk("cancel", dry_run=True)
    assert (answer["count"], answer["dry_run"]) == (3, True)
    assert {outcome["outcome"] for outcome in answer["outcomes"]} == {"would be done"}
    assert statuses(service, three) == ["pending"] * 3
    assert service.audit() == before


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_job_that_can_not_does_not_keep_the_others_from_it(bulk, do, three, dry_run):
    do(three[0], "pause")
    answer = bulk("pause", dry_run=dry_run)
    refused = [outcome for outcome in answer["outcomes"] if outcome["outcome"] == "refused"]
    assert [(outcome["job_id"], outcome["error"]) for outcome in refused] == [
        (three[0], "cannot pause a job that is paused")
    ]
    assert answer["count"] == 2


def test_a_job_that_a_busy_service_kept_from_it_is_told(service, bulk, three, monkeypatch):
    job = service.engine.store.job

    def sometimes(ref):
        if ref.id == three[1]:
            raise Unavailable("throttled")
        return job(ref)

    monkeypatch.setattr(service.engine.store, "job", sometimes)
    outcomes = {outcome["job_id"]: outcome["outcome"] for outcome in bulk("cancel")["outcomes"]}
    assert outcomes == {three[0]: "done", three[1]: "failed", three[2]: "done"}


def test_jobs_that_are_over_are_left_alone_unless_asked_for(service, bulk, do, three):
    do(three[0], "cancel")
    assert len(bulk("cancel", dry_run=True)["outcomes"]) == 2
    answer = bulk("cancel", filter={"status": ["cancelled"]})
    assert (answer["count"], answer["outcomes"][0]["outcome"]) == (0, "refused")


def test_reason_and_end_reach_each_job(service, bulk, three):
    bulk("pause", reason="window", until="2999-01-01T00:00:00Z")
    for job_id in three:
        (hold,) = service.engine.store.job(("default", job_id)).holds
        assert (hold.reason, hold.until, hold.owner) == ("window", 32_472_144_000.0, "ann")


def test_a_call_takes_on_as_many_as_it_is_told_and_says_where_to_go_on(bulk, three):
    first = bulk("pause", limit=2)
    assert (len(first["outcomes"]), first["next_cursor"] is None) == (2, False)
    second = bulk("pause", limit=2, cursor=first["next_cursor"])
    assert [outcome["outcome"] for outcome in second["outcomes"]] == ["done"]
    assert second["next_cursor"] is None


def test_a_call_that_takes_too_long_says_where_to_go_on(service, bulk, create, monkeypatch):
    monkeypatch.setattr("fermata.control.bulk.SIDE_BY_SIDE", 1)
    monkeypatch.setattr("fermata.control.bulk.SECONDS", -1.0)
    for _ in range(3):
        create()
    first = bulk("cancel")
    assert len(first["outcomes"]) == 1
    monkeypatch.undo()
    assert bulk("cancel", cursor=first["next_cursor"])["count"] == 2


def test_a_cursor_serves_only_the_filter_it_came_from(service, ann, bulk, three):
    cursor = bulk("pause", limit=1, dry_run=True)["next_cursor"]
    other = {"filter": {"workspace": "w2"}, "cursor": cursor}
    assert ann.post(f"{JOBS}/pause", json=other).status_code == 422
    assert service.key("sk_test_other").post(f"{JOBS}/pause", json={"filter": {}, "cursor": cursor}).status_code == 422


def test_no_other_tenants_job_is_touched(service, create, bulk, three):
    theirs = create(service.key("sk_test_other"))
    bulk("cancel")
    assert service.engine.store.job(("other", theirs)).status == "pending"


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        [],
        {"filter": None},
        {"filter": []},
        {"filter": {"kinds": "work"}},
        {"filter": {"status": ["x"]}},
        {"filter": {"status": "paused"}},
        {"filter": {"held": "true"}},
        {"filter": {"from": "x"}},
        {"filter": {"to": 5}},
        {"filter": {}, "limit": 0},
        {"filter": {}, "limit": -1},
        {"filter": {}, "limit": 501},
        {"filter": {}, "dry_run": "no"},
        {"filter": {}, "cursor": "x"},
        {"filter": {}, "job_ids": []},
    ],
)
def test_a_request_that_is_none_is_refused(service, ann, create, verb, body):
    job_id = create()
    with service.leaves_one_record():
        assert ann.post(f"{JOBS}/{verb}", json=body).status_code == 422
    assert statuses(service, [job_id]) == ["pending"]


def test_the_largest_limit_is_taken(bulk):
    assert bulk("pause", limit=500)["outcomes"] == []


@pytest.mark.parametrize("verb", ["pause", "cancel"])
def test_a_reason_of_500_characters_is_taken_and_one_more_is_not(ann, bulk, verb):
    bulk(verb, reason="x" * 500)
    assert ann.post(f"{JOBS}/{verb}", json={"filter": {}, "reason": "x" * 501}).status_code == 422


def test_jobs_are_named_by_their_ids_in_the_callers_order(service, bulk, three):
    with service.leaves_one_record():
        answer = bulk("pause", filter=None, ids=[three[2], "jobs:none", three[0], three[2]])
    assert [(one["job_id"], one["status"], one["outcome"]) for one in answer["outcomes"]] == [
        (three[2], "paused", "done"),
        ("jobs:none", None, "refused"),
        (three[0], "paused", "done"),
    ]
    assert statuses(service, three) == ["paused", "pending", "paused"]


def test_ids_can_be_tried_first(bulk, service, three):
    answer = bulk("cancel", filter=None, ids=three[:1], dry_run=True)
    assert [one["outcome"] for one in answer["outcomes"]] == ["would be done"]
    assert statuses(service, three) == ["pending"] * 3


@pytest.mark.parametrize("extra", [{"filter": {}}, {"cursor": "x"}, {"ids": []}, {"ids": ["x" * 171]}, {"ids": ["."]}])
def test_either_ids_or_a_filter_is_needed(ann, three, extra):
    assert ann.post(f"{JOBS}/pause", json={"ids": three[:1]} | extra).status_code == 422


def test_another_tenants_id_is_one_that_there_is_not(service, create, bulk):
    theirs = create(service.key("sk_test_other"))
    assert bulk("cancel", filter=None, ids=[theirs])["outcomes"][0]["error"] == f"Job not found: {theirs}"
    assert service.engine.store.job(("other", theirs)).status == "pending"


def test_completed_jobs_with_failed_units_are_retried_where_the_filter_asks_for_such(service, bulk, create, workshop):
    create(), (failed := create(params={"bad": [1]}))
    service.driver.run()
    workshop.mended = True
    assert bulk("retry")["outcomes"] == []
    answer = bulk("retry", filter={"failed_units": True})
    assert [(one["job_id"], one["outcome"]) for one in answer["outcomes"]] == [(failed, "done")]
    service.driver.run()
    assert bulk("retry", filter={"failed_units": True})["outcomes"] == []


def test_what_failed_is_retried_by_filter_and_by_ids(service, bulk, create, workshop):
    failed = [create(params={"units": 2, "bad": [0, 1]}) for _ in range(2)]
    service.driver.run()
    workshop.mended = True
    assert bulk("retry", filter={"kind": "work"}, limit=1)["count"] == 1
    assert bulk("retry", filter=None, ids=failed)["count"] == 1
    service.driver.run()
    assert statuses(service, failed) == ["completed"] * 2
    assert service.audit()[-1] == ("jobs.retry_many", "jobs", "done")
