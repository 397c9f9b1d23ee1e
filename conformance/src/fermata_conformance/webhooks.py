"""Receivers that are told of what happens, by signed requests as Standard Webhooks describes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, Mismatch, Skipped, each, has_keys, is_equal, is_true
from fermata_conformance.target import Target
from fermata_conformance.words import is_zulu_time
from fermata_conformance.work import JOBS

DOCUMENT = Document("webhooks", "Receivers that are told of what happens")

WEBHOOKS = "/api/v1/webhooks"
WEBHOOK = (
    "id", "name", "url", "user", "events", "kinds", "workspaces", "labels", "format", "state", "disabled_at", "disabled_reason",
    "failures", "failing_since", "resting_until", "old_secret_until", "created_at", "updated_at",
)  # fmt: skip
DELIVERY = ("id", "webhook_id", "type", "job_id", "state", "at", "next_attempt_at", "reason", "attempts")
NOWHERE = "https://hooks.example.com/kit"


class Receiver:
    """On loopback; answers with ``status``, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status, self.sent = 204, queue.Queue[tuple[Mapping[str, str], bytes]]()
        kept = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.sent.put(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(kept.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/kit"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def next(self, target: Target) -> tuple[Mapping[str, str], bytes]:
        try:
            return self.sent.get(timeout=target.patience)
        except queue.Empty:
            raise Mismatch(f"nothing was sent within {target.patience:g} s") from None


@contextmanager
def receiver(target: Target) -> Iterator[Receiver]:
    """Raises Skipped where the server can't reach it."""
    if not target.near:
        raise Skipped("needs a server on this machine, which can send to a receiver here")
    it = Receiver()
    try:
        yield it
    finally:
        it.server.shutdown()
        it.server.server_close()


@contextmanager
def webhook(target: Target, **given: Any) -> Iterator[dict[str, Any]]:
    """One that is gone afterwards."""
    client = target.callers.main
    asked = {"name": target.name("hook"), "url": NOWHERE, "workspaces": [target.name("space")]} | given
    made: dict[str, Any] = client.post(WEBHOOKS, asked).body(201)
    try:
        yield made
    finally:
        client.delete(f"{WEBHOOKS}/{made['id']}")


def read(target: Target, webhook_id: str) -> dict[str, Any]:
    seen: dict[str, Any] = target.callers.main.get(f"{WEBHOOKS}/{webhook_id}").body()
    return seen


def delivery(target: Target, webhook_id: str, id_: str, state: str) -> dict[str, Any]:
    """Wait until it has this state."""
    path = f"{WEBHOOKS}/{webhook_id}/deliveries/{id_}"
    return target.until(
        lambda: target.callers.main.get(path).body(), lambda seen: seen["state"] == state, f"a delivery that is {state}"
    )


def signed(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether one of the signatures is by this secret, as Standard Webhooks has it."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mark = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return f"v1,{mark}" in headers["webhook-signature"].split()


@DOCUMENT.check
def a_webhook_shows_all_but_its_secret(target: Target) -> None:
    """Creating answers 201 with the secret, which nothing else ever does; reading and listing show the rest."""
    client = target.callers.main
    with webhook(target, events=["job.failed"], labels={"team": "data"}) as made:
        has_keys("a new webhook", made, (*WEBHOOK, "secret"))
        is_true(made["secret"].startswith("whsec_"), f"the secret is {made['secret'][:6]}…")
        is_zulu_time("created_at", made["created_at"])
        rest = {name: made[name] for name in WEBHOOK}
        client.get(f"{WEBHOOKS}/{made['id']}").says(200, rest)
        listed = client.get(WEBHOOKS)
        is_true(
            rest in listed.body()["webhooks"] and made["secret"] not in listed.text,
            "the list lacks it, or tells the secret",
        )


@DOCUMENT.check
def what_is_no_webhook_is_refused(target: Target) -> None:
    """Https and a public host, events that there are, and no member that nobody knows."""
    good = {"name": "kit", "url": NOWHERE}
    for wrong in each(
        {"url": "http://hooks.example.com/"},
        {"url": "https://10.0.0.1/"},
        {"url": "https://169.254.169.254/"},
        {"url": "https://user:word@hooks.example.com/"},
        {"url": "file:///etc/passwd"},
        {"url": ""},
        {"name": ""},
        {"events": ["job.baked"]},
        {"format": "fax"},
        {"labels": {"": "x"}},
        {"colour": "red"},
    ):
        target.callers.main.post(WEBHOOKS, good | wrong).refuses(400, 422)


@DOCUMENT.check
def a_webhook_is_changed_and_deleted(target: Target) -> None:
    """A change leaves the rest as it is, and takes no null; what is deleted is a 404 everywhere."""
    client = target.callers.main
    with webhook(target) as made:
        path = f"{WEBHOOKS}/{made['id']}"
        changed = client.patch(path, {"events": ["job.*"]}).body()
        moved = {name for name in WEBHOOK if changed[name] != made[name]}
        is_true(moved <= {"events", "updated_at"} and changed["events"] == ["job.*"], f"{sorted(moved)} changed")
        for wrong in each({"events": None}, {"url": "ftp://x.example"}, {"secret": "whsec_mine"}):
            client.patch(path, wrong).refuses(400, 422)
        client.delete(path).says(200, {"id": made["id"], "deleted": True})
        for answer in (
            client.get(path),
            client.delete(path),
            client.post(f"{path}/test"),
            client.get(f"{path}/deliveries"),
        ):
            answer.refuses(404)


@DOCUMENT.check
def a_test_arrives_signed(target: Target) -> None:
    """A test is sent at once, signed by the webhook's secret; its delivery shows the attempt, and the event that it tells of."""
    with receiver(target) as there, webhook(target, url=there.url) as made:
        asked = target.callers.main.post(f"{WEBHOOKS}/{made['id']}/test").body(202)
        has_keys("a delivery", asked, DELIVERY)
        headers, body = there.next(target)
        is_true(signed(headers, body, made["secret"]), "it is not signed by the webhook's secret")
        is_equal(
            "webhook-id and type", (headers["webhook-id"], json.loads(body)["type"]), (asked["id"], "webhook.test")
        )
        seen = delivery(target, made["id"], asked["id"], "delivered")
        has_keys("its detail", seen, (*DELIVERY, "event"))
        is_equal("the status of its attempts", [one["status"] for one in seen["attempts"]], [204])


@DOCUMENT.check
def a_receiver_is_told_of_jobs(target: Target) -> None:
    """Of those that its filters let through, each event once, with the job as it stood; also whom a job names in `notify`."""
    space, client = target.name("space"), target.callers.main
    job = {"kind": "probe", "params": {"units": 1}}
    with (
        receiver(target) as there,
        receiver(target) as named,
        webhook(target, url=there.url, events=["job.completed"], workspaces=[space]) as made,
    ):
        client.post(JOBS, job).body(201)
        asked = job | {"workspace": space, "notify": [{"url": named.url, "events": ["job.completed"]}]}
        started = client.post(JOBS, asked).body(201)
        is_true(named.url not in json.dumps(started["notify"]), "the job shows the whole address")
        headers, body = there.next(target)
        is_true(signed(headers, body, made["secret"]), "it is not signed")
        told = json.loads(body)
        is_equal("type and job", (told["type"], told["job"]["id"]), ("job.completed", started["id"]))
        _, body = named.next(target)
        is_equal("the job of the other", json.loads(body)["job"]["id"], started["id"])
        is_true(there.sent.empty(), "it is told of a job of another workspace, or twice")


@DOCUMENT.check
def secrets_are_rotated(target: Target) -> None:
    """A new secret; the one before signs beside it for as long as is asked, or not at all."""
    client = target.callers.main
    with receiver(target) as there, webhook(target, url=there.url) as made:
        path, secrets = f"{WEBHOOKS}/{made['id']}", [made["secret"]]
        for hours, wanted in ((24, [True, True]), (0, [False, True])):
            secrets.append(client.post(f"{path}/secret", {"overlap_hours": hours}).body()["secret"])
            client.post(f"{path}/test").body(202)
            headers, body = there.next(target)
            is_equal("who has signed", [signed(headers, body, secret) for secret in secrets[-2:]], wanted)
        client.post(f"{path}/secret", {"overlap_hours": -1}).refuses(400, 422)


@DOCUMENT.check
def what_is_given_up_is_sent_again(target: Target) -> None:
    """What fails waits; disabling gives it up; once it is enabled, it is sent again when asked, under the same id."""
    client = target.callers.main
    with receiver(target) as there, webhook(target, url=there.url) as made:
        path, there.status = f"{WEBHOOKS}/{made['id']}", 500
        id_ = client.post(f"{path}/test").body(202)["id"]
        there.next(target)
        target.until(lambda: read(target, made["id"]), lambda seen: seen["state"] == "failing", "a webhook that fails")
        is_equal("state", client.post(f"{path}/disable", {"reason": "a look"}).body()["state"], "disabled")
        client.post(f"{path}/test").refuses(409)
        delivery(target, made["id"], id_, "dead")
        is_equal(
            "the dead ones",
            [one["id"] for one in client.get(f"{path}/deliveries", state="dead").body()["deliveries"]],
            [id_],
        )
        client.post(f"{path}/deliveries/{id_}/resend").refuses(409)
        there.status = 204
        client.post(f"{path}/enable").body()
        is_equal("how many", client.post(f"{path}/deliveries/resend").body(202)["count"], 1)
        is_equal("the same id", there.next(target)[0]["webhook-id"], id_)
        delivery(target, made["id"], id_, "delivered")
        client.post(f"{path}/deliveries/{id_}/resend").refuses(409)


@DOCUMENT.check
def deliveries_are_read_by_the_page(target: Target) -> None:
    """Newest first, by a cursor that loses and repeats nothing; one that there is not is a 404."""
    client = target.callers.main
    with receiver(target) as there, webhook(target, url=there.url) as made:
        path = f"{WEBHOOKS}/{made['id']}/deliveries"
        ids = {client.post(f"{WEBHOOKS}/{made['id']}/test").body(202)["id"] for _ in range(3)}
        first = client.get(path, limit=2).body()
        rest = client.get(path, limit=2, cursor=first["next_cursor"]).body()
        seen = [one["id"] for one in first["deliveries"] + rest["deliveries"]]
        is_equal("the deliveries", (len(seen), set(seen), rest["next_cursor"]), (3, ids, None))
        client.get(path, cursor=first["next_cursor"][:-3]).refuses(400, 422)
        client.get(f"{path}/msg_none").refuses(404)


@DOCUMENT.check
def webhooks_are_the_administrators(target: Target) -> None:
    """Everything about webhooks needs the scope admin, and is not there for another tenant; each change is recorded."""
    client = target.callers.main
    with webhook(target) as made:
        path = f"{WEBHOOKS}/{made['id']}"
        ann = target.callers.user(target.name("ann"))
        for caller, status in ((target.callers.reader, 403), (ann, 403), (target.callers.other, 404)):
            for name in ("", "/deliveries"):
                caller.get(path + name).refuses(status)
            for name in ("test", "enable", "disable", "secret", "deliveries/resend"):
                caller.post(f"{path}/{name}").refuses(status)
            caller.patch(path, {"name": "theirs"}).refuses(status)
            caller.delete(path).refuses(status)
        is_true(made["id"] not in target.callers.other.get(WEBHOOKS).text, "another tenant's list has it")
        client.post(f"{path}/disable").body()
        client.delete(path).body()
        seen = sorted(one["action"] for one in work.audit(target, about=made["id"]) if one["outcome"] == "done")
        is_equal("the records", seen, ["webhooks.create", "webhooks.delete", "webhooks.disable"])


@DOCUMENT.check
def a_request_that_comes_twice_makes_one_webhook(target: Target) -> None:
    """The same Idempotency-Key with the same body answers the same webhook without its secret; with another body it is a 409."""
    client, headers = target.callers.main, {"Idempotency-Key": target.name("key")}
    asked = {"name": target.name("hook"), "url": NOWHERE, "workspaces": [target.name("space")]}
    made = client.post(WEBHOOKS, asked, headers=headers).body(201)
    again = client.post(WEBHOOKS, asked, headers=headers)
    is_equal("the second id and secret", (again.body(201)["id"], again.json["secret"]), (made["id"], None))
    is_equal("Idempotent-Replay", again.headers.get("Idempotent-Replay"), "true")
    client.post(WEBHOOKS, asked | {"name": "another"}, headers=headers).refuses(409)
    client.delete(f"{WEBHOOKS}/{made['id']}").body()
