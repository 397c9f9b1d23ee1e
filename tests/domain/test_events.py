from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from fermata.domain.events import Actor, AuditRecord, Mutation

ACT = Mutation(Actor("acme", "ann"), "jobs.pause", "jobs:one", 1_800_000_000.0, trace="t")


def chain(*acts):
    records = []
    for act in acts:
        records.append(AuditRecord.following(records[-1] if records else None, act))
    return records


def test_each_record_is_numbered_and_covers_the_one_before():
    records = chain(ACT, ACT, ACT)
    assert [record.number for record in records] == [1, 2, 3]
    assert records[0].previous == ""
    assert all(two.previous == one.hash for one, two in pairwise(records))


def test_an_untouched_chain_is_intact():
    assert all(record.intact for record in chain(ACT, ACT.refused("no"), ACT))


@pytest.mark.parametrize(
    "change",
    [
        {"actor": Actor("acme", "bob")},
        {"actor": Actor("other", "ann")},
        {"action": "jobs.cancel"},
        {"target": "jobs:two"},
        {"at": 1.0},
        {"outcome": "refused: no"},
        {"trace": None},
    ],
)
def test_a_tampered_record_shows(change):
    record = chain(ACT, ACT)[1]
    assert not replace(record, act=replace(ACT, **change)).intact


def test_a_record_that_was_moved_or_grafted_shows():
    first, second = chain(ACT, ACT)
    assert not replace(second, number=1).intact
    assert not replace(second, previous=second.hash).intact
    assert first.hash != second.hash


def test_a_refused_act_says_why_and_is_otherwise_the_same():
    refused = ACT.refused("wrong_status")
    assert refused.outcome == "refused: wrong_status"
    assert replace(refused, outcome="done") == ACT
