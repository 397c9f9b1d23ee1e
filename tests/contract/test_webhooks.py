from __future__ import annotations

from dataclasses import replace

import pytest
from fermata.domain.errors import NotFound, Stale
from fermata.domain.notify import Format
from fermata.domain.webhooks import Attempt, Delivery, State, Webhook
from fermata.ports import SaveDelivery, SaveWebhook, Shipment

NOW = 1_800_000_000.0


@pytest.fixture
def webhook():
    return Webhook(
        tenant="acme",
        id="wh-1",
        name="näme",
        url="https://x.example/hook",
        user="ann",
        created_at=NOW,
        events=("job.*",),
        kinds=("crawl",),
        workspaces=(),
        labels={"team": "data"},
        format=Format.SLACK,
        sealed_secret="sealed",
        failures=2,
        failing_since=NOW,
        rest_until=NOW + 60,
        due_at=NOW + 60,
        rev=1,
    )


@pytest.fixture
def deliver(ports):
    """Stores deliveries, each a second younger than the one before, waiting ever less long."""

    def deliver(count, state=State.PENDING, webhook="wh-1", tenant="acme", start=0):
        made = [
            Delivery(
                tenant=tenant,
                webhook=webhook,
                id=f"msg_{number:032x}",
                type="job.failed",
                group="acme/jobs:1",
                at=NOW + number,
                detail={"a": [1, None, {"b": "ü"}]},
                since=NOW,
                state=state,
                next_at=NOW + 100 - number,
                attempts=(Attempt(NOW, 0.25, 500, "the receiver answered 500"), Attempt(NOW, 1.0)),
            )
            for number in range(start, start + count)
        ]
        for one in made:
            ports.store.write(SaveDelivery(one))
        return made

    return deliver


def test_a_webhook_is_read_as_it_was_stored(ports, webhook):
    ports.store.write(SaveWebhook(webhook))
    assert ports.webhooks.find("acme", "wh-1") == webhook
    assert ports.webhooks.all("acme") == [webhook]
    assert ports.webhooks.all("globex") == []


def test_a_webhook_changes_only_from_the_revision_that_was_read(ports, webhook):
    ports.store.write(SaveWebhook(webhook))
    for rev in (1, 3):
        with pytest.raises(Stale):
            ports.store.write(SaveWebhook(replace(webhook, rev=rev)))
    ports.store.write(SaveWebhook(changed := replace(webhook, name="other", rev=2)))
    assert ports.webhooks.find("acme", "wh-1") == changed


def test_one_that_was_deleted_is_there_no_more(ports, webhook):
    ports.store.write(SaveWebhook(webhook))
    ports.store.write(SaveWebhook(replace(webhook, deleted_at=NOW, due_at=None, rev=2)))
    assert ports.webhooks.all("acme") == []
    for tenant, id_ in (("acme", "wh-1"), ("acme", "wh-2"), ("globex", "wh-1")):
        with pytest.raises(NotFound):
            ports.webhooks.find(tenant, id_)


def test_receivers_that_jobs_name_are_found_and_not_listed(ports, webhook):
    for id_ in ("url-1", "notify", "wh-1"):
        ports.store.write(SaveWebhook(replace(webhook, id=id_)))
        assert ports.webhooks.find("acme", id_).id == id_
    assert [one.id for one in ports.webhooks.all("acme")] == ["wh-1"]


def test_what_is_due_is_found_among_all_else_and_can_be_put_off(ports, webhook, started):
    job = started()
    for id_ in ("wh-1", "url-1"):
        ports.store.write(SaveWebhook(replace(webhook, id=id_)))
    assert list(ports.store.due(NOW + 59)) == [job.ref]
    named = {("acme", "webhook:wh-1"), ("acme", "webhook:url-1")}
    assert set(ports.store.due(NOW + 60)) == {job.ref, *named}
    ports.store.postpone(("acme", "webhook:wh-1"))
    assert ports.webhooks.find("acme", "wh-1") == webhook


def test_a_delivery_is_read_as_it_was_stored_and_changes_from_what_was_read(ports, deliver):
    (one,) = deliver(1)
    assert ports.webhooks.delivery("acme", "wh-1", one.id) == one
    for rev in (1, 3):
        with pytest.raises(Stale):
            ports.store.write(SaveDelivery(replace(one, rev=rev)))
    ports.store.write(SaveDelivery(done := replace(one, state=State.DELIVERED, rev=2)))
    assert ports.webhooks.delivery("acme", "wh-1", one.id) == done
    for place in (("globex", "wh-1", one.id), ("acme", "wh-2", one.id), ("acme", "wh-1", "msg_")):
        with pytest.raises(NotFound):
            ports.webhooks.delivery(*place)


@pytest.mark.parametrize("state", [None, State.PENDING, State.DEAD])
def test_a_list_is_read_newest_first_a_page_at_a_time(ports, deliver, state):
    made = deliver(5, state or State.DELIVERED)
    others = State.DEAD if state is State.PENDING else State.PENDING
    if state is not None:
        deliver(3, others, start=10)
    assert ports.webhooks.deliveries("acme", "wh-1", state) == made[::-1]
    page = ports.webhooks.deliveries("acme", "wh-1", state, limit=2)
    assert ports.webhooks.deliveries("acme", "wh-1", state, page[-1].id, 2) == made[2:0:-1]
    for tenant, id_ in (("globex", "wh-1"), ("acme", "wh-2"), ("acme", "wh")):
        assert ports.webhooks.deliveries(tenant, id_, state) == []


def test_those_that_wait_are_read_by_their_time_and_leave_with_their_state(ports, deliver):
    made = deliver(4)
    deliver(2, State.DEAD, start=10)
    assert ports.webhooks.waiting("acme", "wh-1", 9) == made[::-1]
    assert ports.webhooks.waiting("acme", "wh-1", 2) == made[:1:-1]
    assert ports.webhooks.waiting("acme", "wh-1", 9, NOW + 99) == made[1::-1]
    for state in (State.DELIVERED, State.DEAD):
        ports.store.write(SaveDelivery(replace(made.pop(), state=state, rev=2)))
    assert ports.webhooks.waiting("acme", "wh-1", 9) == made[::-1]


def test_a_shipment_arrives_as_it_was_sent(ports):
    sent = [Shipment("acme", "wh-1", (("msg_1", 1), ("msg_2", 7))), Shipment("globex", "url-1", everything=True)]
    ports.webhook_queue.send([])
    ports.webhook_queue.send(sent)
    assert sorted(ports.shipped(), key=lambda one: one.tenant) == sent
