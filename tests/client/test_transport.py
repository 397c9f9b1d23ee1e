import json
import socket

import pytest
from fermata_client import (
    BadRequest,
    Client,
    Conflict,
    ConnectionFailed,
    HeldElsewhere,
    InvalidInput,
    NotFound,
    RateLimited,
    Retry,
    Unavailable,
    UnexpectedAnswer,
)
from scripted_server import Reply

OK = Reply(body=(b'{"status": "ok", "version": "1"}',))
PAUSED = Reply(body=(b'{"source_id": "s", "paused": true}',))
BUSY = Reply(503, headers={"retry-after": "0"})


def test_a_read_is_tried_again_while_the_server_is_busy(scripted, caller):
    scripted.tell(BUSY, BUSY, OK)
    assert caller.health().version == "1"


def test_a_server_that_stays_busy_is_given_up(scripted, caller):
    scripted.tell(BUSY)
    with pytest.raises(Unavailable):
        caller.health()
    assert len(scripted.asked) == 3


def test_a_read_is_tried_again_after_the_connection_broke_off(scripted, caller):
    scripted.tell(Reply(breaks=True), OK)
    assert caller.health().status == "ok"


def test_what_may_have_been_done_is_not_done_twice(scripted, caller):
    scripted.tell(BUSY)
    with pytest.raises(Unavailable):
        caller.jobs.pause("jobs:1")
    assert len(scripted.asked) == 1


def test_what_may_be_done_twice_is_tried_again(scripted, caller):
    scripted.tell(BUSY, PAUSED)
    assert caller.sources.pause("s").paused


def test_what_was_refused_for_haste_is_tried_again_whatever_it_was(scripted, caller):
    scripted.tell(Reply(429, headers={"retry-after": "0"}), Reply(409, (b'{"detail": "no"}',)))
    with pytest.raises(Conflict):
        caller.jobs.pause("jobs:1")


def test_a_job_is_created_under_one_key_however_often_it_is_tried(scripted, caller):
    scripted.tell(BUSY)
    with pytest.raises(Unavailable):
        caller.jobs.create("probe")
    keys = [headers["idempotency-key"] for _, _, headers in scripted.asked]
    assert (len(keys), len(set(keys))) == (3, 1)


def test_a_batch_is_started_under_one_id_however_often_it_is_tried(server, caller, scripted):
    scripted.tell(BUSY)
    with pytest.raises(Unavailable):
        caller.batches.start([{"file_path": "https://example.com/"}])
    assert len(scripted.asked) == 3


def test_another_key_for_each_call(scripted, caller):
    scripted.tell(Reply(400, (b"{}",)))
    for _ in range(2):
        with pytest.raises(BadRequest):
            caller.jobs.create("probe")
    assert len({headers["idempotency-key"] for _, _, headers in scripted.asked}) == 2


def test_the_server_says_how_long_to_wait():
    error = RateLimited(429, "slow down", retry_after=3.0)
    assert Retry().pause(error, 0, repeatable=False) == 3.0
    assert Retry(longest=1.0).pause(error, 0, repeatable=False) == 1.0


def test_pauses_grow():
    error = Unavailable(503, "busy")
    first, third = (Retry().pause(error, attempt, repeatable=True) for attempt in (0, 2))
    assert 0.2 <= first <= 0.3 < 0.8 <= third <= 1.2


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (404, {"detail": "Job not found: x"}, NotFound, "Job not found: x"),
        (409, {"error": "task is not paused"}, Conflict, "task is not paused"),
        (400, {"code": 400, "message": "Cannot cancel", "data": None}, BadRequest, "Cannot cancel"),
        (422, {"detail": "limit: must be less"}, InvalidInput, "limit: must be less"),
    ],
)
def test_errors_are_told_in_the_servers_words(scripted, caller, status, body, kind, message):
    scripted.tell(Reply(status, (json.dumps(body).encode(),), {"x-request-id": "r1"}))
    with pytest.raises(kind) as caught:
        caller.health()
    error = caught.value
    assert (error.status, error.message, error.facts, error.request_id) == (status, message, {}, "r1")


def test_what_else_an_error_says_is_kept_as_facts(scripted, caller):
    hold = {"scope": "system", "owner": "ann"}
    scripted.tell(Reply(409, (json.dumps({"detail": "held", "holds": [hold]}).encode(),)))
    with pytest.raises(Conflict) as caught:
        caller.jobs.resume("jobs:1")
    assert caught.value.facts == {"holds": [hold]}


def test_a_code_names_the_class_and_facts_are_attributes(scripted, caller):
    hold = {"scope": "system", "owner": "ann", "reason": None, "since": "2026-04-13T09:00:00Z", "until": None}
    body = {"detail": "held", "code": "held_elsewhere", "command": "resume", "status": "paused", "holds": [hold]}
    scripted.tell(Reply(409, (json.dumps(body).encode(),)))
    with pytest.raises(HeldElsewhere) as caught:
        caller.jobs.resume("jobs:1")
    error = caught.value
    assert (error.code, error.command, error.current_status, error.status) == (
        "held_elsewhere",
        "resume",
        "paused",
        409,
    )
    assert [one.owner for one in error.holds] == ["ann"]


def test_facts_that_are_not_said_are_none(scripted, caller):
    scripted.tell(Reply(404, (b'{"detail": "no"}',)))
    with pytest.raises(NotFound) as caught:
        caller.jobs.get("jobs:1")
    assert (caught.value.code, caught.value.what) == (None, None)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"version": 1}', b""])
def test_a_server_that_is_another_one_is_told(scripted, caller, body):
    scripted.tell(Reply(body=(body,)))
    with pytest.raises(UnexpectedAnswer, match="does not answer as Fermata does"):
        caller.health()


def test_a_server_that_is_not_there_is_told_by_its_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        with Client(url, retry=Retry(attempts=1)) as client, pytest.raises(ConnectionFailed) as caught:
            client.health()
    assert (caught.value.url, caught.value.sent) == (url, False)


@pytest.mark.parametrize("url", ["example.com", "ftp://example.com", "http://", "", "http://["])
def test_what_is_no_url_is_refused(url):
    with pytest.raises(ValueError, match=r".+"):
        Client(url)


def test_a_token_that_is_made_is_fresh_for_each_request(scripted):
    scripted.tell(OK)
    tokens = iter(("one", "two"))
    with Client(scripted.url, token=lambda: next(tokens)) as client:
        client.health()
        client.health()
    assert [headers["authorization"] for _, _, headers in scripted.asked] == ["Bearer one", "Bearer two"]


def test_a_token_wins_over_a_key(scripted):
    scripted.tell(OK)
    with Client(scripted.url, token="t", api_key="k") as client:
        client.health()
    assert "x-api-key" not in scripted.asked[0][2]


def test_credentials_stay_with_the_server(scripted, caller):
    """A download that leads elsewhere is fetched there without them."""
    scripted.tell(Reply(303, (b"",), {"location": f"{scripted.url}/elsewhere"}), Reply(body=(b"a,b\n",)))
    assert b"".join(caller.batches.download("b")) == b"a,b\n"
    assert [("x-api-key" in headers, path) for _, path, headers in scripted.asked] == [
        (True, "/api/batch/jobs/b/results"),
        (False, "/elsewhere"),
    ]


def test_a_download_goes_on_page_by_page(scripted, caller):
    first = Reply(body=(b"1\n",), headers={"link": '<results?cursor=c>; rel="next"'})
    scripted.tell(first, Reply(body=(b"2\n",)))
    assert b"".join(caller.batches.download("b", "jsonl")) == b"1\n2\n"


def test_a_next_page_on_another_server_is_refused(scripted, caller):
    scripted.tell(Reply(body=(b"1\n",), headers={"link": '<http://example.com/x>; rel="next"'}))
    with pytest.raises(UnexpectedAnswer, match="another server"):
        list(caller.batches.download("b"))


def test_members_that_this_client_does_not_know_are_kept(scripted, caller):
    scripted.tell(Reply(body=(b'{"status": "ok", "version": "2", "region": "mars"}',)))
    assert caller.health().model_extra == {"region": "mars"}


def test_words_that_this_client_does_not_know_are_kept(scripted, caller):
    scripted.tell(Reply(body=(b'{"job_id": "b", "message": "", "total_documents": 0}',)))
    from fermata_client.models import BatchStatus, EventType

    assert EventType("archived") == "archived"
    assert not BatchStatus("archived").final
