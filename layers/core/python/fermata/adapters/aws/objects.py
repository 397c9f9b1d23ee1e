"""Objects of any bucket that the function's role may read, for kinds whose inputs lie in S3."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import IO, TYPE_CHECKING

from fermata.adapters.aws.errors import code_of

if TYPE_CHECKING:
    from fermata.adapters.aws.clients import Clients

MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404", "InvalidObjectState"})
DENIED = frozenset({"AccessDenied", "403", "AllAccessDisabled"})


def opener(clients: Clients, own_buckets: Collection[str]) -> Callable[[str, str], IO[bytes]]:
    """Opens an object (bucket, key); raises FileNotFoundError, PermissionError, or another OSError for a passing failure.

    The stack's own buckets are refused: neither what other tenants' jobs keep nor the heads of their audit trails are documents.
    """

    def open_(bucket: str, key: str) -> IO[bytes]:
        from botocore.exceptions import BotoCoreError, ClientError

        if bucket in own_buckets:
            raise PermissionError(key)
        try:
            body: IO[bytes] = clients.s3.get_object(Bucket=bucket, Key=key)["Body"]  # type: ignore[assignment]
        except ClientError as error:
            code = code_of(error)
            if code in MISSING:
                raise FileNotFoundError(key) from None
            if code in DENIED:
                raise PermissionError(key) from None
            raise OSError(code) from error
        except BotoCoreError as error:
            raise OSError(str(error)) from error
        return body

    return open_
