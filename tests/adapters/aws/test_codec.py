from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest
from fermata.adapters.aws.codec import (
    chunk_item,
    chunk_of,
    dump,
    job_item,
    load,
    readable,
    scope_item,
    system_event_item,
)
from fermata.adapters.aws.table import size
from fermata.domain.chunks import Chunk
from fermata.domain.events import SystemEvent, SystemEventType
from fermata.domain.holds import Hold, Scope
from fermata.domain.jobs import Job, Ref
from fermata.domain.ranges import Ranges
from fermata.domain.transitions import Status
from fermata.runner.claim import TAIL
from hypothesis import given, settings
from hypothesis import strategies as st

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


times = st.floats(allow_nan=False)


@settings(deadline=None)
@given(st.builds(Job, created_at=times, params=st.dictionaries(st.text(), json_values), result=json_values))
def test_any_job_survives_storage(job):
    assert load(Job, dump(job)) == job


ranges = st.sets(st.integers(0, 10**6), max_size=20).map(Ranges.of)


@settings(deadline=None)
@given(st.builds(Chunk, lease_until=times, todo=ranges, failed=ranges))
def test_any_chunk_survives_storage(chunk):
    assert load(Chunk, dump(chunk)) == chunk
    assert chunk_of(chunk_item(Ref("a", "b"), replace(chunk, tail=b"\0z"))) == replace(chunk, tail=b"\0z")


def test_every_field_of_a_job_is_stored(job):
    other = {str: "x", int: 9, float: 9.5}
    for field in fields(Job):
        value = getattr(job, field.name)
        if type(value) in other:
            changed = replace(job, **{field.name: other[type(value)]})
            assert load(Job, dump(changed)) == changed != job, field.name


def test_a_jobs_item_reads_well_in_the_console(job):
    item = job_item(job)
    assert item["status"] == {"S": "pending"}
    assert item["rev"] == {"N": "1"}
    assert json.loads(item["doc"]["S"])["user"] == "ann@example.com"
    assert "token" not in item["doc"]["S"]


def test_a_new_job_and_a_chunk_under_way_take_one_write_unit_each(job, chunk):
    running = chunk.claim("5f0c52b1-63d9-4a5f-9d8a-7d9f3f2b8c11", 1_700_000_000.5).settle(
        [75, 77], [76], 1_700_000_000.5
    )
    assert size(job_item(job)) < 1024
    assert size(chunk_item(job.ref, running)) < 512
    assert size(chunk_item(job.ref, replace(running, tail=b"x" * TAIL)) | {"expires": {"N": "1734567890"}}) <= 1024


@pytest.mark.parametrize("status", Status)
def test_only_an_open_job_is_in_its_users_active_list(job, status):
    assert ("active_key" in job_item(replace(job, status=status))) is not status.final


def test_what_need_not_be_looked_after_is_in_no_due_index(job):
    closed = replace(job, status=Status.COMPLETED, closed=True)
    assert "due" in job_item(job)
    assert not {"due", "due_at"} & job_item(closed).keys()
    assert not {"due", "due_at"} & scope_item(Scope("acme", "system", Hold("system", "ann", None, 1.0), 1)).keys()


def test_a_running_jobs_place_in_the_due_index_never_changes(job):
    running = job_item(replace(job, status=Status.RUNNING, rev=2, updated_at=1_700_000_099.0))
    assert [running[name] for name in ("due", "due_at")] == [job_item(job)[name] for name in ("due", "due_at")]


def test_chunks_of_two_jobs_never_share_a_key(chunk):
    first, second = chunk_item(Ref("a", "b|c"), chunk), chunk_item(Ref("a|b", "c"), chunk)
    assert first["pk"] != second["pk"]


def test_a_record_that_cannot_be_read_does_not_keep_the_others_from_a_list(caplog):
    event = SystemEvent("1", SystemEventType.PAUSE, 1.0, None, "default")
    good = system_event_item("default", event)
    broken = [{**good, "doc": {"S": text}} for text in ("", "[]", "{}", '{"type": "no such type"}')]
    assert list(readable(SystemEvent, [*broken, good])) == [event]
    assert caplog.text.count("a stored record cannot be read") == len(broken)


def test_a_field_that_only_a_later_release_knows_is_passed_over():
    assert load(SystemEvent, '{"id":"1","type":"pause","at":1,"reason":null,"workspace":"a","new":1}').id == "1"
