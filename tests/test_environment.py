from __future__ import annotations

import pytest
from fermata.environment import ApiEnvironment, Environment, Misconfigured, RecoveryEnvironment

NEEDED = {
    "FERMATA_TABLE": "t",
    "FERMATA_QUEUE_URL": "q",
    "FERMATA_OCR_QUEUE_URL": "q",
    "FERMATA_BUCKET": "b",
    "FERMATA_KEY_ID": "k",
    "FERMATA_MAC_KEY_ID": "m",
    "FERMATA_AUDIT_BUCKET": "a",
    "FERMATA_STATE_MACHINE_ARN": "m",
}
SECRET = "a secret of at least thirty-two bytes"


def test_what_is_given_is_typed() -> None:
    read = ApiEnvironment.read(
        NEEDED
        | {
            "FERMATA_ALLOW_LOCAL_FILES": "true",
            "FERMATA_ALLOWED_HOSTS": "localhost, 127.0.0.1,",
            "FERMATA_MAX_OPEN_JOBS": "7",
            "FERMATA_JWT_SECRET": SECRET,
        }
    )
    assert read.allow_local_files is True
    assert read.allowed_hosts == {"localhost", "127.0.0.1"}
    assert (read.max_open_jobs, read.jwt_secret) == (7, SECRET)


def test_what_is_empty_is_what_is_missing() -> None:
    read = ApiEnvironment.read(NEEDED | {"FERMATA_JWT_SECRET": "", "FERMATA_ALLOWED_HOSTS": ""})
    assert (read.jwt_secret, read.allowed_hosts, read.anonymous) == (None, frozenset(), False)


def test_zero_is_no_limit() -> None:
    read = ApiEnvironment.read(NEEDED | {"FERMATA_MAX_OPEN_JOBS": "0", "FERMATA_REQUESTS_PER_MINUTE": "0"})
    assert (read.max_open_jobs, read.requests_per_minute) == (None, None)


def test_all_that_is_wrong_is_named() -> None:
    with pytest.raises(Misconfigured) as wrong:
        Environment.read({"FERMATA_TABLE": "t", "FERMATA_ALLOW_LOCAL_FILES": "yes", "FERMATA_MAX_UNITS": "many"})
    for name in (
        "QUEUE_URL is missing",
        "BUCKET is missing",
        "KEY_ID",
        "ALLOW_LOCAL_FILES must be",
        "MAX_UNITS must be",
    ):
        assert f"FERMATA_{name}" in str(wrong.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FERMATA_JWT_SECRET", "short"),
        ("FERMATA_JWT_JWKS_URL", "http://example.com/jwks"),
        ("FERMATA_JWT_JWKS_URL", "file:///etc/passwd"),
        ("FERMATA_ANONYMOUS", "1"),
        ("FERMATA_STATE_MACHINE_ARN", " "),
    ],
)
def test_a_bad_value_is_named_and_not_shown(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name) as wrong:
        ApiEnvironment.read(NEEDED | {name: value})
    assert value == " " or value not in str(wrong.value)


def test_secret_and_key_set_exclude_each_other() -> None:
    with pytest.raises(Misconfigured, match="FERMATA_JWT_SECRET and FERMATA_JWT_JWKS_URL"):
        ApiEnvironment.read(NEEDED | {"FERMATA_JWT_SECRET": SECRET, "FERMATA_JWT_JWKS_URL": "https://example.com/jwks"})


def test_the_secret_is_not_shown() -> None:
    assert SECRET not in repr(ApiEnvironment.read(NEEDED | {"FERMATA_JWT_SECRET": SECRET}))


def test_recovery_looks_after_the_default_tenant_unless_told() -> None:
    needed = NEEDED | {"FERMATA_DEAD_LETTER_QUEUE_URL": "d"}
    assert RecoveryEnvironment.read(needed).maintenance_tenants == {"default"}
    assert RecoveryEnvironment.read(needed | {"FERMATA_MAINTENANCE_TENANTS": "a,b"}).maintenance_tenants == {"a", "b"}
    with pytest.raises(Misconfigured, match="FERMATA_DEAD_LETTER_QUEUE_URL"):
        RecoveryEnvironment.read(NEEDED)


def test_browsers_sign_in_at_an_issuer_that_has_an_address() -> None:
    with pytest.raises(Misconfigured, match="FERMATA_OIDC_CLIENT_ID needs"):
        ApiEnvironment.read(NEEDED | {"FERMATA_OIDC_CLIENT_ID": "fermata", "FERMATA_JWT_ISSUER": "login"})
    read = ApiEnvironment.read(
        NEEDED | {"FERMATA_OIDC_CLIENT_ID": "fermata", "FERMATA_JWT_ISSUER": "https://login.example"}
    )
    assert read.oidc_client_id == "fermata"
