from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.domain.errors import Stale
from fermata.domain.events import Head, SystemEvent, SystemEventType, feed_bound
from fermata.domain.jobs import Ref
from fermata.ports import AddAudit, AddEvent, AddSystemEvent

REF = Ref("acme", "jobs:1")


@pytest.fixture
def system_event(ports):
    def add(number, type_=SystemEventType.PAUSE, tenant="acme", reason=None):
        event = SystemEvent(f"{number:04}", type_, 1_700_000_000.1 + number, reason, "default")
        ports.store.write(AddSystemEvent(tenant, event))
        return event

    return add


def test_events_come_back_as_they_were_written_in_order(ports, make_event):
    events = [make_event(number, reason="ü", counts={"total": number}, none=None) for number in range(1, 12)]
    for event in events:
        ports.store.write(AddEvent(REF, event))
    assert ports.log.events(REF) == events
    assert [event.number for event in ports.log.events(REF)] == list(range(1, 12))


def test_an_event_number_is_written_once(ports, make_event):
    ports.store.write(AddEvent(REF, make_event(1, by="first")))
    with pytest.raises(Stale):
        ports.store.write(AddEvent(REF, make_event(1, by="second")))
    assert ports.log.events(REF) == [make_event(1, by="first")]


@pytest.mark.parametrize(
    ("after", "limit", "expected"),
    [(0, 3, [1, 2, 3]), (3, 2, [4, 5]), (9, 5, [10]), (10, 5, []), (99, 5, []), (0, 0, [])],
)
def test_a_page_of_events_follows_its_cursor(ports, make_event, after, limit, expected):
    for number in range(1, 11):
        ports.store.write(AddEvent(REF, make_event(number)))
    assert [event.number for event in ports.log.events(REF, after, limit)] == expected


def test_a_job_has_only_its_own_events(ports, make_event):
    ports.store.write(AddEvent(REF, make_event(1)))
    assert ports.log.events(Ref("acme", "jobs:11")) == []
    assert ports.log.events(Ref("other", REF.id)) == []


def lines(ports, after="", limit=100, tenant="acme"):
    return [(line.job_id, line.event) for line in ports.log.feed(tenant, after, limit)]


def test_a_tenants_feed_has_the_lines_of_all_its_histories_by_time(ports, make_event, system_event):
    first, second = replace(make_event(1), at=10.5), replace(make_event(2), at=30.0)
    ports.store.write(AddEvent(REF, second))
    ports.store.write(AddEvent(REF, first))
    other = replace(make_event(1), at=20.0)
    ports.store.write(AddEvent(Ref("acme", "tasks:7"), other))
    ports.store.write(AddEvent(Ref("other", "jobs:1"), first))
    paused = system_event(1)
    assert lines(ports) == [(REF.id, first), ("tasks:7", other), (REF.id, second), ("", paused)]


def test_a_page_of_the_feed_follows_the_last_key(ports, make_event):
    for number in range(1, 6):
        ports.store.write(AddEvent(REF, replace(make_event(number), at=float(number))))
    page = ports.log.feed("acme", "", 2)
    assert [line.event.number for line in page] == [1, 2]
    assert [line.event.number for line in ports.log.feed("acme", page[-1].key, 9)] == [3, 4, 5]
    assert [line.event.number for line in ports.log.feed("acme", feed_bound(4.0), 9)] == [4, 5]


def test_each_audit_record_covers_the_one_before_it(ports, make_act):
    acts = [make_act(f"jobs.{verb}", trace="00-aa-bb-01") for verb in ("create", "pause", "resume")]
    for act in acts[:1]:
        ports.store.write(AddAudit(act))
    ports.store.write(AddAudit(acts[1]), AddAudit(acts[2]))
    chain = ports.log.audit("acme")
    assert [record.number for record in chain] == [1, 2, 3]
    assert [record.previous for record in chain] == ["", chain[0].hash, chain[1].hash]
    assert all(record.intact(ports.secrets.key) for record in chain)
    assert [record.act for record in chain] == acts


def test_what_is_refused_has_a_chain_of_its_own(ports, make_act):
    refused = make_act("jobs.pause").refused("wrong status")
    ports.store.write(AddAudit(make_act()))
    ports.store.write(AddAudit(refused))
    ports.store.write(AddAudit(refused))
    assert [record.number for record in ports.log.audit("acme")] == [1]
    chain = ports.log.audit("acme", refused=True)
    assert [(record.number, record.act) for record in chain] == [(1, refused), (2, refused)]
    assert chain[1].previous == chain[0].hash
    assert ports.log.audit("acme", after=1, refused=True) == chain[1:]


def test_the_head_of_a_chain_is_kept_elsewhere(ports, make_act):
    assert ports.log.anchored("acme") is None
    ports.store.write(AddAudit(make_act()))
    (record,) = ports.log.audit("acme")
    assert ports.log.anchored("acme") == Head(1, record.hash)
    assert ports.log.anchored("acme", refused=True) is None
    assert ports.log.anchored("other") is None


def test_every_head_of_a_chain_is_kept_at_once(ports, make_act):
    for number in range(1, 4):
        ports.store.write(AddAudit(make_act(f"act.{number}")))
        assert ports.log.anchored("acme") == Head(number, ports.log.audit("acme")[-1].hash)


def test_tenants_have_chains_of_their_own(ports, make_act):
    ports.store.write(AddAudit(make_act(tenant="acme")), AddAudit(make_act(tenant="other")))
    ports.store.write(AddAudit(make_act(tenant="other")))
    assert [record.number for record in ports.log.audit("acme")] == [1]
    assert [record.number for record in ports.log.audit("other")] == [1, 2]


def test_a_page_of_the_audit_trail_follows_its_cursor(ports, make_act):
    for number in range(5):
        ports.store.write(AddAudit(make_act(f"act.{number}")))
    assert [record.number for record in ports.log.audit("acme", after=1, limit=2)] == [2, 3]
    assert ports.log.audit("acme", after=5) == []


def test_the_newest_system_events_come_first(ports, system_event):
    events = [system_event(number, reason=f"number {number}") for number in range(5)]
    assert ports.log.system_events("acme", None, 3) == events[:1:-1]
    assert ports.log.system_events("acme", None, 50) == events[::-1]


def test_system_events_of_one_type_are_the_newest_of_that_type(ports, system_event):
    paused = [system_event(number) for number in range(3)]
    resumed = [system_event(number, SystemEventType.RESUME) for number in range(3, 9)]
    assert ports.log.system_events("acme", SystemEventType.PAUSE, 2) == paused[:0:-1]
    assert ports.log.system_events("acme", SystemEventType.RESUME, 50) == resumed[::-1]
    assert ports.log.system_events("acme", SystemEventType.RECOVERY, 50) == []


def test_clearing_system_events_counts_them_and_leaves_all_else(ports, system_event, make_act, make_event):
    for number in range(30):
        system_event(number)
    kept = system_event(1, tenant="other")
    ports.store.write(AddAudit(make_act()), AddEvent(REF, make_event(1)))
    assert ports.log.clear_system_events("acme") == 30
    assert ports.log.clear_system_events("acme") == 0
    assert ports.log.system_events("acme", None, 50) == []
    assert ports.log.system_events("other", None, 50) == [kept]
    assert len(ports.log.audit("acme")) == 1
    assert len(ports.log.events(REF)) == 1
