from __future__ import annotations

import gzip
import time
import zlib
from email.utils import formatdate
from typing import Any

import pytest
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.fetch import Limits, open_source
from fermata.toolkit.fetch.decoding import decoded
from fermata.toolkit.fetch.http import retry_after

QUICK = Limits(connect=1.0, read=0.3, total=5.0, size=100 * 1024)


def fetched(url: str, settings: Settings, limits: Limits = QUICK) -> bytes:
    with open_source("url", url, settings, limits) as source:
        return b"".join(source.chunks)


def test_a_redirect_is_followed_and_the_last_url_is_told(web: Any, settings: Settings) -> None:
    last = web.answer("/b", b"there", Content_Type="text/plain")
    web.answer("/a", status=302, Location="/b")
    with open_source("url", web.url("/a"), settings, QUICK) as source:
        assert (source.location, source.content_type, b"".join(source.chunks)) == (last, "text/plain", b"there")


@pytest.mark.parametrize(
    "target", ["http://localhost:{}/b", "http://169.254.169.254/latest/meta-data", "http://[::1]/"]
)
def test_a_redirect_to_a_private_address_is_refused(web: Any, settings: Settings, target: str) -> None:
    web.answer("/b", b"secret")
    url = web.answer("/a", status=301, Location=target.format(web.port))
    with pytest.raises(UnitError, match="only public addresses"):
        fetched(url, settings)
    assert [path for _, path, _, _ in web.requests] == ["/a"]


def test_a_redirect_to_a_file_is_refused(web: Any, settings: Settings) -> None:
    with pytest.raises(UnitError, match="not http or https"):
        fetched(web.answer("/a", status=302, Location="file:///etc/passwd"), settings)


def test_redirects_in_a_circle_end(web: Any, settings: Settings) -> None:
    with pytest.raises(UnitError, match="redirected more than 5 times"):
        fetched(web.answer("/a", status=302, Location="/a"), settings)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 304])
def test_a_refusal_is_an_error_that_names_status_and_url_without_secrets(
    web: Any, settings: Settings, status: int
) -> None:
    url = web.answer("/a", status=status) + "?token=secret"
    with pytest.raises(UnitError, match=rf"answered {status} to {web.url('/a')}") as error:
        fetched(url, settings)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(("status", "throttled"), [(429, True), (500, False), (503, False), (408, False)])
def test_a_passing_failure_is_tried_again_when_the_server_says(
    web: Any, settings: Settings, status: int, throttled: bool
) -> None:
    with pytest.raises(UnitRetry) as retry:
        fetched(web.answer("/a", status=status, Retry_After="7"), settings)
    assert (retry.value.after, retry.value.throttled) == (7.0, throttled)


@pytest.mark.parametrize(
    ("value", "seconds"), [("", None), ("soon", None), ("-5", None), ("12", 12.0), ("99999999", 300.0)]
)
def test_retry_after_is_read_with_care(value: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_may_be_a_date() -> None:
    assert retry_after({"retry-after": formatdate(time.time() - 60, usegmt=True)}) == 0.0
    assert retry_after({"retry-after": formatdate(time.time() + 9_999, usegmt=True)}) == 300.0


@pytest.mark.parametrize("form", ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y"])
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_date_of_any_form_is_in_utc_wherever_the_worker_is(
    form: str, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    seconds = retry_after({"retry-after": time.strftime(form, time.gmtime(time.time() + 100))})
    monkeypatch.undo()
    time.tzset()
    assert seconds == pytest.approx(100, abs=30)


def test_a_server_that_hangs_is_tried_again(web: Any, settings: Settings) -> None:
    with pytest.raises(UnitRetry, match=r"did not answer in 0\.3 seconds"):
        fetched(web.hang("/a"), settings)


def test_a_server_that_hangs_past_the_time_limit_ends_there(web: Any, settings: Settings) -> None:
    with pytest.raises(UnitError, match=r"longer than 0\.3 seconds"):
        fetched(web.hang("/a"), settings, Limits(read=0.3, total=0.3))


def test_a_server_that_nobody_runs_is_tried_again(web: Any, settings: Settings) -> None:
    url = web.url("/a")
    web.close()
    with pytest.raises(UnitRetry, match="could not connect"):
        fetched(url, settings)


def test_an_endless_body_ends_at_the_size_limit(web: Any, settings: Settings) -> None:
    with pytest.raises(UnitError, match="larger than 100 KiB"):
        fetched(web.endless("/a", b"x" * 10_000), settings)


def test_a_body_that_drips_ends_at_the_time_limit(web: Any, settings: Settings) -> None:
    with pytest.raises(UnitError, match=r"longer than 0\.5 seconds"):
        fetched(web.endless("/a", b"x", pause=0.05), settings, Limits(read=0.5, total=0.5))


def test_headers_that_drip_end_at_the_time_limit(web: Any, settings: Settings) -> None:
    def drip(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        while not web.released.wait(0.05):
            handler.wfile.write(b"x")

    with pytest.raises(UnitError, match=r"longer than 0\.5 seconds"):
        fetched(web.act("/a", drip), settings, Limits(read=0.5, total=0.5))


def test_a_body_that_breaks_off_is_tried_again(web: Any, settings: Settings) -> None:
    def cut(handler: Any) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")

    with pytest.raises(UnitRetry, match="broke off"):
        fetched(web.act("/a", cut), settings)


def test_a_compressed_body_is_unpacked(web: Any, settings: Settings) -> None:
    assert fetched(web.answer("/a", gzip.compress(b"hello"), Content_Encoding="gzip"), settings) == b"hello"


def test_a_compressed_bomb_ends_at_the_size_limit(web: Any, settings: Settings) -> None:
    bomb = gzip.compress(bytes(5_000_000))
    with pytest.raises(UnitError, match="larger than"):
        fetched(web.answer("/a", bomb, Content_Encoding="gzip"), settings)


def test_a_compressed_body_is_unpacked_a_little_at_a_time(web: Any, settings: Settings) -> None:
    url = web.answer("/a", gzip.compress(bytes(5_000_000)), Content_Encoding="gzip")
    with open_source("url", url, settings, Limits()) as source:
        sizes = list(map(len, source.chunks))
    assert (sum(sizes), max(sizes)) == (5_000_000, 65_536)


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


BODIES = [
    ("gzip", gzip.compress(b"hello ") + gzip.compress(b"world")),
    ("gzip", gzip.compress(b"hello ") + gzip.compress(b"") + gzip.compress(b"world") + bytes(8)),
    ("gzip", gzip.compress(b"hello world") + b"\x1f and some garbage"),
    ("x-gzip", gzip.compress(b"hello world")),
    ("GZIP", gzip.compress(b"hello world")),
    ("gzip", zlib.compress(b"hello world")),
    ("gzip, gzip", gzip.compress(gzip.compress(b"hello world"))),
    ("deflate, gzip", gzip.compress(zlib.compress(b"hello world"))),
    ("deflate", zlib.compress(b"hello world")),
    ("deflate", raw_deflate(b"hello world")),
    ("deflate", gzip.compress(b"hello world")),
    ("none", b"hello world"),
    ("utf-8", b"hello world"),
    ("identity", b"hello world"),
    ("aws-chunked,gzip", gzip.compress(b"hello world")),
    ("", b"hello world"),
]


@pytest.mark.parametrize(("encoding", "body"), BODIES, ids=[str(number) for number in range(len(BODIES))])
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_a_body_is_unpacked_as_browsers_do_however_it_arrives(encoding: str, body: bytes, size: int) -> None:
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    assert b"".join(decoded(chunks, encoding)) == b"hello world"


def test_encodings_on_several_lines_are_undone_one_after_another(web: Any, settings: Settings) -> None:
    def send(handler: Any) -> None:
        body = gzip.compress(gzip.compress(b"hello"))
        handler.wfile.write(b"HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\nContent-Encoding: gzip\r\n\r\n" + body)

    assert fetched(web.act("/a", send), settings) == b"hello"


def test_an_empty_body_needs_no_unpacking(web: Any, settings: Settings) -> None:
    assert fetched(web.answer("/a", b"", Content_Encoding="gzip"), settings) == b""


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_packed_body_that_ends_early_is_tried_again(encoding: str) -> None:
    packed = gzip.compress(b"hello") if encoding == "gzip" else zlib.compress(b"hello")
    with pytest.raises(UnitRetry, match="broke off"):
        list(decoded([packed[:-5]], encoding))


def test_a_second_member_that_ends_early_is_no_success() -> None:
    with pytest.raises(UnitRetry, match="broke off"):
        list(decoded([gzip.compress(b"hello ") + gzip.compress(b"world")[:-4]], "gzip"))


def test_a_location_in_raw_utf_8_is_followed(web: Any, settings: Settings) -> None:
    def send(handler: Any) -> None:
        handler.wfile.write("HTTP/1.0 302 Found\r\nLocation: /ü b\r\n\r\n".encode())

    web.answer("/%C3%BC%20b", b"there")
    assert fetched(web.act("/a", send), settings) == b"there"


def test_a_false_encoding_is_an_error(web: Any, settings: Settings) -> None:
    with pytest.raises(UnitError, match="not the gzip"):
        fetched(web.answer("/a", b"plain", Content_Encoding="gzip"), settings)
    with pytest.raises(UnitError, match="unsupported encoding 'br'"):
        fetched(web.answer("/b", b"plain", Content_Encoding="br"), settings)
