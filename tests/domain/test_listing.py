from __future__ import annotations

import pytest
from fermata.domain.errors import InvalidInput
from fermata.domain.listing import FAMILIES, Listing, created_bound, created_key, id_of, index_keys, merge
from fermata.domain.transitions import Status
from hypothesis import given
from hypothesis import strategies as st

FILTERS = [
    {},
    {"families": ("batch",)},
    {"workspace": "w"},
    {"statuses": (Status.PAUSED, Status.RUNNING)},
    {"families": ("batch", "tasks"), "workspace": "w", "statuses": (Status.RUNNING,)},
    {"families": ("batch",), "active_user": "ann"},
]


def shows(listing, job):
    """Whether a job belongs into the list, said without indexes."""
    if listing.active_user is not None:
        return job.family in listing.families and job.user == listing.active_user and not job.status.final
    return (
        job.family in (listing.families or FAMILIES)
        and listing.workspace in (None, job.workspace)
        and (not listing.statuses or job.status in listing.statuses)
    )


@pytest.mark.parametrize("filters", FILTERS)
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("status", Status)
def test_a_job_lies_in_just_the_partitions_that_show_it(make_job, filters, family, status):
    listing = Listing("acme", **filters)
    for workspace in ("w", "default"):
        job = make_job(family=family, status=status, workspace=workspace)
        places = [place for place in listing.partitions() if index_keys(job).get(place.index) == place.key]
        assert len(places) == shows(listing, job)


def test_another_tenants_jobs_lie_in_no_partition_of_a_list(make_job):
    keys = set(index_keys(make_job(tenant="other")).values())
    assert not keys & {place.key for filters in FILTERS for place in Listing("acme", **filters).partitions()}


def test_an_ended_job_leaves_the_index_of_active_ones(make_job):
    assert "active_by_user" in index_keys(make_job())
    assert "active_by_user" not in index_keys(make_job(status=Status.FAILED))


@given(st.lists(st.lists(st.integers(0, 99), max_size=9), min_size=5, max_size=5), st.integers(0, 20))
def test_partitions_are_merged_newest_first(partitions, limit):
    pages = iter([sorted((f"{key:02}" for key in keys), reverse=True) for keys in partitions])
    merged = merge(Listing("acme", limit=limit), lambda partition, listing: next(pages))
    assert merged == sorted({f"{key:02}" for keys in partitions for key in keys}, reverse=True)[:limit]


def test_a_job_that_moves_while_its_partitions_are_read_is_listed_once():
    pages = iter([["3", "2"], ["2", "1"]])
    listing = Listing("acme", families=("batch",), statuses=(Status.PENDING, Status.RUNNING), limit=3)
    assert merge(listing, lambda partition, listing: next(pages)) == ["3", "2", "1"]


def test_keys_sort_by_creation_then_by_id(make_job, now):
    jobs = [make_job(created_at=at, id=id_) for at, id_ in [(9.5, "batch:z"), (now, "batch:a"), (now, "batch:b")]]
    assert sorted(map(created_key, reversed(jobs))) == [created_key(job) for job in jobs]


def test_a_bound_lies_before_all_jobs_created_then(make_job, now):
    bound = created_bound(now)
    assert created_key(make_job(created_at=now - 0.001)) < bound <= created_key(make_job(created_at=now))


def test_a_key_tells_its_job(make_job):
    assert id_of(created_key(make_job(id="batch:a#b"))) == "batch:a#b"


@pytest.mark.parametrize("forged", ["", "x", "batch:one", "12.5", "abc#batch:one", "1.2.3#batch:one", "#batch:one"])
def test_a_cursor_that_no_page_gave_is_refused(forged):
    with pytest.raises(InvalidInput, match="cursor"):
        id_of(forged)
