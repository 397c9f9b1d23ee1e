"""API keys, browser sessions and tickets of streams."""

from __future__ import annotations

from typing import Any

from fermata_conformance import work
from fermata_conformance.check import Document, each, has_keys, is_equal, is_true
from fermata_conformance.client import Client
from fermata_conformance.streams import window
from fermata_conformance.target import Target
from fermata_conformance.words import is_zulu_time
from fermata_conformance.work import JOBS, TASKS

DOCUMENT = Document("access", "Keys, sessions and tickets")

KEYS = "/api/v1/keys"
SESSION = "/api/v1/session"
KEY = ("id", "user", "scopes", "label", "state", "created_at", "expires_at", "revoked_at", "last_used_at")


def new_key(target: Target, **given: Any) -> dict[str, Any]:
    """A key that was just made, with the text that it is accepted by."""
    made: dict[str, Any] = target.callers.main.post(KEYS, {"label": target.name("kit")} | given).body(201)
    return made


def keys(target: Target) -> dict[str, dict[str, Any]]:
    return {key["id"]: key for key in target.callers.main.get(KEYS).body()["keys"]}


class Browser:
    """Somebody who has signed in with a key."""

    def __init__(self, target: Target, key: str) -> None:
        answer = target.callers.client().post(SESSION, {"api_key": key})
        self.info: dict[str, Any] = answer.body(201)
        self.cookie = answer.headers["Set-Cookie"]
        pair = self.cookie.partition(";")[0]
        self.reads = target.callers.client(Cookie=pair)
        self.changes = target.callers.client(**{"Cookie": pair, "X-CSRF-Token": self.info["csrf_token"]})
        self.elsewhere = target.callers.client(
            **{"Cookie": pair, "X-CSRF-Token": self.info["csrf_token"], "Origin": "https://elsewhere.example"}
        )


def starts_a_job(client: Client) -> int:
    return client.post(JOBS, {"kind": "probe", "params": {"units": 1}}).status


@DOCUMENT.check
def a_key_is_shown_once(target: Target) -> None:
    """Creating a key answers it, and nothing else ever does; it is accepted at once, for its scopes and as its user."""
    made = new_key(target, user="kit", scopes=["read"])
    has_keys("a new key", made, (*KEY, "key"))
    is_zulu_time("created_at", made["created_at"])
    listed = keys(target)[made["id"]]
    has_keys("a listed key", listed, KEY)
    is_true(made["key"] not in target.callers.main.get(KEYS).text, "the list shows the key itself")
    client = target.callers.with_key(made["key"])
    client.get(JOBS, limit=1).body()
    is_equal("who it is", client.get(SESSION).body()["user"], "kit")
    is_equal("the status of a change", starts_a_job(client), 403)
    target.callers.main.delete(f"{KEYS}/{made['id']}").body()


@DOCUMENT.check
def a_revoked_key_is_refused_at_once(target: Target) -> None:
    """A key that was revoked is a 401 from then on; it stays in the list, and revoking it again answers the same."""
    made = new_key(target)
    client, path = target.callers.with_key(made["key"]), f"{KEYS}/{made['id']}"
    client.get(JOBS, limit=1).body()
    gone = target.callers.main.delete(path).body()
    is_equal("state", gone["state"], "revoked")
    client.get(JOBS, limit=1).refuses(401)
    target.callers.main.delete(path).says(200, gone)
    is_equal("state in the list", keys(target)[made["id"]]["state"], "revoked")


@DOCUMENT.check
def keys_are_the_administrators(target: Target) -> None:
    """Making, listing and revoking keys needs the scope admin; other tenants' keys are not there."""
    made = new_key(target)
    for client in (target.callers.reader, target.callers.user(target.name("ann"))):
        client.get(KEYS).refuses(403)
        client.post(KEYS, {}).refuses(403)
        client.delete(f"{KEYS}/{made['id']}").refuses(403)
    target.callers.other.delete(f"{KEYS}/{made['id']}").refuses(404)
    is_true(made["id"] not in target.callers.other.get(KEYS).text, "another tenant's list has it")
    is_equal("state", target.callers.main.delete(f"{KEYS}/{made['id']}").body()["state"], "revoked")
    seen = [one["action"] for one in work.audit(target, about=made["id"]) if one["outcome"] == "done"]
    is_equal("records", sorted(seen)[-1:], ["keys.revoke"])


@DOCUMENT.check
def what_is_no_key_is_refused(target: Target) -> None:
    """Scopes that there are not, an end that has passed, names of the engine's own and labels without bounds are refused."""
    for wrong in each(
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_at": "2020-01-01T00:00:00Z"},
        {"expires_at": "soon"},
        {"user": "automatic"},
        {"user": ""},
        {"label": "x" * 101},
        {"key": "sk_mine"},
    ):
        target.callers.main.post(KEYS, wrong).refuses(400, 422)


@DOCUMENT.check
def a_browser_signs_in_and_out(target: Target) -> None:
    """A session's cookie is HttpOnly and SameSite=Strict; it tells who is signed in, and signing out ends it everywhere."""
    made = new_key(target, user="kit")
    browser = Browser(target, made["key"])
    flags = {part.strip().lower() for part in browser.cookie.split(";")[1:]}
    is_true({"httponly", "samesite=strict", "path=/"} <= flags, f"the cookie has only {sorted(flags)}")
    is_true(made["key"] not in browser.cookie, "the cookie is the key")
    is_equal("user", browser.reads.get(SESSION).body()["user"], "kit")
    browser.changes.delete(SESSION).says(200, {"signed_out": True})
    browser.reads.get(SESSION).refuses(401)
    browser.reads.get(JOBS).refuses(401)
    target.callers.nobody.post(SESSION, {"api_key": "sk_none"}).refuses(401)
    target.callers.main.delete(f"{KEYS}/{made['id']}").body()


@DOCUMENT.check
def a_page_of_the_session_alone_changes_things(target: Target) -> None:
    """A change by a cookie needs X-CSRF-Token and the page's own origin; reads need neither. Anything else is a 403."""
    made = new_key(target)
    browser = Browser(target, made["key"])
    browser.reads.get(JOBS, limit=1).body()
    is_equal("the status without the token", starts_a_job(browser.reads), 403)
    is_equal("the status from another origin", starts_a_job(browser.elsewhere), 403)
    is_equal("the status with both", starts_a_job(browser.changes), 201)
    elsewhere = target.callers.client(Origin="https://elsewhere.example")
    elsewhere.post(SESSION, {"api_key": made["key"]}).refuses(403)
    target.callers.main.delete(f"{KEYS}/{made['id']}").body()
    browser.reads.get(JOBS).refuses(401)


@DOCUMENT.check
def a_ticket_opens_streams_alone(target: Target) -> None:
    """A ticket opens streams of its tenant, no other route, ends with its key, and can't be made by anybody else."""
    made = new_key(target)
    ticket = target.callers.with_key(made["key"]).post(f"{SESSION}/stream-ticket").body()["ticket"]
    job_id = target.callers.main.post(JOBS, {"kind": "probe", "params": {"units": 1}}).body(201)["id"]
    theirs = target.callers.other.post(JOBS, {"kind": "probe", "params": {"units": 1}}).body(201)["id"]
    nobody, path = target.callers.nobody, f"{JOBS}/{job_id}/stream"
    is_true(
        window(nobody, path, enough=lambda frame: True, ticket=ticket).frames,
        "it tells nothing",
    )
    nobody.get(f"{JOBS}/{theirs}/stream", ticket=ticket).refuses(404)
    for other in (JOBS, f"{JOBS}/{job_id}", TASKS, SESSION):
        answer = nobody.get(other, ticket=ticket)
        is_true(answer.status in (401, 422) or other == TASKS, f"{other} answers {answer.status} to a ticket")
    body, _, mark = ticket.partition(".")
    for forged in (f"{body}.{mark[:-4]}AAAA", f"A{body[1:]}.{mark}", body, "x.y"):
        nobody.get(path, ticket=forged).refuses(401)
    target.callers.main.delete(f"{KEYS}/{made['id']}").body()
    nobody.get(path, ticket=ticket).refuses(401)


@DOCUMENT.check
def anybody_learns_how_to_sign_in(target: Target) -> None:
    """The ways to sign in need no credentials; who is signed in does."""
    seen = target.callers.nobody.get(f"{SESSION}/methods").body()
    is_equal("with a key", seen["api_key"], True)
    target.callers.nobody.get(SESSION).refuses(401)
    mine = target.callers.main.get(SESSION).body()
    has_keys("who is signed in", mine, ("tenant", "user", "scopes", "csrf_token", "expires_at"))
    is_equal("the token of a caller with a key", mine["csrf_token"], None)
