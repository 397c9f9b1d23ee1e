from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest
from fermata.content.model import Source, SourceListing
from fermata.content.ports import SaveSource
from fermata.domain.errors import Stale
from fermata.domain.holds import Hold, Scope
from fermata.domain.listing import Listing
from fermata.ports import SaveJob, SaveScope


@pytest.fixture
def give(ports):
    """Stores a new source, each a second younger than the one before."""
    seconds = count(1_700_000_000)

    def give(id_, **fields):
        facts = {"tenant": "acme", "workspace": "default", "title": "ü", "uri": "https://example.com/a", "user": "ann"}
        source = Source(**(facts | {"id": id_, "created_at": float(next(seconds)), "rev": 1} | fields))
        ports.store.write(SaveSource(source))
        return source

    return give


def found(standings):
    return [standing.source for standing in standings]


def ids(standings):
    return "".join(standing.source.id[-1] for standing in standings)


def delete(ports, source):
    ports.store.write(SaveSource(gone := replace(source, deleted_at=1_700_000_099.5, rev=source.rev + 1)))
    return gone


def test_a_source_comes_back_as_it_was_written(ports, give):
    source = give("src_1")
    assert found(ports.sources.find("acme", ["src_1"])) == [source]


def test_a_source_stands_with_its_job_and_its_hold(ports, give, started):
    source = give("src_1")
    job = started("sources:src_1", family="sources", source="src_1")
    hold = Hold("source:src_1", "ann", "a look", 1_700_000_000.5)
    ports.store.write(SaveScope(Scope("acme", "source:src_1", hold, 1)))
    (standing,) = ports.sources.find("acme", ["src_1"])
    assert (standing.source, standing.job, standing.scope.hold) == (source, job, hold)


def test_a_source_without_a_job_or_a_hold_stands_alone(ports, give):
    give("src_1")
    (standing,) = ports.sources.find("acme", ["src_1"])
    assert standing.job is None
    assert standing.scope == Scope("acme", "source:src_1")


def test_sources_are_found_in_the_order_asked_once_each_and_unknown_ones_not(ports, give):
    give("src_a")
    give("src_b")
    assert ids(ports.sources.find("acme", ["src_b", "src_x", "src_a", "src_b"])) == "ba"
    assert ports.sources.find("acme", []) == []


def test_more_sources_than_one_read_takes_are_found(ports, give):
    wanted = [give(f"src_{number}").id for number in range(120)]
    assert [standing.source.id for standing in ports.sources.find("acme", wanted)] == wanted


@pytest.mark.parametrize("rev", [1, 3])
def test_a_source_is_stored_only_upon_the_revision_before(ports, give, rev):
    source = give("src_1")
    with pytest.raises(Stale):
        ports.store.write(SaveSource(replace(source, title="other", rev=rev)))
    assert found(ports.sources.find("acme", ["src_1"])) == [source]


def test_a_source_and_its_job_are_stored_both_or_neither(ports, give, make_job):
    known = give("src_1")
    with pytest.raises(Stale):
        ports.store.write(SaveJob(make_job("sources:src_1")), SaveSource(known))
    assert ports.store.jobs(Listing("acme")) == []


def test_a_deleted_source_is_neither_found_nor_listed(ports, give):
    kept, source = give("src_a"), give("src_b")
    delete(ports, source)
    assert ports.sources.find("acme", ["src_b"]) == []
    assert found(ports.sources.page(SourceListing("acme"))) == [kept]


def test_a_list_is_newest_first(ports, give):
    for letter in "bac":
        give(f"src_{letter}")
    assert ids(ports.sources.page(SourceListing("acme"))) == "cab"


def test_a_list_is_of_one_workspace_when_asked(ports, give):
    give("src_a")
    give("src_b", workspace="w2")
    assert ids(ports.sources.page(SourceListing("acme", "w2"))) == "b"
    assert ports.sources.page(SourceListing("acme", "w3")) == []


def test_pages_follow_one_another_without_gap_or_repeat(ports, give):
    sources = [give(f"src_{letter}") for letter in "abcdefg"]
    delete(ports, sources[3])
    shown, before = "", None
    while page := ports.sources.page(SourceListing("acme", before=before, limit=2)):
        shown += ids(page)
        before = page[-1].source.created_key
    assert shown == "gfecba"


def test_tenants_do_not_see_each_others_sources(ports, give):
    give("src_a")
    give("src_a", tenant="acme|source")
    assert found(ports.sources.find("other", ["src_a"])) == []
    assert ports.sources.page(SourceListing("other")) == []
    assert [source.tenant for source in found(ports.sources.page(SourceListing("acme")))] == ["acme"]


def test_sources_are_in_no_list_of_jobs(ports, give):
    give("src_a")
    assert ports.store.jobs(Listing("acme")) == []
    assert list(ports.store.due(2_000_000_000.0)) == []
