"""The receiver that the page shows gets what a real server sends it."""

from __future__ import annotations

import builtins
import queue
import threading
from http.server import ThreadingHTTPServer

import pytest
from fermata_client import Client


@pytest.fixture
def printed():
    return queue.Queue()


@pytest.fixture
def receiver(marked, printed, monkeypatch):
    """The page's receiver on loopback; its URL."""
    names = {"__name__": "receiver", "print": lambda *said: printed.put(said)}
    exec(compile(marked("receiver"), "docs", "exec"), {"__builtins__": builtins} | names, names)
    names["Receiver"].log_message = lambda *_: None
    names["Receiver"].do_POST.__globals__.update(names)
    with ThreadingHTTPServer(("127.0.0.1", 0), names["Receiver"]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_receiver_of_the_page_takes_what_is_signed_and_nothing_else(receiver, printed, monkeypatch):
    with Client.embedded() as client:
        hook = client.webhooks.create("page", receiver, events=["job.completed"])
        stranger = client.webhooks.create("stranger", receiver, events=["job.created"])
        monkeypatch.setenv("WEBHOOK_SECRET", hook.secret)
        job = client.jobs.create("probe", {"units": 1})
        type_, _, told = printed.get(timeout=30)
        assert (type_, told["id"]) == ("job.completed", job.id)
        (refused,) = client.webhooks.deliveries(stranger.id)
        assert [one.status for one in refused.attempts][:1] == [401]
