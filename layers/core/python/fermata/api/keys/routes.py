"""Create, list and revoke."""

from __future__ import annotations

from fermata.api.context import Caller, RequestContext
from fermata.api.keys import presenter
from fermata.api.keys.family import FAMILY
from fermata.api.keys.schemas import CreatedKey, KeyInfo, Keys, NewKey
from fermata.api.request_fields import ReasonInAddress, moment
from fermata.control.api_keys import Keyring
from fermata.domain.access import ADMIN
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
    return CreatedKey(**presenter.key_info(call, made).model_dump(), key=key)


@FAMILY.query("", scope=ADMIN, response_model=Keys, summary="List API keys")
def list_keys(call: Caller) -> Keys:
    """Whose each is, what for, what it is good for, until when, and when it was last used."""
    return Keys(keys=[presenter.key_info(call, key) for key in _keyring(call).all()])


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
def revoke_key(call: Caller, key_id: str, reason: ReasonInAddress = None) -> KeyInfo:
    """From now on it is not accepted, and the sessions that were opened with it are over. Again: the answer is the same."""
    return presenter.key_info(call, _keyring(call).revoke(key_id[:128]))


def _keyring(call: RequestContext) -> Keyring:
    return Keyring(
        call.services.security.keys, call.engine.store, call.engine.clock, call.actor, call.trace, call.reason
    )
