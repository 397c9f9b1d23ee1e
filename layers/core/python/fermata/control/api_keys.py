"""API keys of a tenant: making them, listing them, revoking them. Each change leaves one audit record."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from fermata.domain.access import ApiKey, digest, is_reserved
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Actor, Mutation
from fermata.ports import AddAudit, Clock, Keys, Store


@dataclass(frozen=True)
class Keyring:
    """The keys of one tenant, as one person handles them.

    Attributes:
        actor: who does it; the keys are those of the actor's tenant.
    """

    keys: Keys
    store: Store
    clock: Clock
    actor: Actor

    def create(
        self, user: str, scopes: frozenset[str], label: str = "", lasts: float | None = None
    ) -> tuple[ApiKey, str]:
        """A new key of this user: its record, and the key itself, which nobody can find out later.

        ``label``: what it is for; ``lasts``: seconds after which it is good no more, None: it stays good. Raises InvalidInput.
        """
        if is_reserved(user):
            raise InvalidInput("user", f"{user} is a name that Fermata itself acts under")
        key = f"sk_{secrets.token_urlsafe(32)}"
        id_, now = f"key_{secrets.token_hex(6)}", self.clock.now()
        expires_at = now + lasts if lasts is not None else None
        made = ApiKey(id_, self.actor.tenant, user, scopes, digest(key), now, label=label, expires_at=expires_at)
        self.keys.add(made)
        self._record("keys.create", made.id, now)
        return made, key

    def all(self) -> Sequence[ApiKey]:
        """Every key of the tenant, revoked ones too."""
        return self.keys.all(self.actor.tenant)

    def revoke(self, key_id: str) -> ApiKey:
        """From now on the key is not accepted. Raises NotFound."""
        now = self.clock.now()
        revoked = self.keys.revoke(self.actor.tenant, key_id, now)
        self._record("keys.revoke", key_id, now)
        return revoked

    def _record(self, action: str, target: str, now: float) -> None:
        self.store.write(AddAudit(Mutation(self.actor, action, target, now)))
