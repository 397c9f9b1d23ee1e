"""Everything that changes in a tenant, as it happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fermata_client import routes
from fermata_client._sync.following import PATIENCE, follow
from fermata_client._sync.transport import Transport, read_as
from fermata_client.sse import Message

if TYPE_CHECKING:
    from fermata_client import models

READY, SYSTEM, JOB = "ready", "system", "job"

Some = str | Iterable[str] | None
"""One value, several, or all."""


@dataclass(frozen=True)
class Change:
    """What the tenant's stream tells.

    Attributes:
        type: ``ready`` once, when it begins; an event's type; ``system``; or ``job`` for a job that these, or its counts, have
            moved.
        id: after which to go on another time; None where the server gives none.
        event: the line of a job's history, with the job that it is of, where it is one.
        system: the event of the whole tenant, where it is one.
        job: the whole job, where it is one.
    """

    type: str
    id: str | None
    event: models.JobChange | None = None
    system: models.SystemChange | None = None
    job: models.Job | None = None


def changes(
    transport: Transport,
    *,
    after: str | None = None,
    kind: Some = None,
    family: Some = None,
    workspace: Some = None,
    status: Some = None,
    job: Some = None,
    types: Some = None,
    failed_units: bool | None = None,
    progress: bool = True,
    patience: float = PATIENCE,
) -> Iterator[Change]:
    """See :meth:`Client.follow`."""
    path = routes.STREAM_TENANT.path
    wanted = {
        "kind": _several(kind),
        "family": _several(family),
        "workspace": _several(workspace),
        "status": _several(status),
        "job": _several(job),
        "types": _several(types),
        "failed_units": failed_units,
        "progress": None if progress else False,
    }
    query = routes.given(routes.STREAM_TENANT.query, wanted)
    for message in follow(transport, path, after, patience, query):
        yield _change(message, transport.url + path)


def _change(message: Message, url: str) -> Change:
    id = message.id if message.own_id else None
    match message.type:
        case "ready":
            return Change(READY, id)
        case "system":
            return Change(SYSTEM, id, system=read_as("SystemChange", message.data, url))
        case "job":
            return Change(JOB, id, job=read_as("Job", message.data, url))
        case type_:
            return Change(type_, id, event=read_as("JobChange", message.data, url))


def _several(value: Some) -> list[str] | None:
    if value is None:
        return None
    return ([value] if isinstance(value, str) else [str(one) for one in value]) or None
