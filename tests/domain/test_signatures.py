"""Held against the standard's own example, and against its authors' library."""

from __future__ import annotations

import json
import time

import pytest
from fermata.domain.signatures import BYTES, headers, key_of, secret_of, signature
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"test": 2432232314}'


def test_the_example_of_the_standard_is_signed_as_it_says():
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, BODY)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_is_written_as_the_standard_says_and_read_again():
    assert secret_of(key_of(SECRET)) == SECRET
    assert len(secret_of(bytes(BYTES))) == len("whsec_") + 44


@pytest.mark.parametrize("body", [b"{}", b'"\xc3\xa4"', b"[" + b"1," * 100_000 + b"1]"])
def test_another_implementation_takes_what_is_signed(body):
    assert Webhook(SECRET).verify(body, dict(headers([SECRET], "msg_1", int(time.time()), body))) == json.loads(body)


def test_while_a_secret_takes_anothers_place_both_verify():
    other = secret_of(bytes(range(32)))
    sent = dict(headers([other, SECRET], "msg_1", int(time.time()), BODY))
    assert [Webhook(one).verify(BODY, sent) for one in (SECRET, other)] == [{"test": 2432232314}] * 2
    with pytest.raises(WebhookVerificationError):
        Webhook(secret_of(bytes(32))).verify(BODY, sent)


@pytest.mark.parametrize("changed", [{"webhook-id": "msg_2"}, {"webhook-timestamp": "1"}, {"webhook-signature": "v1,"}])
def test_nothing_of_it_can_be_changed(changed):
    sent = dict(headers([SECRET], "msg_1", int(time.time()), BODY))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, sent | changed)
