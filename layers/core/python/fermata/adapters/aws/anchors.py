"""Heads of audit chains in a bucket of their own, in which objects are made once and by conditional writes alone."""

from __future__ import annotations

import json

from fermata.adapters.aws.clients import Clients
from fermata.adapters.aws.errors import code_of, translated
from fermata.adapters.aws.table_keys import escaped
from fermata.domain.events import Head

LAST = 10**12
"""Numbers are counted down from here in the names, so that the newest is the first in a list."""

EXISTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class S3Anchors:
    """Implements :class:`fermata.ports.Anchors`."""

    def __init__(self, bucket: str, clients: Clients | None = None) -> None:
        self._bucket = bucket
        self._clients = clients or Clients()

    def put(self, tenant: str, head: Head, *, refused: bool) -> bool:
        """Keep a head; False: there was one of its number already, which stays as it is."""
        from botocore.exceptions import ClientError

        key = f"{_folder(tenant, refused)}{LAST - head.number:012}.json"
        body = json.dumps({"number": head.number, "hash": head.hash}).encode()
        with translated():
            try:
                self._clients.s3.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
            except ClientError as error:
                if code_of(error) not in EXISTS:
                    raise
                return False
        return True

    def newest(self, tenant: str, *, refused: bool) -> Head | None:
        with translated():
            found = self._clients.s3.list_objects_v2(Bucket=self._bucket, Prefix=_folder(tenant, refused), MaxKeys=1)
            for listed in found.get("Contents", []):
                body = self._clients.s3.get_object(Bucket=self._bucket, Key=listed["Key"])["Body"].read()
                kept = json.loads(body)
                return Head(int(kept["number"]), str(kept["hash"]))
        return None


def _folder(tenant: str, refused: bool) -> str:
    return f"tenant={escaped(tenant)}/{'refused' if refused else 'done'}/"
