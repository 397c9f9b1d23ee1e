"""From what happened to what receivers get, whatever fails or dies on the way."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count

import pytest
from fermata.adapters.memory.bus import MemoryBus
from fermata.control import deliveries, webhooks
from fermata.control.deliveries import Sender
from fermata.control.outbox import publish
from fermata.control.starting import NewJob, start
from fermata.control.termination import cancel
from fermata.domain.errors import Unavailable
from fermata.domain.events import Actor, Mutation
from fermata.domain.notify import Format, Notify
from fermata.domain.signatures import signature
from fermata.domain.webhooks import Reply, State, Webhook, webhook_scope
from fermata_client.webhooks import verify

URL, OTHER = "https://one.example/hook", "https://two.example/hook"
ENDED = ("job.completed", "job.failed", "job.cancelled")


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def lab(make_lab):
    lab = make_lab()
    lab.secrets = {}
    return lab


def act(lab):
    return Mutation(Actor("acme", "ann"), "webhooks.create", "webhooks", lab.clock.now())


@pytest.fixture
def hook(lab):
    def hook(id_="wh-1", url=URL, **fields):
        made = Webhook(tenant="acme", id=id_, name=id_, url=url, user="ann", created_at=lab.clock.now(), **fields)
        stored, lab.secrets[url] = webhooks.create(lab.engine, act(lab), made)
        return stored

    return hook


@pytest.fixture
def work(lab):
    """Starts jobs that are done at once, and tells of them."""
    numbers = count(1)

    def work(times=1, **fields):
        for _ in range(times):
            new = NewJob(family="jobs", id=f"{next(numbers)}", kind="one", params={"units": 0}, **fields)
            start(lab.engine, act(lab), new)
            lab.driver.run()
            lab.driver.tell()

    return work


def answers(lab, reply, url=URL):
    lab.engine.receivers.answers[url] = lambda body: reply


def got(lab, url=URL):
    """Bodies of what was sent there."""
    return [json.loads(body) for to, _, body in lab.engine.receivers.posted if to == url]


def types(lab, url=URL):
    return [body["type"] for body in got(lab, url)]


def log(lab, id_="wh-1"):
    """What the webhook was sent, the oldest first."""
    return lab.engine.webhooks.deliveries("acme", id_, limit=1000)[::-1]


def pass_time(lab, minutes=1):
    for _ in range(minutes):
        lab.clock.sleep(60)
        lab.driver.recover()
        lab.driver.tell()


def down(status=500):
    return Reply(status)


def up():
    return Reply(204)


def verified(lab, headers, body, secret):
    """What the client's helper makes of a request, which is held against the standard's library in tests/client."""
    return verify(body, headers, secret, now=lab.clock.now())


def test_a_receiver_gets_what_the_bus_gets_in_order_and_signed(lab, hook, work):
    hook()
    work()
    told = [dict(notice.detail) for notice in lab.driver.bus.notices]
    assert got(lab) == told
    assert types(lab) == ["job.created", "job.started", "job.stage", "job.completed"]
    for _, headers, body in lab.engine.receivers.posted:
        assert verified(lab, headers, body, lab.secrets[URL])["tenant"] == "acme"
        assert headers["content-type"] == "application/json"
    ids = [headers["webhook-id"] for _, headers, _ in lab.engine.receivers.posted]
    assert ids == [one.id for one in log(lab)]
    assert {one.state for one in log(lab)} == {State.DELIVERED}


def test_each_hears_of_what_it_asked_for(lab, hook, work):
    hook(events=("job.completed",))
    hook("wh-2", OTHER, events=("job.*",), kinds=("two",))
    work()
    assert types(lab) == ["job.completed"]
    assert got(lab, OTHER) == []


def test_slack_gets_a_message_it_can_show(lab, hook, work):
    hook(events=ENDED, format=Format.SLACK)
    work()
    (body,) = got(lab)
    assert body["text"] == "Job jobs:1 (one): completed"
    assert body["blocks"][0]["type"] == "section"


def test_a_job_names_who_is_told_of_it(lab, hook, work):
    hook(events=())
    url = "https://three.example/secret/path"
    notify = (Notify(url, None, ENDED), Notify(None, "wh-1", ("job.started",)))
    work(notify=notify)
    work()
    assert types(lab, url) == ["job.completed"]
    assert types(lab) == ["job.started"]


def test_all_that_jobs_name_by_address_is_signed_with_one_secret_of_the_tenant(lab, work):
    _, secret = webhooks.rotate(lab.engine, act(lab), "acme", "notify")
    for url in (URL, OTHER):
        work(notify=(Notify(url, None, ENDED),))
    for _, headers, body in lab.engine.receivers.posted:
        assert verified(lab, headers, body, secret)["type"] == "job.completed"
    assert len(lab.engine.receivers.posted) == 2
    assert lab.engine.webhooks.all("acme") == []


def test_one_that_is_named_and_hears_of_it_anyway_hears_of_it_once(lab, hook, work):
    hook(events=ENDED)
    work(notify=(Notify(None, "wh-1", ENDED),))
    assert types(lab) == ["job.completed"]


def test_a_receiver_that_fails_for_an_hour_gets_everything_once_it_is_back(lab, hook, work):
    hook(events=("job.*",))
    answers(lab, down())
    for _ in range(12):
        work()
        pass_time(lab, 5)
    wasted = len(lab.engine.receivers.posted)
    assert wasted < 30  # of 48 events over an hour: it rests
    assert lab.engine.webhooks.find("acme", "wh-1").failures > 3
    answers(lab, up())
    pass_time(lab, 17)
    assert {one.state for one in log(lab)} == {State.DELIVERED}
    taken = got(lab)[wasted:]
    assert len(taken) == len({body["id"] for body in taken}) == 48
    hook_now = lab.engine.webhooks.find("acme", "wh-1")
    assert (hook_now.failures, hook_now.rest_until) == (0, None)


def test_of_a_job_all_that_waited_comes_in_order(lab, hook, work):
    hook(events=("job.*",))
    answers(lab, down())
    work(3)
    answers(lab, up())
    before = len(got(lab))
    pass_time(lab, 2)
    for id_ in ("jobs:1", "jobs:2", "jobs:3"):
        numbers = [body["number"] for body in got(lab)[before:] if body["job"]["id"] == id_]
        assert numbers == sorted(numbers)
        assert numbers


def test_what_nobody_takes_for_a_day_is_dead_and_can_be_sent_again(lab, hook, work):
    hook(events=ENDED)
    answers(lab, down(404))
    work()
    for _ in range(40):
        lab.clock.sleep(3600)
        lab.driver.recover()
        lab.driver.tell()
    (one,) = log(lab)
    assert (one.state, one.tries) == (State.DEAD, 10)
    assert one.reason == "tried 10 times, at last: the receiver answered 404"
    assert one.attempts[-1].at - one.attempts[0].at > 86_400
    answers(lab, up())
    webhooks.resend(lab.engine, act(lab), "acme", "wh-1", one.id)
    lab.driver.tell()
    assert log(lab)[0].state is State.DELIVERED
    assert len({headers["webhook-id"] for _, headers, _ in lab.engine.receivers.posted}) == 1


def test_an_event_that_a_receiver_refuses_keeps_no_other_from_it(lab, hook, work):
    hook(events=("job.*",))

    def picky(body):
        return down(422) if json.loads(body)["type"] == "job.stage" else up()

    lab.engine.receivers.answers[URL] = picky
    work()
    states = {one.type: one.state for one in log(lab)}
    assert states.pop("job.stage") is State.PENDING
    assert set(states.values()) == {State.DELIVERED}


def test_410_disables_it_which_is_told_and_what_waits_is_dead(lab, hook, work):
    hook(events=("job.*",))
    hook("wh-2", OTHER, events=("system.*",))
    answers(lab, down(410))
    work()
    lab.driver.tell()
    gone = lab.engine.webhooks.find("acme", "wh-1")
    assert not gone.enabled
    assert {one.state for one in log(lab)} == {State.DEAD}
    assert len(got(lab)) == 1
    (told,) = got(lab, OTHER)
    assert told["type"] == "system.health_change"
    assert told["reason"] == "webhook wh-1 (wh-1) is disabled: the receiver answered 410 Gone"
    work()
    assert len(log(lab)) == 4  # nothing is kept for one that is disabled


def test_one_that_fails_for_days_is_disabled(lab, hook, work):
    hook(events=("job.created",))
    answers(lab, down())
    for _ in range(80):
        work()
        lab.clock.sleep(3600)
        lab.driver.recover()
        lab.driver.tell()
    off = lab.engine.webhooks.find("acme", "wh-1")
    assert off.disabled_reason == "nothing but failures for 3 days"
    pass_time(lab, 10)
    assert {one.state for one in log(lab)} == {State.DEAD}


def test_a_dead_receiver_costs_others_nothing(lab, hook, work):
    hook()
    hook("wh-2", OTHER)
    answers(lab, down())
    work(50)
    assert len(got(lab, OTHER)) == 200
    assert len(got(lab)) < 10


def test_while_two_secrets_are_good_both_sign(lab, hook, work):
    hook(events=ENDED)
    old = lab.secrets[URL]
    _, new = webhooks.rotate(lab.engine, act(lab), "acme", "wh-1", 3600.0)
    work()
    lab.clock.sleep(3601)
    work()
    signed = [headers["webhook-signature"].split() for _, headers, _ in lab.engine.receivers.posted]
    assert [len(one) for one in signed] == [2, 1]
    _, headers, body = lab.engine.receivers.posted[0]
    at = int(headers["webhook-timestamp"])
    assert signed[0] == [signature(one, headers["webhook-id"], at, body) for one in (new, old)]


def test_what_is_read_twice_from_the_outbox_is_sent_once(lab, hook, work):
    hook(events=ENDED)
    new = NewJob(family="jobs", id="1", kind="one", params={"units": 0})
    start(lab.engine, act(lab), new)
    lab.driver.run()
    read = list(lab.world.lines)
    lab.driver.tell()
    publish(lab.engine, MemoryBus(), read)
    lab.driver.tell()
    assert types(lab) == ["job.completed"]


def test_a_webhook_that_nothing_waits_for_is_due_no_more(lab, hook, work):
    hook()
    work()
    assert lab.engine.webhooks.find("acme", "wh-1").due_at is not None
    pass_time(lab, 20)
    assert lab.engine.webhooks.find("acme", "wh-1").due_at is None
    assert webhook_scope("wh-1") not in [name for _, name in lab.engine.store.due(lab.clock.now() + 1e9)]


def test_what_is_deleted_is_sent_nothing_more(lab, hook, work):
    hook()
    answers(lab, down())
    work()
    webhooks.delete(lab.engine, act(lab), "acme", "wh-1")
    before = len(got(lab))
    pass_time(lab, 60)
    assert len(got(lab)) == before


# Whoever dies on the way. ------------------------------------------------------------------------------------------------


def calls(lab, then):
    """Has each call of a port on the way go through ``then``, which is told its number."""
    numbers = count()
    ports = {"store": ("write",), "webhooks": ("find", "all", "delivery", "waiting"), "webhook_queue": ("send",)}
    ports |= {"receivers": ("post",), "secrets": ("open",)}

    class Wrapped:
        def __init__(self, port, names):
            self._port, self._names = port, names

        def __getattr__(self, name):
            found = getattr(self._port, name)
            if name not in self._names:
                return found

            def call(*args, **named):
                then(number := next(numbers), "before")
                result = found(*args, **named)
                then(number, "after")
                return result

            return call

    return replace(lab.engine, **{name: Wrapped(getattr(lab.engine, name), names) for name, names in ports.items()})


def deliver_with(lab, engine, error):
    """Tell and send with an engine that may fail once; as AWS does, what failed is done again."""
    sender = Sender(engine, luck=lambda: 0.5)
    with lab.world.lock:
        lines, lab.world.lines[:] = list(lab.world.lines), []
    while lines:
        try:
            publish(engine, lab.driver.bus, lines)
            lines = []
        except error:
            continue
    while (shipment := lab.driver._next_shipment()) is not None:
        try:
            sender.ship(shipment)
        except error:
            lab.engine.webhook_queue.send([shipment])


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("error", [Killed, Unavailable])
@pytest.mark.parametrize("status", [204, 500])
def test_whoever_dies_at_any_call_loses_nothing(make_lab, moment, error, status):
    at, left = 0, True
    while left:
        lab, left = make_lab(), False
        made = Webhook(tenant="acme", id="wh-1", name="n", url=URL, user="ann", created_at=lab.clock.now())
        webhooks.create(lab.engine, act(lab), replace(made, events=("job.*",)))
        start(lab.engine, act(lab), NewJob(family="jobs", id="1", kind="one", params={"units": 0}))
        lab.driver.run()
        answers(lab, down(status))

        def fail(number, when, at=at):
            nonlocal left
            if (number, when) == (at, moment):
                left = True
                raise error("here")

        deliver_with(lab, calls(lab, fail), error)
        answers(lab, up())
        pass_time(lab, 30)
        assert {one.state for one in log(lab)} == {State.DELIVERED}, at
        assert {body["number"] for body in got(lab)} == {1, 2, 3, 4}, at
        at += 1
    assert at > 20


def test_messages_that_are_lost_altogether_are_made_up_for(lab, hook, work):
    hook(events=ENDED)
    lab.engine.webhook_queue.send, kept = lambda *_, **__: None, lab.engine.webhook_queue.send
    work()
    lab.engine.webhook_queue.send = kept
    pass_time(lab, 12)
    assert types(lab) == ["job.completed"]


def test_a_message_whose_time_is_over_leaves_the_rest_to_another(lab, hook):
    hook()
    start(lab.engine, act(lab), NewJob(family="jobs", id="1", kind="one", params={"units": 0}))
    cancel(lab.engine, None, lab.ref._replace(id="jobs:1"), "enough", wait=False)
    with lab.world.lock:
        lines, lab.world.lines[:] = list(lab.world.lines), []
    publish(lab.engine, lab.driver.bus, lines)
    ((_, shipment),) = lab.world.shipments
    lab.world.shipments.clear()
    Sender(lab.engine).ship(shipment, until=lab.clock.now() - 1)
    assert got(lab) == []
    assert [one for _, one in lab.world.shipments] == [shipment]


def test_of_a_backlog_each_look_takes_a_page_and_another_look_the_next(lab, hook, work):
    hook(events=ENDED)
    answers(lab, down())
    work(deliveries.PAGE + 20)
    assert len(log(lab)) == deliveries.PAGE + 20
    answers(lab, up())
    pass_time(lab, 20)
    assert {one.state for one in log(lab)} == {State.DELIVERED}
