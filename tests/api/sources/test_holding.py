from __future__ import annotations

import pytest
from fermata.domain.errors import Unavailable

SOURCES = "/api/v1/sources"


def read(client, source_id):
    return client.get(f"{SOURCES}/{source_id}").json()


def pause(client, source_id, **body):
    return client.post(f"{SOURCES}/{source_id}/pause", json=body)


def resume(client, source_id):
    return client.post(f"{SOURCES}/{source_id}/resume")


def test_the_documented_pause_and_resume_answer_as_documented(service, ann, give):
    source_id = give()
    with service.leaves_one_record():
        answer = pause(ann, source_id, reason="Reviewing extraction settings")
    assert (answer.status_code, answer.json()) == (200, {"source_id": source_id, "paused": True})
    with service.leaves_one_record():
        answer = resume(ann, source_id)
    assert (answer.status_code, answer.json()) == (200, {"source_id": source_id, "paused": False})


@pytest.mark.parametrize("content", [b"", b"{}", b'{"reason": null}'])
def test_a_pause_needs_no_body(ann, give, content):
    answer = ann.post(f"{SOURCES}/{give()}/pause", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 200


@pytest.mark.parametrize("content", [b"", b"{}", b'{"reason": "done"}'])
def test_a_resume_needs_no_body(ann, give, content):
    assert ann.post(f"{SOURCES}/{give()}/resume", content=content).status_code == 200


def test_pausing_again_replaces_the_reason(ann, give):
    source_id = give()
    pause(ann, source_id, reason="one")
    first = read(ann, source_id)
    assert pause(ann, source_id, reason="two").status_code == 200
    again = read(ann, source_id)
    assert (again["reason"], again["paused_at"]) == ("two", first["paused_at"])


def test_resuming_what_is_not_paused_is_fine(ann, give):
    source_id = give()
    assert resume(ann, source_id).json() == {"source_id": source_id, "paused": False}


def test_a_paused_source_is_not_picked_up_by_the_execution_or_recovery(service, ann, give, happening):
    source_id = give()
    pause(ann, source_id)
    service.driver.run()
    service.driver.recover()
    service.driver.run()
    assert happening.ran == []
    assert read(ann, source_id)["status"] == "pending"


@pytest.mark.parametrize("stage", ["extract", "index"])
def test_a_job_on_a_paused_source_stops_after_its_unit_and_goes_on_when_resumed(service, ann, give, happening, stage):
    source_id = give()
    happening.during(f"{stage}-1", lambda: pause(ann, source_id))
    service.driver.run()
    assert (stage, 2) not in happening.ran
    assert service.engine.store.job(("default", f"sources:{source_id}")).status == "paused"
    resume(ann, source_id)
    service.driver.run()
    assert sorted(happening.ran) == [(name, number) for name in ("extract", "index") for number in range(4)]
    assert read(ann, source_id)["status"] == "completed"


def test_resuming_queues_the_work_again_at_once(service, ann, give, happening):
    source_id = give()
    happening.during("extract-1", lambda: pause(ann, source_id))
    service.driver.run()
    assert service.world.queue == []
    resume(ann, source_id)
    assert any(
        message.task in ("chunk", "job") and f"source:{source_id}" in message.scopes for message in service.world.queue
    )


def test_one_source_does_not_hold_another(service, ann, give):
    held, free = give(), give()
    pause(ann, held)
    service.driver.run()
    assert [read(ann, source_id)["status"] for source_id in (held, free)] == ["pending", "completed"]


def test_a_pause_with_an_end_ends_by_itself(service, ann, give, monkeypatch):
    source_id = give()
    assert pause(ann, source_id, until="2999-01-01T00:00:00Z").status_code == 200
    service.driver.run()
    monkeypatch.setattr(type(service.engine.clock), "now", lambda self: 32_503_680_000.0)
    assert read(ann, source_id)["paused"] is False
    service.driver.recover()
    service.driver.run()
    assert read(ann, source_id)["status"] == "completed"


@pytest.mark.parametrize("until", ["yesterday", "", "2020-01-01T00:00:00Z", 1999999999, "2030-02-31T00:00:00Z"])
def test_an_end_that_is_none_is_refused(ann, give, until):
    source_id = give()
    assert pause(ann, source_id, until=until).status_code == 422
    assert read(ann, source_id)["paused"] is False


def test_many_are_paused_and_resumed_as_documented(service, ann, give):
    ids = [give(), give()]
    with service.leaves_one_record():
        answer = ann.post(f"{SOURCES}/pause", json={"source_ids": ids, "reason": "Maintenance window"})
    assert (answer.status_code, answer.json()) == (200, {"count": 2})
    assert [read(ann, source_id)["reason"] for source_id in ids] == ["Maintenance window"] * 2
    with service.leaves_one_record():
        answer = ann.post(f"{SOURCES}/resume", json={"source_ids": ids})
    assert (answer.status_code, answer.json()) == (200, {"count": 2})
    assert [read(ann, source_id)["paused"] for source_id in ids] == [False] * 2


def test_a_count_is_of_distinct_known_sources(service, ann, give):
    theirs = give(service.key("sk_test_other"))
    mine = give()
    ids = [mine, mine, "src_unknown", theirs, "no id at all!", ""]
    assert ann.post(f"{SOURCES}/pause", json={"source_ids": ids}).json() == {"count": 1}
    assert ann.post(f"{SOURCES}/resume", json={"source_ids": ids}).json() == {"count": 1}
    assert read(service.key("sk_test_other"), theirs)["paused"] is False


def test_each_source_that_is_paused_leaves_its_event(service, ann, give):
    ids = [give(), give()]
    ann.post(f"{SOURCES}/pause", json={"source_ids": ids, "reason": "lunch"})
    events = ann.get("/api/v1/system/processing/events?event_type=pause&about=true").json()
    assert [event["reason"] for event in events] == ["lunch", "lunch"]
    assert sorted(event["about"] for event in events) == sorted(f"source:{source_id}" for source_id in ids)


def test_one_failing_recovery_does_not_fail_the_rest(service, ann, give, monkeypatch):
    ids = [give(), give()]
    ann.post(f"{SOURCES}/pause", json={"source_ids": ids})
    service.driver.run()
    gate = service.engine.store.gate

    def sometimes(ref, source):
        if source == ids[0]:
            raise Unavailable("throttled")
        return gate(ref, source)

    monkeypatch.setattr(service.engine.store, "gate", sometimes)
    assert ann.post(f"{SOURCES}/resume", json={"source_ids": ids}).json() == {"count": 2}
    monkeypatch.undo()
    service.driver.run()
    assert [read(ann, source_id)["status"] for source_id in ids] == ["completed"] * 2


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_five_hundred_sources_are_taken_and_one_more_is_not(ann, verb):
    ids = [f"src_{number}" for number in range(501)]
    assert ann.post(f"{SOURCES}/{verb}", json={"source_ids": ids[:500]}).json() == {"count": 0}
    assert ann.post(f"{SOURCES}/{verb}", json={"source_ids": ids}).status_code == 422


@pytest.mark.parametrize("verb", ["pause", "resume"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"{",
        b'{"source_ids": []}',
        b'{"source_ids": "src_1"}',
        b'{"source_ids": [1]}',
        b'{"source_ids": null}',
        b'{"source_ids": ["src_1"], "sources": []}',
        b'{"source_ids": [null]}',
    ],
)
def test_a_list_of_sources_that_is_none_is_refused(service, ann, verb, content):
    with service.leaves_one_record():
        answer = ann.post(f"{SOURCES}/{verb}", content=content, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_a_reason_of_500_characters_is_taken_and_one_more_is_not(service, ann, give):
    source_id = give()
    assert pause(ann, source_id, reason="ü" * 500).status_code == 200
    with service.leaves_one_record():
        assert pause(ann, source_id, reason="ü" * 501).status_code == 422
    assert read(ann, source_id)["reason"] == "ü" * 500
    bulk = {"source_ids": [source_id], "reason": "x" * 501}
    assert ann.post(f"{SOURCES}/pause", json=bulk).status_code == 422


@pytest.mark.parametrize("body", [{"reason": 5}, {"reason": ["a"]}, {"because": "x"}, [], "x", 5])
def test_a_body_that_is_none_of_a_pause_is_refused(ann, give, body):
    assert ann.post(f"{SOURCES}/{give()}/pause", json=body).status_code == 422


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_an_unknown_source_is_not_found(service, ann, verb):
    with service.leaves_one_record():
        answer = ann.post(f"{SOURCES}/src_unknown/{verb}")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Source not found: src_unknown"})
