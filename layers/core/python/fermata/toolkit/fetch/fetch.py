"""One door to all sources of documents."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from fermata.domain.kind import Settings, UnitError
from fermata.toolkit.aside import aside
from fermata.toolkit.fetch import http
from fermata.toolkit.fetch.limits import DEFAULT, Limits, bounded
from fermata.toolkit.fetch.local import open_local
from fermata.toolkit.fetch.s3 import open_s3

_CHUNK = 256 * 1024


@dataclass(frozen=True)
class Source:
    """An opened source.

    Attributes:
        location: where the bytes come from, after redirects.
        content_type: what the server says it is; empty where nobody says.
        chunks: the bytes, bounded.
    """

    location: str
    content_type: str
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class Fetched:
    """A copy on disk, gone when its context ends.

    Attributes:
        location: where the bytes came from, after redirects.
        content_type: what the server says it is; empty where nobody says.
        size: in bytes.
    """

    path: Path
    location: str
    content_type: str
    size: int


@contextmanager
def fetch(
    source_type: str, location: str, settings: Settings, limits: Limits = DEFAULT, deadline: float = float("inf")
) -> Iterator[Fetched]:
    """A copy of the source; parameters as for :func:`open_source`."""
    with (
        open_source(source_type, location, settings, limits, deadline) as source,
        tempfile.NamedTemporaryFile(prefix="fermata-") as copy,
    ):
        size = sum(copy.write(chunk) for chunk in source.chunks)
        copy.flush()
        yield Fetched(Path(copy.name), source.location, source.content_type, size)


@contextmanager
def open_source(
    source_type: str, location: str, settings: Settings, limits: Limits = DEFAULT, deadline: float = float("inf")
) -> Iterator[Source]:
    """The source's bytes as they come.

    ``source_type`` is ``url``, ``s3`` or ``local``; ``deadline`` (``time.monotonic``) tightens ``limits.total``.
    """
    now = time.monotonic()
    limits = replace(limits, total=max(0.1, min(limits.total, deadline - now)))
    if source_type == "url":
        with http.get(location, settings.allowed_hosts, limits) as response:
            yield Source(response.url, response.headers.get("content-type", ""), response.chunks)
    elif source_type == "s3":
        with open_s3(location, settings) as stream:
            yield Source(location, "", bounded(_chunks(stream), limits, now + limits.total))
    elif source_type == "local":
        if not settings.allow_local_files:
            raise UnitError("local files are not read by this stack")
        with open_local(location, settings.private_folders) as stream:
            yield Source(location, "", bounded(_chunks(stream), limits, now + limits.total))
    else:
        raise UnitError(f"unknown source type {source_type[:50]!r}")


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := aside(lambda: stream.read(_CHUNK)):
        yield chunk
