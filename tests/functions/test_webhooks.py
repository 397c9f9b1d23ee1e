"""The webhooks function: from the table's stream over the queue to a receiver on loopback."""

from __future__ import annotations

import json
from itertools import count

import pytest
from fermata.control import webhooks
from fermata.control.starting import NewJob, start
from fermata.domain.events import Actor, Mutation
from fermata.domain.webhooks import Webhook
from fermata.testing import LoopbackServer
from fermata_client.webhooks import verify

ACT = Mutation(Actor("acme", "ann"), "webhooks.create", "wh-1", 1_800_000_000.0)


@pytest.fixture
def web():
    with LoopbackServer() as server:
        yield server


@pytest.fixture
def hook(deployed, web, monkeypatch):
    monkeypatch.setenv("FERMATA_ALLOWED_HOSTS", "127.0.0.1")
    monkeypatch.setitem(deployed.environment, "FERMATA_ALLOWED_HOSTS", "127.0.0.1")
    monkeypatch.setenv("FERMATA_BUS", "fermata")
    deployed.account.clients.events.create_event_bus(Name="fermata")
    made = Webhook(tenant="acme", id="wh-1", name="n", url=web.url("/hook"), user="ann", created_at=0.0)
    return webhooks.create(deployed.engine, ACT, made)


def stream(deployed):
    """Lines of histories, as the table's stream brings them."""
    items = deployed.account.clients.dynamodb.scan(TableName=deployed.account.table)["Items"]
    lines = sorted((one for one in items if one["sk"]["S"].startswith("event#")), key=lambda one: one["sk"]["S"])
    numbers = count(1)
    changes = [{"dynamodb": {"NewImage": line, "SequenceNumber": str(next(numbers))}} for line in lines]
    return {"Records": [{"eventName": "INSERT", **change} for change in changes]}


def queue(deployed):
    """What waits in the queue, as an event of the function brings it."""
    url = deployed.account.webhooks
    found = deployed.account.clients.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in found]}


def test_what_happens_reaches_the_receiver_signed(deployed, web, hook):
    web.answer("/hook", status=204)
    start(deployed.engine, ACT, NewJob(family="jobs", id="1", kind="probe", params={"units": 1}))
    assert deployed.invoke("recovery", stream(deployed)) == {"batchItemFailures": []}
    assert deployed.invoke("webhooks", queue(deployed)) == {"batchItemFailures": []}
    ((_, _, headers, body),) = web.requests
    event = verify(body, headers, hook[1])
    assert (event["type"], event["id"], event["job"]["kind"]) == ("job.created", "acme/jobs:1/1", "probe")
    (one,) = deployed.engine.webhooks.deliveries("acme", "wh-1")
    assert (one.state, one.attempts[0].status, one.id) == ("delivered", 204, headers["webhook-id"])


def test_a_message_that_can_not_be_seen_to_comes_again_and_keeps_no_other_from_it(deployed, web, hook):
    web.answer("/hook", status=204)
    webhooks.test(deployed.engine, ACT, "acme", "wh-1")
    records = [{"messageId": "bad", "body": "{"}, *queue(deployed)["Records"]]
    failed = deployed.invoke("webhooks", {"Records": records})["batchItemFailures"]
    assert failed == [{"itemIdentifier": "bad"}]
    assert json.loads(web.requests[0][3])["type"] == "webhook.test"


def test_the_secret_is_in_no_log(deployed, web, hook, capsys):
    web.answer("/hook", status=500)
    webhooks.test(deployed.engine, ACT, "acme", "wh-1")
    deployed.invoke("webhooks", queue(deployed))
    written = capsys.readouterr().out
    assert "not taken" in written
    assert hook[1] not in written
    assert hook[1].removeprefix("whsec_") not in written
