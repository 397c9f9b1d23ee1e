"""Messages and objects that start jobs, as the recovery function gets them from the queue."""

from __future__ import annotations

import json

import pytest
from fermata.domain.jobs import Ref

MESSAGE = {"tenant": "acme", "user": "ann", "idempotency_key": "k", "job": {"kind": "probe", "params": {"units": 2}}}


@pytest.fixture
def send(deployed):
    """Brings messages in; the ids of those that come again."""

    def send(*bodies):
        records = [
            {
                "eventSource": "aws:sqs",
                "messageId": f"m{number}",
                "body": body if isinstance(body, str) else json.dumps(body),
            }
            for number, body in enumerate(bodies)
        ]
        return [one["itemIdentifier"] for one in deployed.invoke("recovery", {"Records": records})["batchItemFailures"]]

    return send


def jobs(deployed, tenant="acme"):
    return [deployed.engine.store.job(ref) for ref in deployed.engine.store.open_jobs(tenant)]


def put(key="in/people.csv", **version):
    return {
        "source": "aws.s3",
        "detail-type": "Object Created",
        "detail": {"bucket": {"name": "b"}, "object": {"key": key, **version}},
    }


def test_a_message_starts_a_job_once_as_its_user(deployed, send):
    assert send(MESSAGE, MESSAGE) == []
    assert send(MESSAGE) == []
    (job,) = jobs(deployed)
    assert (job.kind, job.user, job.params["units"]) == ("probe", "ann", 2)


def test_it_is_the_job_of_the_same_key_over_http(deployed, send):
    send(MESSAGE)
    digest = jobs(deployed)[0].id
    body = json.dumps({"kind": "probe", "params": {"units": 2}})
    event = deployed.event("api")
    event |= {"rawPath": "/api/v1/jobs", "body": body}
    event["requestContext"]["http"]["path"] = "/api/v1/jobs"
    event["headers"] |= {"idempotency-key": "k", "content-length": str(len(body))}
    answer = deployed.invoke("api", event)
    assert answer["statusCode"] == 201
    assert json.loads(answer["body"])["id"] == digest


def test_without_a_key_the_message_is_its_own(deployed, send):
    keyless = {name: value for name, value in MESSAGE.items() if name != "idempotency_key"}
    assert send(keyless) == send(keyless) == []
    assert len(jobs(deployed)) == 1


def test_each_version_of_an_object_starts_one_job(deployed, send):
    for version in ("1", "1", "2"):
        assert send(put(**{"version-id": version})) == []
    assert send(put(etag="e", sequencer="1"), put(etag="e", sequencer="1")) == []
    found = jobs(deployed, "default")
    assert len(found) == 3
    assert {(job.kind, job.params["url"], job.user) for job in found} == {
        ("csv_import", "s3://b/in/people.csv", "automatic")
    }


BAD = [
    *("{", "[]", {}, {"job": {"kind": "probe"}}, MESSAGE | {"user": "automatic"}, MESSAGE | {"other": 1}),
    *(MESSAGE | {"job": job} for job in ({}, {"kind": 5}, {"kind": "none"}, {"kind": "probe", "id": "x"})),
    *(
        MESSAGE | {"job": {"kind": "probe", **extra}}
        for extra in ({"limit": True}, {"after": [5]}, {"on_failure": "x"})
    ),
    MESSAGE | {"job": {"kind": "probe", "params": {"units": -1}}},
    {"source": "aws.s3", "detail": {}},
]


def test_what_can_not_be_taken_comes_again_and_keeps_no_other_from_it(deployed, send):
    failed = send(*BAD, MESSAGE)
    assert failed == [f"m{number}" for number in range(len(BAD))]
    assert [ref for ref in deployed.engine.store.open_jobs("acme") if isinstance(ref, Ref)]
    assert len(jobs(deployed)) == 1
