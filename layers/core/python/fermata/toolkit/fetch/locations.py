"""Where a source lies, as callers write it: a URL, an object in S3, or a file of the machine."""

from __future__ import annotations

from collections.abc import Callable

from fermata.domain.kind import UnitError
from fermata.toolkit.fetch.s3 import parse_s3
from fermata.toolkit.fetch.urls import parse_url

SOURCE_TYPES = ("url", "s3", "local")


def source_type_of(location: str) -> str:
    """One of :data:`SOURCE_TYPES`, by the scheme."""
    scheme = location.strip().partition(":")[0].lower()
    return {"http": "url", "https": "url", "s3": "s3"}.get(scheme, "local")


def checked_location(location: str, *, local: bool = False) -> str:
    """The location without blanks around it. Raises ValueError unless it is well formed; ``local`` admits absolute paths."""
    location = location.strip()
    if local and location.startswith(("/", "file:")):
        return location
    return _checked(parse_s3 if source_type_of(location) == "s3" else parse_url, location)


def checked_url(location: str) -> str:
    """The http or https URL without blanks around it. Raises ValueError for anything else."""
    return _checked(parse_url, location.strip())


def _checked(parse: Callable[[str], object], location: str) -> str:
    try:
        parse(location)
    except UnitError as error:
        raise ValueError(str(error)) from None
    return location
