"""Objects of any bucket that the function's role may read, for kinds whose inputs lie in S3."""

from __future__ import annotations

import io
from collections.abc import Callable, Collection
from typing import IO, TYPE_CHECKING, Any, cast

from fermata.adapters.aws.blobs import READ_AHEAD
from fermata.adapters.aws.errors import code_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from fermata.adapters.aws.clients import Clients

MISSING = frozenset({"NoSuchKey", "NoSuchBucket", "404", "InvalidObjectState"})
DENIED = frozenset({"AccessDenied", "403", "AllAccessDisabled"})


class _Body(io.RawIOBase):
    """An object's bytes; what S3 breaks off is an OSError as of any other file."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        from botocore.exceptions import BotoCoreError

        view = memoryview(buffer)
        try:
            data = self._body.read(len(view))
        except BotoCoreError as error:
            raise OSError(str(error)) from error
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._body.close()
        super().close()


def opener(clients: Clients, own_buckets: Collection[str]) -> Callable[[str, str], IO[bytes]]:
    """Opens an object (bucket, key); raises FileNotFoundError, PermissionError, or another OSError for a passing failure.

    The stack's own buckets are refused: neither what other tenants' jobs keep nor the heads of their audit trails are documents.
    """

    def open_(bucket: str, key: str) -> IO[bytes]:
        from botocore.exceptions import BotoCoreError, ClientError

        if bucket in own_buckets:
            raise PermissionError(key)
        try:
            body = _Body(clients.s3.get_object(Bucket=bucket, Key=key)["Body"])
        except ClientError as error:
            code = code_of(error)
            if code in MISSING:
                raise FileNotFoundError(key) from None
            if code in DENIED:
                raise PermissionError(key) from None
            raise OSError(code) from error
        except BotoCoreError as error:
            raise OSError(str(error)) from error
        return cast("IO[bytes]", io.BufferedReader(body, READ_AHEAD))

    return open_
