"""What a receiver finds out by the client's helper, beside the standard's own library."""

from __future__ import annotations

import time

import pytest
from fermata.domain.signatures import headers
from fermata_client import Client
from fermata_client.webhooks import NotSigned, verify
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
BODY = b'{"type": "job.failed"}'
NOW = int(time.time())
SENT = dict(headers([SECRET], "msg_1", NOW, BODY))


def test_what_is_signed_is_given():
    event = {"type": "job.failed"}
    titled = {name.title(): value for name, value in SENT.items()}
    assert verify(BODY, titled, [OTHER, SECRET]) == verify(BODY.decode(), SENT, SECRET) == event
    assert Webhook(SECRET).verify(BODY, SENT) == event


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed_and_signed(name):
    with pytest.raises(NotSigned, match=name):
        verify(BODY, {key: value for key, value in SENT.items() if key != name}, SECRET)
    with pytest.raises(NotSigned):
        verify(BODY, SENT | {name: "1"}, SECRET)


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301])
def test_what_is_old_or_ahead_of_its_time_is_none(at):
    sent = dict(headers([SECRET], "msg_1", at, BODY))
    with pytest.raises(NotSigned, match="too long ago, or ahead"):
        verify(BODY, sent, SECRET, now=NOW)
    assert verify(BODY, sent, SECRET, now=NOW, tolerance=302)


def test_another_body_secret_or_version_is_none():
    for body, sent, secret in (
        (b"{}", SENT, SECRET),
        (BODY, SENT, OTHER),
        (BODY, SENT | {"webhook-signature": SENT["webhook-signature"].replace("v1,", "v2,")}, SECRET),
        (BODY, SENT | {"webhook-signature": ""}, SECRET),
        (BODY, SENT | {"webhook-signature": "v1,ä"}, SECRET),
    ):
        with pytest.raises(NotSigned, match="fits no secret"):
            verify(body, sent, secret)


def test_the_client_has_it_too():
    assert Client.__init__  # the helper needs no server
    from fermata_client._sync.webhooks import Webhooks

    assert Webhooks.verify(BODY, SENT, SECRET) == {"type": "job.failed"}
