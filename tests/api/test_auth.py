"""Who is let in, and who is not."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from fermata.adapters.memory.api_keys import MemoryKeys
from fermata.api.auth import Security, Tokens, actor_of
from fermata.domain.access import SCOPES, ApiKey, digest
from fermata.domain.errors import Unauthenticated, Unavailable
from fermata.domain.events import Actor
from fermata.testing import ManualClock

from tests.api.conftest import SECRET

ACTIVE = "/api/batch/active"
SOON = int(time.time()) + 600


def test_a_good_token_is_let_in(service: Any) -> None:
    assert service.user("ann").get(ACTIVE).status_code == 200


def test_a_good_key_is_let_in(service: Any) -> None:
    assert service.key("sk_test_readonly").get(ACTIVE).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"ttl": -1},
        {"aud": "somebody-else"},
        {"aud": None},
        {"secret": "another secret of thirty-two bytes!!"},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 42},
        {"sub": "a" * 129},
        {"sub": "line\nbreak"},
        {"tenant": ""},
        {"tenant": "a/b"},
        {"tenant": "t" * 65},
        {"tenant": None, "scope": ["read"]},
        {"algorithm": "HS512"},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_bad_token_is_refused(service: Any, claims: dict[str, Any]) -> None:
    answer = service.user(**claims).get(ACTIVE)
    assert (answer.status_code, answer.json()) == (401, {"detail": "the token is not valid"})


def test_a_token_without_a_signature_is_refused(service: Any) -> None:
    unsigned = jwt.encode({"sub": "ann", "aud": "fermata", "exp": SOON}, "", "none")
    assert service.client(authorization=f"Bearer {unsigned}").get(ACTIVE).status_code == 401


def part(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "header",
    [
        b"[" * 5_000,
        b'{"alg":["HS256"]}',
        b'{"alg":1}',
        b'{"alg":"HS256","kid":{}}',
        b'{"alg":"HS256","crit":["b64"],"b64":false}',
    ],
    ids=lambda header: header[:24].decode(),
)
def test_a_header_that_was_made_to_break_its_reader_is_refused(service: Any, header: bytes) -> None:
    token = f"{part(header)}.{part(b'{}')}.{part(b'x')}"
    assert service.client(authorization=f"Bearer {token}").get(ACTIVE).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        b"[" * 5_000,
        *(b'{"sub":"ann","aud":"fermata","exp":%s}' % exp for exp in (b"1e400", b"true", b"[]", b'"1e400"', b"-1")),
    ],
    ids=lambda claims: claims[-24:].decode(),
)
def test_claims_that_are_signed_and_senseless_are_refused(service: Any, claims: bytes) -> None:
    head = b'{"alg":"HS256","typ":"JWT"}'
    signed = f"{part(head)}.{part(claims)}"
    proof = hmac.new(SECRET.encode(), signed.encode(), "sha256").digest()
    assert service.client(authorization=f"Bearer {signed}.{part(proof)}").get(ACTIVE).status_code == 401


def test_a_tampered_token_is_refused(service: Any, make_token: Callable[..., str]) -> None:
    header, _, signature = make_token("ann").split(".")
    other = make_token("root").split(".")[1]
    assert service.client(authorization=f"Bearer {header}.{other}.{signature}").get(ACTIVE).status_code == 401


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer a.b.c", "Bearer " + "a" * 9000, "Bearer é"]
)
def test_what_is_no_token_is_refused(service: Any, header: str) -> None:
    answer = service.client().get(ACTIVE, headers=[(b"authorization", header.encode("latin-1"))])
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="fermata"'


def test_nobody_is_refused(service: Any) -> None:
    assert service.client().get(ACTIVE).status_code == 401


def test_a_bad_token_is_refused_although_a_good_key_comes_with_it(service: Any) -> None:
    assert service.client(authorization="Bearer x", x_api_key="sk_test_123456").get(ACTIVE).status_code == 401


def test_an_unknown_key_is_refused(service: Any) -> None:
    assert service.key("sk_nobody").get(ACTIVE).status_code == 401


def test_a_revoked_key_is_refused_at_once(service: Any) -> None:
    caller = service.key("sk_test_123456")
    assert caller.get(ACTIVE).status_code == 200
    service.keys.revoke("default", "id-23456", 1.0)
    assert caller.get(ACTIVE).status_code == 401


def test_anonymous_callers_stay_out_of_a_family_that_documents_credentials(make_service: Any) -> None:
    assert make_service(anonymous=True).client().get(ACTIVE).status_code == 401


def test_anonymous_callers_are_let_in_where_stack_and_document_allow_it() -> None:
    home, scopes = {"host": "localhost:8000"}, frozenset({"read"})
    nobody = Security(MemoryKeys(), anonymous=True).identify(home.get, anonymous=scopes).actor
    assert nobody == Actor("default", "anonymous", scopes)
    for open_, allowed in ((False, scopes), (True, frozenset[str]())):
        with pytest.raises(Unauthenticated):
            Security(MemoryKeys(), anonymous=open_).identify(home.get, anonymous=allowed)


def test_bad_credentials_are_refused_where_none_would_do() -> None:
    with pytest.raises(Unauthenticated):
        Security(MemoryKeys(), anonymous=True).identify(
            {"x-api-key": "nope", "host": "localhost"}.get, anonymous=SCOPES
        )


def test_claims_say_who_it_is_and_what_they_may() -> None:
    assert actor_of({"sub": "ann"}) == Actor("default", "ann", frozenset({"read", "control"}))
    assert actor_of({"sub": "bob", "tenant": "acme", "scope": "read admin email"}) == Actor(
        "acme", "bob", frozenset({"read", "admin"})
    )
    assert actor_of({"sub": "eve", "scope": ""}).scopes == frozenset()


def test_a_known_caller_without_the_scope_is_forbidden_and_recorded(service: Any) -> None:
    answer = service.key("sk_test_readonly").post("/api/batch/jobs/x/pause")
    assert (answer.status_code, answer.json()) == (403, {"detail": "this needs the scope control"})
    assert service.audit() == [("batch.pause", "x", "refused: this needs the scope control")]


def test_an_unknown_caller_leaves_no_record(service: Any) -> None:
    service.client().post("/api/batch/jobs/x/pause")
    assert service.world.audit == {}


def test_no_scope_includes_another() -> None:
    assert len(SCOPES) == 3


def test_secret_and_key_set_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="just one"):
        Tokens("s" * 32, "https://example.com/jwks")
    with pytest.raises(ValueError, match="just one"):
        Tokens()


# Key sets ----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def key_set(rsa_key: Any, ec_key: Any) -> Iterator[str]:
    """The URL of a key set with one key of each type."""
    keys = [
        jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key.public_key(), as_dict=True) | {"kid": "rsa", "alg": "RS256"},
        jwt.algorithms.ECAlgorithm.to_jwk(ec_key.public_key(), as_dict=True) | {"kid": "ec", "alg": "ES256"},
    ]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"keys": keys}).encode())

        def log_message(self, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/jwks.json"
    server.shutdown()
    server.server_close()


def signed(key: Any, kid: str, algorithm: str) -> str:
    return jwt.encode({"sub": "ann", "exp": SOON, "iss": "me"}, key, algorithm, headers={"kid": kid})


def test_tokens_of_the_key_set_are_good(key_set: str, rsa_key: Any, ec_key: Any) -> None:
    tokens = Tokens(jwks_url=key_set, issuer="me")
    assert tokens.claims(signed(rsa_key, "rsa", "RS256"))["sub"] == "ann"
    assert tokens.claims(signed(ec_key, "ec", "ES256"))["sub"] == "ann"


def test_another_issuer_is_refused(key_set: str, rsa_key: Any) -> None:
    with pytest.raises(Unauthenticated):
        Tokens(jwks_url=key_set, issuer="you").claims(signed(rsa_key, "rsa", "RS256"))


def test_keys_do_not_stand_in_for_one_another(key_set: str, rsa_key: Any, ec_key: Any) -> None:
    tokens = Tokens(jwks_url=key_set)
    for token in (
        signed(rsa_key, "ec", "RS256"),
        signed(ec_key, "rsa", "ES256"),
        signed(rsa_key, "unknown", "RS256"),
        signed(rsa_key, "rsa", "RS512"),
    ):
        with pytest.raises(Unauthenticated):
            tokens.claims(token)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
def test_a_public_key_is_no_secret(key_set: str) -> None:
    with pytest.raises(Unauthenticated):
        Tokens(jwks_url=key_set).claims(signed("the public key, which everybody knows", "rsa", "HS256"))


def test_a_key_set_out_of_reach_is_no_fault_of_the_caller(rsa_key: Any, service: Any) -> None:
    tokens = Tokens(jwks_url="http://127.0.0.1:1/jwks.json")
    with pytest.raises(Unavailable):
        tokens.claims(signed(rsa_key, "rsa", "RS256"))
    security = replace(service.app.state.services.security, tokens=tokens)
    service.app.state.services = replace(service.app.state.services, security=security)
    answer = service.client(authorization=f"Bearer {signed(rsa_key, 'rsa', 'RS256')}").get(ACTIVE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("user", ["anonymous", "automatic", "maintenance", "cli:ann", "Anonymous"])
def test_nobody_comes_as_a_user_that_the_engine_acts_as(service: Any, user: str) -> None:
    assert service.user(user).get(ACTIVE).status_code == 401
    service.keys.add(ApiKey("own", "default", user, SCOPES, digest("sk_own"), 0.0))
    assert service.key("sk_own").get(ACTIVE).status_code == 401


def test_a_key_that_has_expired_is_refused(service: Any) -> None:
    for key, expires_at in (("sk_old", time.time() - 1), ("sk_new", time.time() + 60)):
        service.keys.add(ApiKey(key, "default", "ann", SCOPES, digest(key), 0.0, expires_at=expires_at))
    assert [service.key(key).get(ACTIVE).status_code for key in ("sk_old", "sk_new")] == [401, 200]


def test_the_use_of_a_key_is_noted_once_an_hour() -> None:
    keys, clock = MemoryKeys(ApiKey("k", "default", "ann", SCOPES, digest("sk_k"), 0.0)), ManualClock(1_000.0)
    security, noted = Security(keys, now=clock.now), []
    for _ in range(4):
        security.identify({"x-api-key": "sk_k"}.get)
        noted.append(keys.all("default")[0].used_at)
        clock.sleep(1_800)
    assert noted == [1_000.0, 1_000.0, 4_600.0, 4_600.0]


@pytest.mark.parametrize("tenant", [".", "..", "a/b", "", "x" * 65])
def test_a_tenant_is_no_folder(tenant: str) -> None:
    with pytest.raises(Unauthenticated):
        actor_of({"sub": "ann", "tenant": tenant})
