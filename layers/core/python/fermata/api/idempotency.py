"""The header that makes it safe to send a creating request again."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated

from fastapi import Header

from fermata.api.context import RequestContext

REPLAY = "Idempotent-Replay"
"""Header of the answer to a request that was made before; its value is ``true``."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key with the same body starts nothing, gets the first answer's object as it is now, and the header "
        f"`{REPLAY}: true`; with another body it is a 409. Keys are the user's own: another user's same key is another request.",
    ),
]


def digest_of(call: RequestContext, key: str | None) -> str | None:
    """What stands for a user's key: 32 hexadecimal digits, the same ones each time."""
    if key is None:
        return None
    owner = json.dumps([call.actor.user, key])
    return hashlib.sha256(owner.encode()).hexdigest()[:32]
