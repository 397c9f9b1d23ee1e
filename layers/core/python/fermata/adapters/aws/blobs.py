"""Large values, in S3."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, cast

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import code_of, translated
from fermata.domain.errors import NotFound, Unavailable

if TYPE_CHECKING:
    from typing_extensions import Buffer

PART = 8 * 1024 * 1024
"""Bytes of a part; a stream's memory. S3 takes 10,000 parts, so 80 GB."""

READ_AHEAD = 256 * 1024
TRIES = 3


class S3Blobs:
    """Implements :class:`fermata.ports.Blobs`."""

    def __init__(self, bucket: str, clients: Clients | None = None) -> None:
        self._bucket = bucket
        self._clients = clients or Clients()

    def put(self, key: str, data: bytes) -> None:
        with translated("blob", key):
            self._clients.s3.put_object(Bucket=self._bucket, Key=key, Body=data)

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        if end is not None and end <= start:
            return self.get(key, 0, 1)[:0]  # S3 knows no empty range, but a missing blob is missing all the same
        body = _ranged(self._clients, self._bucket, key, start, end)
        with translated("blob", key):
            return bytes(body.read()) if body else b""

    def open(self, key: str, start: int = 0) -> IO[bytes]:
        stream = _Stream(self._clients, self._bucket, key, start)
        return cast("IO[bytes]", io.BufferedReader(stream, READ_AHEAD))

    def write(self, key: str, parts: Iterable[bytes]) -> int:
        pieces = _pieces(parts, PART)
        first = next(pieces, b"")
        if len(first) < PART:
            self.put(key, first)
            return len(first)
        return self._upload(key, first, pieces)

    def exists(self, key: str) -> bool:
        try:
            with translated("blob", key):
                self._clients.s3.head_object(Bucket=self._bucket, Key=key)
        except NotFound:
            return False
        return True

    def link(self, key: str, seconds: int) -> str:
        parameters = {"Bucket": self._bucket, "Key": key}
        return self._clients.s3.generate_presigned_url("get_object", Params=parameters, ExpiresIn=seconds)

    def _upload(self, key: str, first: bytes, rest: Iterator[bytes]) -> int:
        place: dict[str, Any] = {"Bucket": self._bucket, "Key": key}
        client = self._clients.s3
        with translated("blob", key):
            upload: Any = place | {"UploadId": client.create_multipart_upload(**place)["UploadId"]}
            try:
                done: list[Any] = []
                size = 0
                for number, piece in enumerate(chain([first], rest), start=1):
                    part = client.upload_part(**upload, PartNumber=number, Body=piece)
                    done.append({"PartNumber": number, "ETag": part["ETag"]})
                    size += len(piece)
                client.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})
            except BaseException:
                with suppress(Exception):  # the bucket's lifecycle rule sees to what is left
                    client.abort_multipart_upload(**upload)
                raise
        return size


class _Stream(io.RawIOBase):
    """An object as a file. Minutes may pass between two reads, and S3 hang up: then it goes on in a new request."""

    def __init__(self, clients: Clients, bucket: str, key: str, start: int) -> None:
        super().__init__()
        self._clients, self._bucket, self._key, self._position = clients, bucket, key, start
        self._body = _ranged(clients, bucket, key, start, None)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        data = self._read(len(view))
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        if self._body is not None:
            self._body.close()
        super().close()

    def _read(self, count: int) -> bytes:
        for _ in range(TRIES):
            try:
                with translated("blob", self._key):
                    return bytes(self._body.read(count)) if self._body is not None else b""
            except Unavailable:
                self._body = _ranged(self._clients, self._bucket, self._key, self._position, None)
        raise Unavailable(f"reading {self._key} broke off again and again")


def _ranged(clients: Clients, bucket: str, key: str, start: int, end: int | None) -> Any:
    """The body from ``start`` to ``end``; None when the object ends before ``start``."""
    from botocore.exceptions import ClientError

    span = {} if start == 0 and end is None else {"Range": f"bytes={start}-{'' if end is None else end - 1}"}
    with translated("blob", key):
        try:
            return clients.s3.get_object(Bucket=bucket, Key=key, **span)["Body"]  # type: ignore[arg-type]
        except ClientError as error:
            if code_of(error) == "InvalidRange":
                return None
            raise


def _pieces(parts: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The same bytes, cut anew: all pieces of one size but the last, and none empty."""
    gathered = bytearray()
    for part in parts:
        gathered += part
        while len(gathered) >= size:
            yield bytes(gathered[:size])
            del gathered[:size]
    if gathered:
        yield bytes(gathered)
