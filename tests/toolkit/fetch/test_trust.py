"""Which private hosts may be reached, and at which ports."""

import pytest
from fermata.toolkit.fetch.trust import trust_of


@pytest.mark.parametrize(
    ("entry", "host", "port", "allowed"),
    [
        ("localhost", "localhost", 80, True),
        ("localhost", "LOCALHOST.", 8123, True),
        ("localhost:8080", "localhost", 8080, True),
        ("localhost:8080", "localhost", 8081, False),
        ("::1", "::1", 80, True),
        ("[::1]:8080", "::1", 8080, True),
        ("[::1]:8080", "::1", 80, False),
        ("10.0.0.5:80", "10.0.0.6", 80, False),
    ],
)
def test_an_entry_trusts_a_host_or_one_of_its_ports(entry, host, port, allowed):
    assert trust_of(frozenset({entry})).allows(host, port) is allowed


def test_a_closed_port_is_closed_on_every_trusted_host():
    trust = trust_of(frozenset({"localhost", "127.0.0.1:4566", "!4566"}))
    assert (trust.allows("localhost", 80), trust.allows("localhost", 4566), trust.allows("127.0.0.1", 4566)) == (
        True,
        False,
        False,
    )


@pytest.mark.parametrize("entry", ["host:", "host:x", "host:0", "host:65536", "host:٣"])
def test_what_is_no_port_is_named(entry):
    with pytest.raises(ValueError, match="host:port"):
        trust_of(frozenset({entry}))
