"""The same key gets the same object, on every route that creates one."""

from __future__ import annotations

import pytest
from fermata.domain.kind import Kind, Planned, Policy, Stage
from fermata.kinds.registry import Registry
from fermata.toolkit.parameters import Parameters, parser, schema

NAMES = ("crawl", "csv_import", "source.process", "tag_documents")


class Anything(Parameters, extra="allow"):
    """Takes whatever it is given."""


def kind(name):
    stage = Stage("do", lambda planning: iter([Planned(1, None)]), lambda unit: unit.value, Policy(timeout=None))
    return Kind(name, name, (stage,), parser(Anything), schema(Anything), families=frozenset({"processes", "tasks"}))


ROUTES = {
    "jobs": ("/api/v1/jobs", {"kind": "crawl", "params": {"a": 1}}, {"kind": "crawl", "params": {"a": 2}}),
    "tasks": ("/api/v1/tasks", {"task_type": "crawl", "params": {"a": 1}}, {"task_type": "crawl", "params": {"a": 2}}),
    "processes": ("/processes", {"type": "csv_import", "input": {"a": 1}}, {"type": "csv_import", "input": {"a": 2}}),
    "sources": ("/api/v1/sources", {"title": "one", "text": "x"}, {"title": "two", "text": "x"}),
    "batch": (
        "/api/batch/start",
        {"documents": [{"title": "a", "file_path": "https://x.org/a", "file_source_type": "url"}], "config": {}},
        {"documents": [{"title": "b", "file_path": "https://x.org/a", "file_source_type": "url"}], "config": {}},
    ),
}


@pytest.fixture
def service(make_service):
    assert set(NAMES) <= set(Registry())
    return make_service(kinds={name: kind(name) for name in NAMES})


@pytest.mark.parametrize("family", ROUTES)
def test_the_same_request_under_the_same_key_is_answered_again(service, ann, family):
    path, body, _ = ROUTES[family]
    first = ann.post(path, json=body, headers={"Idempotency-Key": "k"})
    with service.leaves_one_record():
        again = ann.post(path, json=body, headers={"Idempotency-Key": "k"})
    assert first.status_code == again.status_code < 300, first.text
    assert [answer.headers.get("idempotent-replay") for answer in (first, again)] == [None, "true"]
    assert again.json() == first.json()
    assert len(service.world.jobs) == 1


@pytest.mark.parametrize("family", ROUTES)
def test_another_request_under_the_same_key_is_a_conflict(service, ann, family):
    path, body, other = ROUTES[family]
    ann.post(path, json=body, headers={"Idempotency-Key": "k"})
    assert ann.post(path, json=other, headers={"Idempotency-Key": "k"}).status_code == 409
    assert len(service.world.jobs) == 1


@pytest.mark.parametrize("family", ROUTES)
def test_a_key_is_the_users_own(service, ann, family):
    path, body, _ = ROUTES[family]
    for caller in (ann, service.user("bob"), service.key("sk_test_other")):
        answer = caller.post(path, json=body, headers={"Idempotency-Key": "k"})
        assert "idempotent-replay" not in answer.headers
    assert len(service.world.jobs) == 3


@pytest.mark.parametrize("family", ROUTES)
@pytest.mark.parametrize("key", ["", "k" * 129, "a b"])
def test_a_key_that_is_none_is_refused(service, ann, family, key):
    path, body, _ = ROUTES[family]
    assert ann.post(path, json=body, headers={"Idempotency-Key": key}).status_code in (400, 422)
    assert service.world.jobs == {}
