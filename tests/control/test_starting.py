from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import replace

import pytest
from fermata.adapters.memory.secrets import MemorySecrets
from fermata.control.engine import Limits
from fermata.control.starting import NewJob, start
from fermata.domain.errors import IdTaken, InvalidInput, LimitExceeded, NotFound
from fermata.domain.jobs import Ref


def test_a_started_job_is_pending_and_its_execution_under_way(lab):
    job = lab.start(expected=8)
    assert (job.id, job.status, job.user, job.expected) == ("jobs:one", "pending", "ann", 8)
    assert lab.engine.workflow.running(lab.ref, 1)
    assert lab.job == job


def test_starting_leaves_one_event_and_one_audit_record(lab):
    lab.start()
    assert lab.events() == ["created"]
    assert lab.audit() == ["jobs.start"]


def test_the_same_request_again_answers_the_same_job(lab):
    first = lab.start()
    lab.run()
    again = lab.start()
    lab.run()
    assert (again.id, again.created_at, again.status) == (first.id, first.created_at, "completed")
    assert len(lab.ran()) == 8
    assert lab.audit() == ["jobs.start", "jobs.start"]


def test_a_replay_starts_the_execution_that_a_lost_start_lacks(lab):
    lab.start()
    lab.world.executions.clear()
    lab.world.arrivals.clear()
    lab.start()
    lab.run()
    assert lab.job.status == "completed"


@pytest.mark.parametrize(
    "change",
    [
        {"params": {"units": 9}},
        {"params": {"units": 8, "api_key": "k"}},
        {"kind": "two"},
        {"workspace": "w"},
        {"source": "s"},
        {"limit": 1},
        {"timeout": 5.0},
        {"max_failed_share": 0.5},
        {"priority": 9},
        {"files": {"lines.jsonl": b"1\n"}},
    ],
)
def test_an_id_in_use_by_another_request_is_refused(lab, change):
    job = lab.start()
    with pytest.raises(IdTaken):
        lab.start(**change)
    assert lab.job == job


def test_two_starts_at_the_same_moment_make_one_job(lab, monkeypatch):
    write = lab.engine.store.write

    def beaten(*changes):
        monkeypatch.setattr(lab.engine.store, "write", write)
        lab.start()
        write(*changes)

    monkeypatch.setattr(lab.engine.store, "write", beaten)
    lab.start()
    lab.run()
    assert (lab.job.status, len(lab.ran()), lab.events().count("created")) == ("completed", 8, 1)


def test_ids_belong_to_one_tenant(lab):
    lab.start()
    other = lab.start(tenant="other", params={"units": 3})
    assert other.ref == Ref("other", "jobs:one")
    assert lab.job.params["units"] == 8


def test_ids_belong_to_one_family(lab):
    lab.start()
    assert lab.start(family="tasks").id == "tasks:one"


def test_a_kind_that_there_is_not_is_refused_with_those_there_are(lab):
    with pytest.raises(InvalidInput, match="lines, one, reviewed, two") as refused:
        lab.start(kind="stand_in")
    assert refused.value.field == "kind"


@pytest.mark.parametrize(
    ("params", "field"), [({"units": -1}, "units"), ({"units": "many"}, "units"), ({"tags": 3}, "tags")]
)
def test_bad_parameters_are_refused_by_name_and_nothing_is_stored(lab, params, field):
    with pytest.raises(InvalidInput) as refused:
        lab.start(params=params)
    assert refused.value.field == field
    with pytest.raises(NotFound):
        _ = lab.job
    assert lab.audit() == []


def test_more_units_than_the_limit_are_refused(make_lab):
    lab = make_lab(limits=Limits(units_per_job=10))
    with pytest.raises(LimitExceeded) as refused:
        lab.start(expected=11)
    assert refused.value.value == 10
    assert lab.start(expected=10).expected == 10


def test_open_jobs_are_limited_per_tenant_and_ended_ones_do_not_count(make_lab):
    lab = make_lab(limits=Limits(open_jobs=2))
    lab.start(id="one")
    lab.start(id="two")
    with pytest.raises(LimitExceeded, match="open jobs is 2"):
        lab.start(id="three")
    lab.start(id="three", tenant="other")
    lab.run()
    assert lab.start(id="three").status == "pending"


def test_a_replay_is_answered_even_when_the_limit_is_reached(make_lab):
    lab = make_lab(limits=Limits(open_jobs=1))
    assert lab.start() == lab.start()


def test_a_secret_is_sealed_for_its_job_alone(lab):
    job = lab.start(params={"units": 1, "api_key": "sk-hush"})
    assert "api_key" not in job.params
    text, context = json.loads(base64.b64decode(job.sealed_secrets))
    assert json.loads(text) == {"api_key": "sk-hush"}
    assert context == {"tenant": "acme", "job": "jobs:one"}


def test_a_secret_is_to_be_read_nowhere_in_what_is_stored(lab):
    lab.start(params={"units": 3, "api_key": "sk-hush"})
    lab.run()
    world = lab.world
    for stored in (world.jobs, world.events, world.audit, world.chunks, world.segments, world.blobs, world.queue):
        assert "sk-hush" not in repr(stored)


def test_units_get_the_opened_secrets_and_the_ended_job_keeps_none(lab):
    lab.start(params={"units": 1, "api_key": "sk-hush"})
    lab.run()
    assert dict(lab.units[0].secrets) == {"api_key": "sk-hush"}
    assert "api_key" not in lab.units[0].params
    assert lab.job.sealed_secrets is None


def test_files_lie_with_the_job_before_it_is_planned(lab):
    job = lab.start(files={"notes.txt": b"words"})
    assert lab.engine.files(job).get("notes.txt") == b"words"


def test_another_tenants_files_of_the_same_name_lie_elsewhere(lab):
    mine = lab.start(files={"a": b"mine"})
    lab.start(tenant="other", files={"a": b"theirs"})
    assert lab.engine.files(mine).get("a") == b"mine"


class Counting:
    """A port that counts what is asked of it."""

    def __init__(self, port, asked):
        self.port, self.asked = port, asked

    def __getattr__(self, name):
        def call(*args, **kwargs):
            self.asked[name] += 1
            return getattr(self.port, name)(*args, **kwargs)

        return call


@pytest.mark.parametrize("already_open", [0, 300])
@pytest.mark.parametrize("limits", [Limits(), Limits(open_jobs=1000)])
def test_a_job_is_created_by_a_few_requests_however_many_are_open(make_lab, already_open, limits):
    lab, asked = make_lab(limits=limits), Counter()
    for number in range(already_open):
        lab.start(id=f"{number}")
    ports = ("store", "ledger", "log", "counters", "queue", "workflow", "blobs")
    counted = {name: Counting(getattr(lab.engine, name), asked) for name in ports}
    start(replace(lab.engine, **counted), lab.act("start"), NewJob(family="jobs", id="one", kind="one"))
    assert sum(asked.values()) <= 5
    assert not {"job", "jobs", "gate"} & set(asked)


def test_a_secret_is_no_part_of_a_bare_digest():
    """Whoever reads the table could try guesses against one."""
    one, two = (NewJob(family="jobs", id="one", kind="k", params={"api_key": key}) for key in ("sk-1", "sk-2"))
    digest = one.digest({"api_key"}, MemorySecrets().key)
    assert digest == one.digest({"api_key"}, MemorySecrets().key)
    assert digest != two.digest({"api_key"}, MemorySecrets().key)
    assert digest != one.digest({"api_key"}, lambda purpose: b"another stack")
    assert digest != one.digest((), MemorySecrets().key)
