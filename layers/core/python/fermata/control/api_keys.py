"""API keys of a tenant: making them, listing them, revoking them. Each change leaves one audit record."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.access import SCOPES, ApiKey, digest, is_reserved
from fermata.domain.errors import InvalidInput, NotFound
from fermata.domain.events import Actor, Mutation
from fermata.ports import AddAudit, Clock, Keys, Store

MAX_USER, MAX_LABEL = 128, 100
"""Characters."""

DAY = 86_400.0
MAX_DAYS = 3_650


@dataclass(frozen=True)
class Keyring:
    """The keys of one tenant, as one person handles them.

    Attributes:
        actor: who does it; the keys are those of the actor's tenant.
        trace: of the request, where it is one.
        reason: that was given for what is done.
    """

    keys: Keys
    store: Store
    clock: Clock
    actor: Actor
    trace: str | None = None
    reason: str | None = None

    def create(
        self, user: str, scopes: frozenset[str], label: str = "", lasts: float | None = None
    ) -> tuple[ApiKey, str]:
        """A new key of this user: its record, and the key itself, which nobody can find out later.

        ``label``: what it is for; ``lasts``: seconds after which it is good no more, None: it stays good. Raises InvalidInput.
        """
        check_new(user, scopes, label, lasts)
        key = f"sk_{secrets.token_urlsafe(32)}"
        id_, now = f"key_{secrets.token_hex(6)}", self.clock.now()
        expires_at = now + lasts if lasts is not None else None
        made = ApiKey(id_, self.actor.tenant, user, scopes, digest(key), now, label=label, expires_at=expires_at)
        self._record("keys.create", made.id, now)
        self.keys.add(made)
        return made, key

    def all(self) -> Sequence[ApiKey]:
        """Every key of the tenant, revoked ones too."""
        return self.keys.all(self.actor.tenant)

    def revoke(self, key_id: str) -> ApiKey:
        """From now on the key is not accepted. Raises NotFound."""
        if all(key.id != key_id for key in self.all()):
            raise NotFound("key", key_id)
        now = self.clock.now()
        self._record("keys.revoke", key_id, now)
        return self.keys.revoke(self.actor.tenant, key_id, now)

    def _record(self, action: str, target: str, now: float) -> None:
        """Before it is done, so that nothing is changed unrecorded."""
        self.store.write(AddAudit(Mutation(self.actor, action, target, now, trace=self.trace, reason=self.reason)))


def check_new(user: str, scopes: frozenset[str], label: str, lasts: float | None) -> None:
    """Raises InvalidInput for what no key can have; as :meth:`Keyring.create` takes them."""
    if is_reserved(user):
        raise InvalidInput("user", f"{user} is a name that Fermata itself acts under")
    if not 0 < len(user) <= MAX_USER or not user.isprintable():
        raise InvalidInput("user", f"must be 1 to {MAX_USER} printable characters")
    if not scopes or scopes - SCOPES:
        raise InvalidInput("scopes", f"must be some of {', '.join(sorted(SCOPES))}")
    if len(label) > MAX_LABEL or not label.isprintable():
        raise InvalidInput("label", f"must be at most {MAX_LABEL} printable characters")
    if lasts is not None and not 0 < lasts <= MAX_DAYS * DAY:
        raise InvalidInput("days", f"must be more than 0 and at most {MAX_DAYS}")
