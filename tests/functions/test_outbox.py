"""The recovery function reads the table's stream and tells of what happened."""

from __future__ import annotations

import json
from itertools import count

import pytest
from fermata.control.starting import NewJob, start
from fermata.control.termination import cancel
from fermata.domain.errors import Unavailable
from fermata.domain.events import Actor, Mutation

ACT = Mutation(Actor("acme", "ann"), "jobs.create", "jobs:1", 1_800_000_000.0)


@pytest.fixture
def told(deployed, monkeypatch):
    """What listeners of the bus have got so far."""
    clients = deployed.account.clients
    monkeypatch.setenv("FERMATA_BUS", "fermata")
    clients.events.create_event_bus(Name="fermata")
    queue = clients.sqs.get_queue_attributes(QueueUrl=deployed.account.tokens, AttributeNames=["QueueArn"])
    clients.events.put_rule(Name="all", EventBusName="fermata", EventPattern=json.dumps({"source": ["fermata"]}))
    targets = [{"Id": "queue", "Arn": queue["Attributes"]["QueueArn"]}]
    clients.events.put_targets(Rule="all", EventBusName="fermata", Targets=targets)

    def told():
        found = []
        while messages := clients.sqs.receive_message(QueueUrl=deployed.account.tokens, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                clients.sqs.delete_message(QueueUrl=deployed.account.tokens, ReceiptHandle=message["ReceiptHandle"])
                body = json.loads(message["Body"])
                if body.get("source") == "fermata":
                    found.append(body)
        return found

    return told


@pytest.fixture
def changes(deployed):
    """Everything in the table, as its stream would bring it: in order for each partition."""

    def changes():
        items = deployed.account.clients.dynamodb.scan(TableName=deployed.account.table)["Items"]
        ordered = sorted(items, key=lambda item: (item["pk"]["S"], item["sk"]["S"]))
        numbers = count(1)
        return [
            {"eventName": "INSERT", "dynamodb": {"NewImage": item, "SequenceNumber": str(next(numbers))}}
            for item in ordered
        ]

    return changes


@pytest.fixture
def cancelled(deployed):
    job = start(
        deployed.engine, ACT, NewJob(family="jobs", id="1", kind="probe", params={"units": 1}, labels={"team": "x"})
    )
    cancel(deployed.engine, None, job.ref, "enough", wait=False)


def test_each_line_of_a_history_is_told_with_its_job(deployed, told, changes, cancelled):
    assert deployed.invoke("recovery", {"Records": changes()}) == {"batchItemFailures": []}
    heard = told()
    assert [one["detail-type"] for one in heard] == ["job.created", "job.cancelled"]
    detail = heard[1]["detail"]
    assert (detail["id"], detail["number"], detail["status"]) == ("acme/jobs:1/2", 2, "cancelled")
    assert detail["job"] == {
        **{"id": "jobs:1", "family": "jobs", "kind": "probe", "workspace": "default", "user": "ann"},
        "labels": {"team": "x"},
    }
    assert detail["data"]["reason"] == "enough"


def test_what_is_read_twice_is_told_with_the_same_ids(deployed, told, changes, cancelled):
    for _ in range(2):
        deployed.invoke("recovery", {"Records": changes()})
    assert sorted(one["detail"]["id"] for one in told()) == sorted(2 * ["acme/jobs:1/1", "acme/jobs:1/2"])


def test_what_the_bus_does_not_take_is_read_again_from_there(deployed, told, changes, cancelled, monkeypatch):
    module = deployed.module("recovery")
    monkeypatch.setattr(module, "BATCH", 1)
    records, put, left = changes(), module.bus().put, [True]

    def busy(notices):
        if notices and notices[0].type == "job.cancelled" and left:
            left.clear()
            raise Unavailable("throttled")
        put(notices)

    monkeypatch.setattr(type(module.bus()), "put", lambda self, notices: busy(notices))
    (failed,) = deployed.invoke("recovery", {"Records": records})["batchItemFailures"]
    rest = [one for one in records if int(one["dynamodb"]["SequenceNumber"]) >= int(failed["itemIdentifier"])]
    deployed.invoke("recovery", {"Records": rest})
    assert [one["detail-type"] for one in told()] == ["job.created", "job.cancelled"]


def test_a_line_that_can_not_be_read_keeps_no_other_from_being_told(deployed, told, changes, cancelled):
    records = changes()
    broken = {
        "dynamodb": {
            "NewImage": {"pk": {"S": "acme|jobs:1"}, "sk": {"S": "event#x"}, "doc": {"S": "{"}},
            "SequenceNumber": "0",
        }
    }
    assert deployed.invoke("recovery", {"Records": [broken, *records]}) == {"batchItemFailures": []}
    assert len(told()) == 2


def test_a_line_that_fails_in_a_way_nobody_knows_keeps_no_other_from_being_told(
    deployed, told, changes, cancelled, monkeypatch, capsys
):
    module = deployed.module("recovery")
    put = module.bus().put

    def stumble(notices):
        if any(notice.type == "job.created" for notice in notices):
            raise ZeroDivisionError("a fault of ours")
        put(notices)

    monkeypatch.setattr(type(module.bus()), "put", lambda self, notices: stumble(notices))
    assert deployed.invoke("recovery", {"Records": changes()}) == {"batchItemFailures": []}
    assert [one["detail-type"] for one in told()] == ["job.cancelled"]
    said = capsys.readouterr().out
    assert "a line could not be told" in said
    assert '"RecoveryErrors":[1.0]' in said
