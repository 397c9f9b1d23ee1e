"""Ids that families show, taken by the native routes, the audit log's filter and the stream."""

from __future__ import annotations

import pytest
from fermata.api.job_ids import meanings
from fermata.control import starting
from fermata.domain.events import Actor, Mutation
from fermata.domain.kind import Kind, Planned, Policy, Stage

JOBS = "/api/v1/jobs"
AUDIT = "/api/v1/audit"


@pytest.fixture
def service(make_service):
    """Kinds of one unit, under names that families take."""
    stage = Stage("do", lambda planning: iter([Planned(1, 1)]), lambda unit: 1, Policy(timeout=None))
    families = frozenset({"processes", "tasks"})
    return make_service(kinds={"plain": Kind("plain", "Plain", (stage,), dict, dict, families=families)})


@pytest.fixture
def ids(service, ann):
    """A batch, task 1, and processes 1 and 2, as their families show them."""
    new = starting.NewJob(family="batch", id="b-1", kind="plain", params={})
    starting.accept(service.engine, Mutation(Actor("default", "ann"), "batch.create", "b-1", 0.0), new)
    task = ann.post("/api/v1/tasks", json={"project_id": 1, "task_type": "plain", "params": {}}).json()["data"]["id"]
    processes = [ann.post("/processes", json={"type": "plain", "input": {}}).json()["id"] for _ in range(2)]
    return ["b-1", task, *processes]


@pytest.mark.parametrize("route", ["", "/results", "/units", "/errors", "/events", "/why"])
def test_native_routes_take_what_families_show(ann, ids, route):
    batch, task, _, process = ids
    for id_, whole in ((batch, f"batch:{batch}"), (f"task-{task}", f"tasks:{task}"), (process, f"processes:{process}")):
        answer = ann.get(f"{JOBS}/{id_}{route}")
        assert answer.status_code == 200, answer.text
        assert answer.json().get("job_id", answer.json().get("id")) == whole


def test_an_id_of_two_jobs_is_refused_with_both(ann, ids):
    assert ids[1] == ids[2] == 1
    answer = ann.post(f"{JOBS}/1/pause")
    assert answer.status_code == 422
    assert answer.json()["detail"] == "job_id: 1 is tasks:1 and processes:1; say which"


def test_many_are_named_by_what_their_families_show(ann, ids):
    answer = ann.post(f"{JOBS}/pause", json={"ids": [ids[0], "task-1", "processes:2", "nobody"]})
    outcomes = [(one["job_id"], one["outcome"]) for one in answer.json()["outcomes"]]
    assert outcomes[:3] == [("batch:b-1", "done"), ("tasks:1", "done"), ("processes:2", "done")]
    assert outcomes[3][0] == "nobody"
    assert ann.post(f"{JOBS}/pause", json={"ids": ["1"]}).status_code == 422


def test_what_nobody_has_is_not_there(service, ann, ids):
    for id_ in ("7", "task-7", "none", "a b", "x" * 200):
        assert ann.get(f"{JOBS}/{id_}").status_code == 404
    assert service.key("sk_test_other").get(f"{JOBS}/{ids[0]}").status_code == 404


def test_a_command_is_recorded_under_the_whole_id(service, ann, ids):
    assert ann.post(f"{JOBS}/{ids[3]}/pause").status_code == 200
    record = service.key().get(AUDIT, params={"action": "jobs.pause"}).json()["records"][0]
    assert record["target"] == "processes:2"


@pytest.mark.parametrize("target", ["1", "task-1", "tasks:1"])
def test_the_audit_log_is_filtered_by_any_form_of_an_id(service, ann, ids, target):
    ann.post("/api/v1/tasks/1/pause")
    ann.post(f"{JOBS}/tasks:1/resume")
    found = service.key().get(AUDIT, params={"target": target, "user": "ann"}).json()["records"]
    assert {"tasks.pause", "jobs.resume"} <= {record["action"] for record in found}
    assert ("processes.create" in {record["action"] for record in found}) == (target == "1")


def test_a_job_waits_for_one_by_what_its_family_shows(ann, ids):
    made = ann.post(JOBS, json={"kind": "plain", "after": [ids[0], "task-1"]})
    assert made.json()["after"] == [f"batch:{ids[0]}", "tasks:1"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("tasks:42", ("tasks:42",)),
        ("42", ("tasks:42", "processes:42")),
        ("task-42", ("tasks:42", "batch:task-42", "sources:task-42", "jobs:task-42")),
        ("b-1", ("batch:b-1", "sources:b-1", "jobs:b-1")),
        ("nothing:1", ()),
        ("", ()),
        ("01", ("batch:01", "sources:01", "jobs:01")),
    ],
)
def test_an_id_may_stand_for_several(text, found):
    assert meanings(text) == found
