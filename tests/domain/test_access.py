from __future__ import annotations

from fermata.domain.access import SCOPES, digest


def test_a_digest_names_its_key_and_does_not_show_it():
    assert digest("sk_one") == digest("sk_one")
    assert digest("sk_one") != digest("sk_two")
    assert "sk_one" not in digest("sk_one")


def test_there_are_three_scopes():
    assert {"read", "control", "admin"} == SCOPES
