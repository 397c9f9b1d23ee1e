"""What is sent to receivers, over real HTTP to loopback, and what is sent nowhere."""

from __future__ import annotations

import socket
import time

import pytest
from fermata.adapters.web.receivers import WebReceivers
from fermata.testing import LoopbackServer
from fermata.toolkit.fetch.limits import Limits

LOCAL = frozenset({"127.0.0.1", "localhost"})
QUICK = WebReceivers(Limits(connect=0.5, read=0.3, total=0.5))


@pytest.fixture
def web():
    with LoopbackServer() as server:
        yield server


def test_a_body_arrives_with_its_headers(web):
    url = web.answer("/hook", b"ignored", 202)
    reply = QUICK.post(url + "?a=b", {"webhook-id": "msg_1"}, b"{}", LOCAL)
    assert (reply.status, reply.taken, reply.error) == (202, True, None)
    ((method, path, headers, body),) = web.requests
    assert (method, path, body, headers["webhook-id"]) == ("POST", "/hook?a=b", b"{}", "msg_1")


@pytest.mark.parametrize("status", [300, 400, 404, 410, 429, 500, 503])
def test_what_a_receiver_refuses_is_its_status(web, status):
    reply = QUICK.post(web.answer("/hook", b"no", status, Retry_After="120"), {}, b"{}", LOCAL)
    assert (reply.status, reply.taken, reply.retry_after) == (status, False, 120.0)
    assert reply.sentence == f"the receiver answered {status}"


def test_no_redirect_is_followed(web):
    target = web.answer("/inner", b"secret")
    reply = QUICK.post(web.answer("/hook", b"", 307, Location=target), {}, b"{}", LOCAL)
    assert (reply.status, reply.taken) == (307, False)
    assert [path for _, path, _, _ in web.requests] == ["/hook"]


def test_an_answer_is_not_read(web):
    started = time.monotonic()
    reply = WebReceivers().post(web.endless("/hook", b"x" * 65_536), {}, b"{}", LOCAL)
    assert reply.taken
    assert time.monotonic() - started < 10


def test_a_receiver_that_hangs_or_talks_nonsense_is_left(web):
    assert "did not answer" in QUICK.post(web.hang("/hook"), {}, b"{}", LOCAL).error
    garbage = web.act("/garbage", lambda handler: handler.wfile.write(b"\x00\xff garbage\r\n\r\n"))
    assert "broke off" in QUICK.post(garbage, {}, b"{}", LOCAL).error
    silent = web.act("/silent", lambda handler: handler.connection.close())
    assert QUICK.post(silent, {}, b"{}", LOCAL).status is None


def test_one_that_is_not_there_is_told_without_what_may_be_secret_of_its_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    reply = QUICK.post(f"http://127.0.0.1:{port}/secret/path?token=hush", {}, b"{}", LOCAL)
    assert reply.error.startswith("could not connect to 127.0.0.1")
    assert "secret" not in reply.error
    assert "hush" not in reply.error


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://hooks.example/", "must be an https URL"),
        ("https://127.0.0.1/", "names an address that is private or reserved"),
        ("https://10.0.0.1/", "private"),
        ("https://169.254.169.254/latest/meta-data", "private"),
        ("https://[fd00::1]/", "private"),
        ("https://2130706433/", "private"),
        ("https://0x7f.1/", "private"),
        ("https://user:pass@hooks.example/", "user name"),
        ("ftp://hooks.example/", "not http or https"),
        ("file:///etc/passwd", "not http or https"),
        ("https://", "not valid"),
        ("nonsense", "not http or https"),
    ],
)
def test_an_address_that_is_none_for_a_webhook_is_refused_and_sent_nothing(url, why):
    assert why in QUICK.refusal(url, frozenset())
    assert why in QUICK.post(url, {}, b"{}", frozenset()).error


def test_what_the_stack_trusts_may_be_private_and_plain(web):
    trusted = frozenset({f"127.0.0.1:{web.port}"})
    assert QUICK.refusal(web.url("/hook"), trusted) is None
    assert QUICK.refusal(web.url("/hook"), frozenset({"127.0.0.1:1"})) == "must be an https URL"
    assert QUICK.refusal(web.url("/hook"), LOCAL | {f"!{web.port}"}) == "must be an https URL"
    assert QUICK.refusal("https://hooks.example/x", frozenset()) is None


@pytest.mark.parametrize("addresses", ["10.0.0.7", "169.254.169.254", "127.0.0.1", "::1", "93.184.216.34 10.0.0.7"])
def test_a_name_that_leads_to_a_private_address_is_sent_nothing(monkeypatch, addresses):
    real = socket.getaddrinfo

    def lookup(host, port, *args, **options):
        return [one for address in addresses.split() for one in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert QUICK.refusal("https://rebound.example/", frozenset()) is None
    assert "private or reserved" in QUICK.post("https://rebound.example/", {}, b"{}", frozenset()).error


def test_a_search_for_an_address_that_never_ends_is_given_up(monkeypatch, web):
    monkeypatch.setattr("fermata.adapters.web.receivers.LOOKUP", 0.0)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: web.released.wait())
    assert "longer than 0.5 seconds" in QUICK.post("https://slow.example/", {}, b"{}", frozenset()).error
