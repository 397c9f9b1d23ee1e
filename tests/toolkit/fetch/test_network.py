from __future__ import annotations

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from fermata.domain.interruption import interruptible_by
from fermata.domain.kind import Interrupted, Settings, UnitError, UnitRetry
from fermata.toolkit.fetch import Limits, network, open_source
from fermata.toolkit.fetch.http import Response, request

QUICK = Limits(connect=1.0, read=1.0, total=2.0)
PATIENCE = 60.0
"""Seconds of what a test does not wait for."""


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What names resolve to; each look-up takes the first address left, the last one stays."""
    table: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *args: Any, **options: Any) -> Any:
        if host not in table:
            return real(host, port, type=socket.SOCK_STREAM)
        found = table[host].pop(0) if len(table[host]) > 1 else table[host][0]
        return [entry for address in found.split() for entry in real(address, port, type=socket.SOCK_STREAM)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return table


def sending(url: str, settings: Settings, body: bytes) -> AbstractContextManager[Response]:
    return request("POST", url, settings.allowed_hosts, Limits(), body=body)


def body_of(url: str, settings: Settings, limits: Limits = QUICK) -> bytes:
    with open_source("url", url, settings, limits) as source:
        return b"".join(source.chunks)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0.0.0.0"])
def test_loopback_is_not_reached_however_it_is_written(web: Any, host: str) -> None:
    web.answer("/", b"secret")
    with pytest.raises(UnitError, match="only public addresses"):
        body_of(web.url("/", host), Settings())
    assert web.requests == []


def test_a_name_that_resolves_to_a_private_address_is_refused(names: dict[str, list[str]]) -> None:
    names["intranet.example"] = ["10.0.0.7"]
    with pytest.raises(UnitError, match=r"address of intranet\.example is private"):
        body_of("http://intranet.example/", Settings())


def test_a_job_that_is_paused_does_not_wait_for_a_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: answered.wait(PATIENCE) and [])

    def stop() -> None:
        raise Interrupted

    with interruptible_by(stop), pytest.raises(Interrupted):
        body_of("http://slow.example/", Settings())
    answered.set()


def test_a_large_request_that_a_server_does_not_take_ends_with_its_job(settings: Settings) -> None:
    accepted = threading.Event()

    def stop() -> None:
        if accepted.is_set():
            raise Interrupted

    with socket.create_server(("127.0.0.1", 0)) as server:
        kept: list[socket.socket] = []
        threading.Thread(target=lambda: (kept.append(server.accept()[0]), accepted.set())).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        with interruptible_by(stop), pytest.raises(Interrupted), sending(url, settings, b"x" * 64 * 1024 * 1024):
            pass
        kept.pop().close()


def test_one_private_address_among_public_ones_is_refused(names: dict[str, list[str]]) -> None:
    names["mixed.example"] = ["93.184.216.34 169.254.169.254"]
    with pytest.raises(UnitError, match="private"):
        body_of("http://mixed.example/", Settings())


def test_a_name_server_that_changes_its_answer_gains_nothing(
    web: Any, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    names["rebinding.example"] = ["93.184.216.34", "127.0.0.1"]
    tried = []

    def connect(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
        tried.append(address[0])
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(UnitRetry):
        body_of(web.url("/", "rebinding.example"), Settings())
    assert tried == ["93.184.216.34"]


def test_an_allowed_host_is_reached_under_its_own_name(web: Any, names: dict[str, list[str]]) -> None:
    names["docs.example"] = ["127.0.0.1"]
    web.answer("/", b"hello")
    assert body_of(web.url("/", "docs.example"), Settings(allowed_hosts=frozenset({"docs.example"}))) == b"hello"
    assert web.requests[0][2]["Host"] == f"docs.example:{web.port}"


def test_another_name_for_an_allowed_address_is_not_allowed(
    web: Any, names: dict[str, list[str]], settings: Settings
) -> None:
    names["stranger.example"] = ["127.0.0.1"]
    with pytest.raises(UnitError, match="private"):
        body_of(web.url("/", "stranger.example"), settings)


def test_a_host_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **options: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnitError, match=r"host nowhere\.example does not exist"):
        body_of("http://nowhere.example/", Settings())


def test_proxies_of_the_environment_are_ignored(web: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert body_of(web.answer("/", b"direct"), settings) == b"direct"


@pytest.fixture
def certificate(tmp_path: Path) -> Iterator[Path]:
    """A certificate of docs.example with its key, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "docs.example")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("docs.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(private + signed.public_bytes(pem))
    yield file


def test_tls_is_checked_against_the_name_and_not_the_address(
    web: Any, names: dict[str, list[str]], certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names["docs.example"] = names["other.example"] = ["127.0.0.1"]
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate)
    web.server.socket = serving.wrap_socket(web.server.socket, server_side=True)
    web.server.handle_error = lambda *_: None
    web.answer("/", b"sealed")
    allowed = frozenset(names)
    pool = network.new_pool(allowed, ssl.create_default_context(cafile=str(certificate)))
    monkeypatch.setattr(network, "pool", lambda _: pool)
    with pool:
        assert body_of(f"https://docs.example:{web.port}/", Settings(allowed_hosts=allowed)) == b"sealed"
        with pytest.raises(UnitRetry, match="could not connect"):
            body_of(f"https://other.example:{web.port}/", Settings(allowed_hosts=allowed))
