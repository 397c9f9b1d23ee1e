"""Jobs that messages and objects ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.control.intake import ObjectIntake, take_message, take_object
from fermata.domain.errors import InvalidInput


@pytest.fixture
def take(lab):
    """Takes a message that asks for a job of the lab's kind."""

    def make(**job):
        return take_message(
            lab.engine, {"tenant": "acme", "user": "ann", "job": {"kind": "one", **job}}, "message-1"
        ).job

    return make


def test_a_message_starts_what_it_asks_for(lab, take):
    job = take(
        params={"units": 3}, workspace="w", limit=2, rate=60, rate_key="key", priority=9, labels={"team": "data"}
    )
    assert (job.tenant, job.user, job.workspace, job.limit, job.rate, job.priority) == ("acme", "ann", "w", 2, 60, 9)
    lab.run()
    assert lab.engine.store.job(job.ref).status == "completed"


def test_a_message_that_comes_twice_starts_one_job(lab, take):
    assert take(params={"units": 3}).id == take(params={"units": 3}).id
    assert len(lab.world.jobs) == 1


@pytest.mark.parametrize(
    ("field", "job"),
    [
        ("limit", {"limit": 0}),
        ("limit", {"limit": 1001}),
        ("rate", {"rate": 0}),
        ("rate", {"rate": -1}),
        ("rate", {"rate": float("nan")}),
        ("rate", {"rate": 1_000_001}),
        ("rate_key", {"rate_key": "k"}),
        ("rate_key", {"rate": 1, "rate_key": "k" * 129}),
        ("timeout", {"timeout": 0}),
        ("timeout", {"timeout": float("inf")}),
        ("max_failed_share", {"max_failed_share": 1.1}),
        ("priority", {"priority": 10}),
        ("priority", {"priority": -1}),
        ("workspace", {"workspace": ".."}),
        ("workspace", {"workspace": "w" * 65}),
        ("labels", {"labels": {"a b": "c"}}),
        ("labels", {"labels": {"a": 1}}),
        ("labels", {"labels": {"a": "x" * 256}}),
        ("labels", {"labels": {f"l{number}": "" for number in range(22)}}),
        ("job.limit", {"limit": "2"}),
        ("job.priority", {"priority": True}),
        ("job.colour", {"colour": "red"}),
    ],
)  # fmt: skip
def test_a_message_that_asks_for_what_there_is_not_is_refused_and_names_the_field(lab, take, field, job):
    with pytest.raises(InvalidInput) as refused:
        take(params={"units": 3}, **job)
    assert refused.value.field == field
    assert lab.world.jobs == {}


@pytest.mark.parametrize(
    "body", [None, [], {"job": {}}, {"job": {"kind": 1}}, {"tenant": 1}, {"user": ""}, {"more": 1}]
)
def test_a_message_that_is_none_is_refused(lab, body):
    with pytest.raises(InvalidInput):
        take_message(lab.engine, body, "message-1")


def test_an_object_starts_a_job_that_reads_it_once_for_each_version(lab):
    engine = replace(lab.engine, kinds={"any": replace(lab.engine.kinds["one"], parse=dict)})
    intake = ObjectIntake("any", {"units": 3, "from": "{{object}}"}, "acme", "w")
    jobs = [take_object(engine, intake, "bucket", "a.csv", version).job for version in ("1", "1", "2")]
    assert [job.params["from"] for job in jobs] == ["s3://bucket/a.csv"] * 3
    assert (len({job.id for job in jobs}), jobs[0].workspace) == (2, "w")
