"""Who is signed in, as this family shows it."""

from __future__ import annotations

from fermata.api.context import RequestContext
from fermata.api.formatting import zoned_time
from fermata.api.session.schemas import SessionInfo
from fermata.api.sessions import Session, csrf_token


def shown(call: RequestContext, session: Session | None) -> SessionInfo:
    return SessionInfo(
        tenant=call.tenant,
        user=call.actor.user,
        scopes=sorted(call.actor.scopes),  # type: ignore[arg-type]
        csrf_token=csrf_token(call.engine.secrets.key, session) if session is not None else None,
        expires_at=zoned_time(session.expires_at) if session is not None else None,
    )
