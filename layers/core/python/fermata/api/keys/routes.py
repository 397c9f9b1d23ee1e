"""Create, list and revoke."""

from __future__ import annotations

from fermata.api.context import Caller, RequestContext
from fermata.api.formatting import zoned_time
from fermata.api.keys.family import FAMILY
from fermata.api.keys.schemas import CreatedKey, KeyInfo, Keys, NewKey
from fermata.api.request_fields import moment
from fermata.control.api_keys import Keyring
from fermata.domain.access import ADMIN, ApiKey
from fermata.domain.errors import InvalidInput


@FAMILY.command("", "keys.create", scope=ADMIN, status_code=201, response_model=CreatedKey, summary="Create an API key")
def create_key(call: Caller, body: NewKey) -> CreatedKey:
    """The answer is the only one that has the key itself. It may have scopes that its maker has not; the audit log names both."""
    lasts = None
    if body.expires_at is not None:
        lasts = moment(body.expires_at, "expires_at") - call.engine.clock.now()
        if lasts <= 0:
            raise InvalidInput("expires_at", "must be ahead of now")
    user = call.actor.user if body.user is None else body.user
    made, key = _keyring(call).create(user, frozenset(body.scopes), body.label, lasts)
    return CreatedKey(**_shown(call, made).model_dump(), key=key)


@FAMILY.query("", scope=ADMIN, response_model=Keys, summary="List API keys")
def list_keys(call: Caller) -> Keys:
    """Whose each is, what for, what it is good for, until when, and when it was last used."""
    return Keys(keys=[_shown(call, key) for key in _keyring(call).all()])


@FAMILY.command(
    "/{key_id}",
    "keys.revoke",
    method="DELETE",
    scope=ADMIN,
    target="key_id",
    response_model=KeyInfo,
    errors=(404,),
    summary="Revoke an API key",
)
def revoke_key(call: Caller, key_id: str) -> KeyInfo:
    """From now on it is not accepted, and the sessions that were opened with it are over. Again: the answer is the same."""
    return _shown(call, _keyring(call).revoke(key_id[:128]))


def _keyring(call: RequestContext) -> Keyring:
    return Keyring(call.services.security.keys, call.engine.store, call.engine.clock, call.actor, call.trace)


def _shown(call: RequestContext, key: ApiKey) -> KeyInfo:
    state = "revoked" if key.revoked_at is not None else "good" if key.is_good(call.engine.clock.now()) else "expired"
    return KeyInfo(
        id=key.id,
        user=key.user,
        scopes=sorted(key.scopes),  # type: ignore[arg-type]
        label=key.label,
        state=state,  # type: ignore[arg-type]
        created_at=zoned_time(key.created_at),
        expires_at=_time(key.expires_at),
        revoked_at=_time(key.revoked_at),
        last_used_at=_time(key.used_at),
    )


def _time(at: float | None) -> str | None:
    return zoned_time(at) if at is not None else None
