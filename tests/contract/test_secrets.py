from __future__ import annotations

import pytest
from fermata.domain.errors import NotFound

CONTEXT = {"tenant": "acme", "job": "batch:1"}


@pytest.mark.parametrize("text", ["sk-123", "ü\n\U0001f680", '{"api_key":"x"}', "x" * 4096])
def test_a_secret_opens_in_its_context(ports, text):
    assert ports.secrets.open(ports.secrets.seal(text, CONTEXT), CONTEXT) == text


@pytest.mark.parametrize("context", [{}, {"tenant": "acme"}, CONTEXT | {"job": "batch:2"}, CONTEXT | {"more": "x"}])
def test_a_secret_stays_shut_in_any_other_context(ports, context):
    sealed = ports.secrets.seal("sk-123", CONTEXT)
    with pytest.raises(NotFound):
        ports.secrets.open(sealed, context)


def test_a_key_is_the_same_for_a_purpose_and_another_for_each(ports):
    key = ports.secrets.key("cursors")
    assert (len(key), ports.secrets.key("cursors")) == (32, key)
    assert ports.secrets.key("audit") != key
