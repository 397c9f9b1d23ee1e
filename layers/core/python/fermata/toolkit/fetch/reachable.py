"""Whether a source can be read, found out without reading it."""

from __future__ import annotations

from dataclasses import dataclass

from fermata.domain.kind import Settings, UnitError
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.limits import Limits
from fermata.toolkit.fetch.local import check_path
from fermata.toolkit.fetch.s3 import open_s3

LIMITS = Limits(connect=3.0, read=5.0, total=8.0, size=1024, redirects=5)
NO_HEAD = frozenset({400, 401, 403, 404, 405, 406, 415, 501})
"""What servers answer to a HEAD that would answer a GET otherwise: some know no HEAD, or sign it apart."""


@dataclass(frozen=True)
class Found:
    """A source that can be read.

    Attributes:
        content_type: as the server says; None where nobody does.
        size: bytes, as the server says.
    """

    content_type: str | None = None
    size: int | None = None


def check(source_type: str, location: str, settings: Settings) -> Found:
    """Raises UnitError or UnitRetry with a reason for the user; parameters as for :func:`fermata.toolkit.fetch.open_source`.

    Of a local file only its name is checked: whether there is one is nobody's business but of who starts work on it.
    """
    if source_type == "url":
        return _asked(location, settings)
    if source_type == "s3":
        with open_s3(location, settings):
            return Found()
    if source_type == "local":
        if not settings.allow_local_files:
            raise UnitError("local files are not read by this stack")
        check_path(location)
        return Found()
    raise UnitError(f"unknown source type {source_type[:50]!r}")


def _asked(url: str, settings: Settings) -> Found:
    with http.follow(url, settings.allowed_hosts, LIMITS, method="HEAD") as response:
        if response.status not in NO_HEAD:
            return _found(response)
    with http.follow(url, settings.allowed_hosts, LIMITS) as response:
        return _found(response)


def _found(response: http.Response) -> Found:
    http.check_status(response)
    length = response.headers.get("content-length", "")
    coded = response.headers.get("content-encoding", "identity") != "identity"
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 16 and not coded else None
    return Found(response.headers.get("content-type"), size)
