from __future__ import annotations

import pytest
from fermata.domain.events import SystemEventType
from fermata.ports import Message

SYSTEM = "/api/v1/system/processing"


def events(client, **query):
    answer = client.get(f"{SYSTEM}/events", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.fixture
def five(admin, clock):
    """Five events: pause, resume, pause, resume, pause; a minute apart."""
    for number in range(5):
        verb = "resume" if number % 2 else "pause"
        admin.post(f"{SYSTEM}/{verb}")
        clock.sleep(60)


def test_events_have_the_documented_shape(admin, clock):
    admin.post(f"{SYSTEM}/pause", json={"reason": "Scheduled maintenance"})
    (event,) = events(admin)
    assert event.pop("id").startswith("evt_")
    assert event == {
        "event_type": "pause",
        "created_at": "2026-04-13T09:00:00",
        "reason": "Scheduled maintenance",
        "database_name": "default",
    }


def test_events_are_in_the_order_they_happened(admin, five):
    found = events(admin)
    assert [event["event_type"] for event in found] == ["pause", "resume", "pause", "resume", "pause"]
    assert [event["created_at"][-5:] for event in found] == ["00:00", "01:00", "02:00", "03:00", "04:00"]
    assert len({event["id"] for event in found}) == 5


def test_the_most_recent_events_are_shown(admin, five):
    assert [event["created_at"][-5:] for event in events(admin, limit=2)] == ["03:00", "04:00"]


def test_events_are_filtered_before_they_are_counted(admin, five):
    found = events(admin, event_type="resume", limit=2)
    assert [event["created_at"][-5:] for event in found] == ["01:00", "03:00"]
    assert events(admin, event_type="task_failed") == []


def test_fifty_events_are_shown_unless_asked_otherwise(admin, clock):
    for number in range(51):
        clock.sleep(1)
        admin.post(f"{SYSTEM}/pause", json={"reason": str(number)})
    assert [event["reason"] for event in events(admin)][::49] == ["1", "50"]
    assert len(events(admin, limit=500)) == 51


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=501", "limit=x", "event_type=x", "event_type=", "type=pause"]
)
def test_a_list_refuses_what_it_does_not_know(admin, query):
    assert admin.get(f"{SYSTEM}/events?{query}").status_code == 422


def test_clearing_answers_how_many_there_were_and_leaves_the_audit_log(service, admin, five):
    before = service.audit()
    assert admin.delete(f"{SYSTEM}/events").json() == {"deleted": 5}
    assert events(admin) == []
    assert service.audit() == [*before, ("system.clear_events", "system", "done")]
    assert admin.delete(f"{SYSTEM}/events").json() == {"deleted": 0}


def test_clearing_touches_no_other_tenant(service, admin, five):
    other = service.key("sk_test_other")
    other.post(f"{SYSTEM}/pause")
    admin.delete(f"{SYSTEM}/events")
    assert len(events(other)) == 1


def test_a_failed_job_is_told(service, ann):
    documents = [{"title": "bad", "file_path": "https://example.com/a", "file_source_type": "url"}]
    job_id = ann.post("/api/batch/start", json={"documents": documents, "config": {}}).json()["job_id"]
    service.driver.run()
    (event,) = events(ann, event_type="task_failed", about=True)
    assert (event["about"], event["reason"]) == (f"batch:{job_id}", "all 1 units failed")


def test_a_recovery_that_put_something_right_is_told_once(service, ann, clock):
    documents = [{"title": "A", "file_path": "https://example.com/a", "file_source_type": "url"}] * 4
    ann.post("/api/batch/start", json={"documents": documents, "config": {}})
    service.world.queue.clear()
    clock.sleep(700)
    service.driver.recover()
    assert [event["reason"] for event in events(ann, event_type="recovery")] == ["repaired 1 job"]
    service.driver.run()
    service.driver.recover()
    assert len(events(ann, event_type="recovery")) == 1


def test_a_recovery_with_nothing_to_do_is_not_told(service, ann):
    service.driver.recover()
    assert events(ann) == []


def test_a_change_of_health_is_told(service, ann):
    service.world.dead.append(Message("wake", "default", "system"))
    service.driver.recover()
    (event,) = events(ann, event_type="health_change")
    assert event["reason"] == "dead letters: 1 messages were given up"


def test_every_type_of_event_can_be_asked_for(admin):
    for type_ in SystemEventType:
        assert events(admin, event_type=type_.value) == []
