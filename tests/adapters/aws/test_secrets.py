from __future__ import annotations

import pytest
from fermata.adapters.aws.secrets import KmsSecrets
from fermata.domain.errors import InvalidInput, NotFound


@pytest.fixture
def secrets(account):
    return KmsSecrets(account.key, account.clients)


@pytest.mark.parametrize("text", ["", "x" * 4097, "ü" * 2049])
def test_a_secret_has_a_length_that_kms_takes(secrets, text):
    with pytest.raises(InvalidInput):
        secrets.seal(text, {})


def test_a_sealed_secret_shows_nothing_of_itself(secrets):
    assert "sk-123" not in secrets.seal("sk-123", {"tenant": "acme"})


@pytest.mark.parametrize("sealed", ["§", "x", "sk-123"])
def test_what_is_no_secret_does_not_open(secrets, sealed):
    with pytest.raises(NotFound):
        secrets.open(sealed, {})
