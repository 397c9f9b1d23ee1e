from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import pairwise

import pytest
from fermata.domain.events import Actor, AuditRecord, Mutation

ACT = Mutation(Actor("acme", "ann"), "jobs.pause", "jobs:one", 1_800_000_000.0, trace="t")


def key_of(purpose):
    return hashlib.sha256(purpose.encode()).digest()


def chain(*acts):
    records = []
    for act in acts:
        records.append(AuditRecord.following(records[-1] if records else None, act, key_of))
    return records


def test_each_record_is_numbered_and_covers_the_one_before():
    records = chain(ACT, ACT, ACT)
    assert [record.number for record in records] == [1, 2, 3]
    assert records[0].previous == ""
    assert all(two.previous == one.hash for one, two in pairwise(records))


def test_an_untouched_chain_is_intact():
    assert all(record.intact(key_of) for record in chain(ACT, ACT.refused("no"), ACT))


@pytest.mark.parametrize(
    "change",
    [
        {"actor": Actor("acme", "bob")},
        {"actor": Actor("other", "ann")},
        {"actor": Actor("acme", "ann", frozenset({"admin"}))},
        {"action": "jobs.cancel"},
        {"target": "jobs:two"},
        {"at": 1.0},
        {"outcome": "refused: no"},
        {"trace": None},
    ],
)
def test_a_tampered_record_shows(change):
    record = chain(ACT, ACT)[1]
    assert not replace(record, act=replace(ACT, **change)).intact(key_of)


def test_a_record_that_was_moved_or_grafted_shows():
    first, second = chain(ACT, ACT)
    assert not replace(second, number=1).intact(key_of)
    assert not replace(second, previous=second.hash).intact(key_of)
    assert first.hash != second.hash


def test_a_refused_act_says_why_and_is_otherwise_the_same():
    refused = ACT.refused("wrong_status")
    assert refused.outcome == "refused: wrong_status"
    assert replace(refused, outcome="done") == ACT


def test_whoever_has_no_key_can_write_no_record_that_fits():
    first = chain(ACT)[0]
    forged = AuditRecord.following(first, ACT, lambda purpose: b"a guess")
    assert not forged.intact(key_of)
    assert not replace(first, key="audit/acme/0").intact(key_of)


def test_a_key_is_good_for_one_tenant_and_month():
    acts = (ACT, replace(ACT, at=ACT.at + 40 * 86_400), replace(ACT, actor=Actor("other", "ann")))
    assert len({chain(act)[0].key for act in acts}) == 3


def test_records_of_the_first_release_are_still_read():
    facts = [1, "acme", "ann", "jobs.pause", "jobs:one", ACT.at, "done", "t", ""]
    digest = hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()
    assert AuditRecord(1, ACT, "", digest).intact(key_of)
