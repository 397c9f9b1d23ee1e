"""Objects of S3. How they are opened is the stack's affair (``Settings.open_s3``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from fnmatch import fnmatchcase
from typing import IO
from urllib.parse import urlsplit

from fermata.domain.errors import NotFound, Retryable
from fermata.domain.kind import Settings, UnitError, UnitRetry
from fermata.toolkit.aside import aside


@contextmanager
def open_s3(location: str, settings: Settings) -> Iterator[IO[bytes]]:
    """The object at ``s3://bucket/key``, by the settings' opener.

    The opener raises NotFound or FileNotFoundError, PermissionError, and Unavailable or another OSError for a passing
    failure.
    """
    bucket, key = parse_s3(location)
    if settings.open_s3 is None:
        raise UnitError("objects in S3 are not read by this stack")
    if settings.objects is not None and not _is_trusted(bucket, key, settings.objects):
        raise UnitError(f"the stack may not read s3://{bucket}/{key}")
    try:
        opener = settings.open_s3
        with closing(aside(lambda: opener(bucket, key), lambda stream: stream.close())) as stream:
            yield stream
    except (NotFound, FileNotFoundError):
        raise UnitError(f"there is no object s3://{bucket}/{key}") from None
    except PermissionError:
        raise UnitError(f"the stack may not read s3://{bucket}/{key}") from None
    except (Retryable, OSError):
        raise UnitRetry(f"S3 did not give s3://{bucket}/{key}") from None


def _is_trusted(bucket: str, key: str, objects: frozenset[str]) -> bool:
    """Whether an ARN of the list, in which ``*`` stands for any characters and ``?`` for one, names the object."""
    patterns = (entry.split(":::", 1)[-1].replace("[", "[[]") for entry in objects)
    return any(fnmatchcase(f"{bucket}/{key}", pattern) for pattern in patterns)


def parse_s3(location: str) -> tuple[str, str]:
    """Bucket and key; raises UnitError."""
    scheme, separator, rest = location.strip().partition("://")
    bucket, _, key = rest.partition("/")
    if scheme.lower() != "s3" or not separator or not bucket or not key:
        raise UnitError("the location is not of the form s3://bucket/key")
    if urlsplit(f"//{bucket}").hostname != bucket:
        raise UnitError("the location does not name a valid bucket")
    return bucket, key
