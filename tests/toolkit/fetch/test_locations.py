from __future__ import annotations

import pytest
from fermata.toolkit.fetch.locations import checked_location, checked_url, source_type_of


@pytest.mark.parametrize(
    ("location", "source_type"),
    [
        ("http://a.example/", "url"),
        (" HTTPS://a.example/", "url"),
        ("S3://bucket/key", "s3"),
        ("/tmp/a", "local"),
        ("file:///tmp/a", "local"),
        ("ftp://a.example/", "local"),
    ],
)
def test_the_scheme_says_where_a_source_lies(location: str, source_type: str) -> None:
    assert source_type_of(location) == source_type


@pytest.mark.parametrize("location", [" https://a.example/ ", "s3://bucket/key"])
def test_a_well_formed_location_is_kept_without_blanks(location: str) -> None:
    assert checked_location(location) == location.strip()


@pytest.mark.parametrize("location", ["", "/tmp/a", "file:///tmp/a", "ftp://a.example/", "s3://bucket", "http://"])
def test_any_other_is_refused(location: str) -> None:
    with pytest.raises(ValueError, match=r"the (URL|location)"):
        checked_location(location)


def test_local_files_are_taken_on_request() -> None:
    assert checked_location("/tmp/a", local=True) == "/tmp/a"
    with pytest.raises(ValueError, match="not http"):
        checked_location("tmp/a", local=True)


def test_a_url_is_no_object() -> None:
    with pytest.raises(ValueError, match="not http"):
        checked_url("s3://bucket/key")
