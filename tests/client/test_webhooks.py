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


@pytest.fixture
def sent():
    """Headers of a request that was signed just now."""
    return dict(headers([SECRET], "msg_1", int(time.time()), BODY))


def test_what_is_signed_is_given(sent):
    event = {"type": "job.failed"}
    titled = {name.title(): value for name, value in sent.items()}
    assert verify(BODY, titled, [OTHER, SECRET]) == verify(BODY.decode(), sent, SECRET) == event
    assert Webhook(SECRET).verify(BODY, sent) == event


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_each_header_is_needed_and_signed(sent, name):
    with pytest.raises(NotSigned, match=name):
        verify(BODY, {key: value for key, value in sent.items() if key != name}, SECRET)
    with pytest.raises(NotSigned):
        verify(BODY, sent | {name: "1"}, SECRET)


@pytest.mark.parametrize("off", [-301, 301])
def test_what_is_old_or_ahead_of_its_time_is_none(off):
    now = 1_800_000_000
    sent = dict(headers([SECRET], "msg_1", now + off, BODY))
    with pytest.raises(NotSigned, match="too long ago, or ahead"):
        verify(BODY, sent, SECRET, now=now)
    assert verify(BODY, sent, SECRET, now=now, tolerance=302)


def test_another_body_secret_or_version_is_none(sent):
    for body, given, secret in (
        (b"{}", sent, SECRET),
        (BODY, sent, OTHER),
        (BODY, sent | {"webhook-signature": sent["webhook-signature"].replace("v1,", "v2,")}, SECRET),
        (BODY, sent | {"webhook-signature": ""}, SECRET),
        (BODY, sent | {"webhook-signature": "v1,ä"}, SECRET),
    ):
        with pytest.raises(NotSigned, match="fits no secret"):
            verify(body, given, secret)


def test_the_client_has_it_too(sent):
    assert Client.__init__  # the helper needs no server
    from fermata_client._sync.webhooks import Webhooks

    assert Webhooks.verify(BODY, sent, SECRET) == {"type": "job.failed"}
