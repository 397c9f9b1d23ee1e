from __future__ import annotations

import pytest
from fermata.domain.listing import Listing, created_bound, created_key
from fermata.domain.transitions import Status
from fermata.ports import SaveJob


def ids(jobs):
    return [job.id for job in jobs]


@pytest.fixture
def seven(started):
    """Seven jobs of several families, workspaces and users, oldest first."""
    return [
        started("batch:a", family="batch"),
        started("jobs:b"),
        started("jobs:c", workspace="w|2"),
        started("jobs:d", user="bob"),
        started("tasks:e", family="tasks", workspace="w|2"),
        started("jobs:f", status=Status.RUNNING),
        started("jobs:g", status=Status.COMPLETED, closed=True),
    ]


def test_a_list_is_of_all_families_newest_first(ports, seven):
    assert ports.store.jobs(Listing("acme")) == seven[::-1]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"families": ("jobs",)}, "gfdcb"),
        ({"families": ("jobs", "batch")}, "gfdcba"),
        ({"families": ("processes",)}, ""),
        ({"workspace": "w|2"}, "ec"),
        ({"families": ("jobs",), "workspace": "default"}, "gfdb"),
        ({"statuses": (Status.RUNNING,)}, "f"),
        ({"statuses": (Status.PENDING, Status.COMPLETED)}, "gedcba"),
        ({"statuses": (Status.PENDING,), "workspace": "w|2", "families": ("tasks",)}, "e"),
        ({"families": ("jobs",), "active_user": "ann"}, "fcb"),
        ({"families": ("jobs",), "active_user": "bob"}, "d"),
        ({"limit": 2}, "gf"),
        ({"limit": 0}, ""),
    ],
)
def test_a_list_shows_what_was_asked_for(ports, seven, filters, expected):
    assert "".join(id_[-1] for id_ in ids(ports.store.jobs(Listing("acme", **filters)))) == expected


def test_pages_follow_one_another_without_gap_or_repeat(ports, seven):
    shown, before = [], None
    while page := ports.store.jobs(Listing("acme", limit=2, before=before)):
        shown += page
        before = created_key(page[-1])
    assert shown == seven[::-1]


def test_jobs_of_one_moment_are_told_apart_by_their_ids(ports, started):
    jobs = [started(f"jobs:{letter}", created_at=1_700_000_000.5) for letter in "bca"]
    first, *rest = ports.store.jobs(Listing("acme"))
    assert ids([first]) == ["jobs:c"]
    assert ids(ports.store.jobs(Listing("acme", before=created_key(first)))) == ids(rest) == ["jobs:b", "jobs:a"]
    assert len(jobs) == 3


def test_a_list_begins_at_since_and_ends_before_before(ports, seven):
    since, before = created_bound(seven[1].created_at), created_bound(seven[4].created_at)
    assert ports.store.jobs(Listing("acme", since=since, before=before)) == seven[3:0:-1]
    assert ports.store.jobs(Listing("acme", since=before, before=since)) == []


def test_a_list_shows_a_status_at_once(ports, seven, change):
    ports.store.write(SaveJob(change(seven[5], status=Status.CANCELLED)))
    assert ids(ports.store.jobs(Listing("acme", statuses=(Status.RUNNING,)))) == []
    assert ids(ports.store.jobs(Listing("acme", statuses=(Status.CANCELLED,)))) == ["jobs:f"]
    assert ports.store.jobs(Listing("acme"))[1].status is Status.CANCELLED


def test_a_job_leaves_its_users_active_list_when_it_ends(ports, seven, change):
    active = Listing("acme", families=("jobs",), active_user="bob")
    ports.store.write(SaveJob(paused := change(seven[3], status=Status.PAUSED)))
    assert ids(ports.store.jobs(active)) == ["jobs:d"]
    ports.store.write(SaveJob(change(paused, status=Status.COMPLETED)))
    assert ports.store.jobs(active) == []


def test_a_list_longer_than_one_batch_read_stays_in_order(ports, started):
    jobs = [started(f"jobs:{number}") for number in range(105)]
    assert ports.store.jobs(Listing("acme", limit=103)) == jobs[:-104:-1]


def test_a_cursor_that_no_page_gave_does_no_harm(ports, seven):
    assert ports.store.jobs(Listing("acme", before="0")) == []
    assert len(ports.store.jobs(Listing("acme", before="zzz|#\U0001f680"))) == len(seven)


def test_a_list_can_begin_with_the_oldest(ports, seven):
    assert ports.store.jobs(Listing("acme", oldest_first=True)) == seven
    assert ports.store.jobs(Listing("acme", oldest_first=True, limit=2)) == seven[:2]
    following = created_key(seven[1]) + "\0"
    assert ports.store.jobs(Listing("acme", oldest_first=True, limit=2, since=following)) == seven[2:4]


def test_jobs_are_counted_by_status(ports, seven):
    def counted(**filters):
        return {
            status.value: count for status, count in ports.store.counts(Listing("acme", **filters)).items() if count
        }

    assert counted() == {"pending": 5, "running": 1, "completed": 1}
    assert counted(workspace="w|2") == {"pending": 2}
    assert counted(families=("jobs",), since=created_bound(seven[5].created_at)) == {"running": 1, "completed": 1}
    assert counted(families=("processes",)) == {}
    assert counted(statuses=(Status.RUNNING, Status.FAILED)) == {"running": 1}
