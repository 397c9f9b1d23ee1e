from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import IO

import pytest
from fermata.domain.errors import NotFound, Unavailable
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.fetch import fetch


@dataclass(frozen=True)
class Bucket:
    """What S3 has, or raises, by bucket and key; and the settings of a stack that reads it."""

    objects: dict[str, bytes | Exception]
    settings: Settings


@pytest.fixture
def s3() -> Bucket:
    objects: dict[str, bytes | Exception] = {}

    def opener(bucket: str, key: str) -> IO[bytes]:
        found = objects.get(f"{bucket}/{key}", FileNotFoundError())
        if isinstance(found, Exception):
            raise found
        return io.BytesIO(found)

    return Bucket(objects, Settings(open_s3=opener))


def test_an_object_is_fetched(s3: Bucket) -> None:
    s3.objects["docs/a/b.txt"] = b"hello"
    with fetch("s3", "s3://docs/a/b.txt", s3.settings) as copy:
        assert copy.path.read_bytes() == b"hello"


@pytest.mark.parametrize(
    ("failure", "kind", "reason"),
    [
        (FileNotFoundError(), UnitError, "no object s3://docs/a"),
        (NotFound("object", "a"), UnitError, "no object s3://docs/a"),
        (PermissionError(), UnitError, "may not read"),
        (OSError(), UnitRetry, "did not give"),
        (Unavailable(), UnitRetry, "did not give"),
    ],
)
def test_failures_say_what_is_wrong(s3: Bucket, failure: Exception, kind: type[Exception], reason: str) -> None:
    s3.objects["docs/a"] = failure
    with pytest.raises(kind, match=reason), fetch("s3", "s3://docs/a", s3.settings):
        pass


@pytest.mark.parametrize("location", ["docs/a", "s3://docs", "s3:///a", "https://docs/a", "s3://u@docs/a", ""])
def test_a_location_of_another_form_is_refused(location: str) -> None:
    with pytest.raises(UnitError, match="location"), fetch("s3", location, Settings()):
        pass


def test_a_stack_without_s3_says_so() -> None:
    with pytest.raises(UnitError, match="not read by this stack"), fetch("s3", "s3://docs/a", Settings()):
        pass


def test_only_objects_that_the_stack_trusts_are_opened(s3: Bucket) -> None:
    s3.objects.update({"docs/acme/a.txt": b"hello", "docs/other/a.txt": b"secret", "docsx/acme/a.txt": b"secret"})
    settings = replace(s3.settings, objects=frozenset({"arn:aws:s3:::docs/acme/*"}))
    with fetch("s3", "s3://docs/acme/a.txt", settings) as copy:
        assert copy.path.read_bytes() == b"hello"
    for location in ("s3://docs/other/a.txt", "s3://docsx/acme/a.txt", "s3://docs/ACME/a.txt"):
        with pytest.raises(UnitError, match="may not read"), fetch("s3", location, settings):
            pass
