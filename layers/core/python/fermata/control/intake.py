"""Ways in beside HTTP: messages that ask for a job, and objects that were put into a bucket. Each starts one job, once.

A message is from somebody whom IAM lets into the queue: it says for which tenant and user it speaks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fermata.control.engine import Engine
from fermata.control.starting import Accepted, NewJob, accept
from fermata.domain.access import AUTOMATIC, CONTROL, is_reserved
from fermata.domain.errors import InvalidInput
from fermata.domain.events import Actor, Mutation
from fermata.domain.jobs import OnFailure
from fermata.domain.kind import Json
from fermata.domain.notify import Format, Notify
from fermata.domain.webhooks import ENDS

FAMILY = "jobs"
OBJECT = "{{object}}"
"""Stands in parameters for the s3 URL of the object."""

NUMBER = (int, float)
MEMBERS: Mapping[str, type | tuple[type, ...]] = {
    **{"kind": str, "params": dict, "workspace": str, "rate_key": str, "on_failure": str},
    **{"limit": int, "timeout": NUMBER, "max_failed_share": NUMBER, "rate": NUMBER, "priority": int},
    **{"labels": dict, "after": list},
    "notify": list,
}
"""What a message may say of a job, as the body of `POST /api/v1/jobs`."""


@dataclass(frozen=True)
class ObjectIntake:
    """What is started for an object.

    Attributes:
        params: of the kind; texts in them may hold ``{{object}}``.
    """

    kind: str
    params: Mapping[str, Json] = field(default_factory=dict)
    tenant: str = "default"
    workspace: str = "default"


def take_message(engine: Engine, body: Any, message_id: str) -> Accepted:
    """Start the job that a message asks for. Without an idempotency key the message's id is it. Raises InvalidInput and whatever
    starting raises."""
    if not isinstance(body, dict) or body.keys() - {"tenant", "user", "idempotency_key", "job"}:
        raise InvalidInput("message", "has tenant, user, idempotency_key and job, and nothing else")
    tenant, user = body.get("tenant", "default"), body.get("user", "")
    key = body.get("idempotency_key", message_id)
    if not all(isinstance(text, str) and text for text in (tenant, user, key)) or is_reserved(user):
        raise InvalidInput(
            "message", "tenant, user and idempotency_key are texts, and user is nobody that Fermata acts as"
        )
    job = _checked(body.get("job"))
    if "after" in job:
        job["after"] = tuple(job["after"])
    if "on_failure" in job:
        job["on_failure"] = OnFailure(job["on_failure"])
    if "notify" in job:
        job["notify"] = tuple(map(_notify, job["notify"]))
    digest = hashlib.sha256(json.dumps([user, key]).encode()).hexdigest()[:32]
    return _start(engine, tenant, user, NewJob(family=FAMILY, id=f"key-{digest}", **job))


def take_object(engine: Engine, intake: ObjectIntake, bucket: str, key: str, version: str) -> Accepted:
    """Start the job for a version of an object. Raises what starting raises."""
    digest = hashlib.sha256(json.dumps([bucket, key, version]).encode()).hexdigest()[:32]
    new = NewJob(
        family=FAMILY,
        id=f"s3-{digest}",
        kind=intake.kind,
        workspace=intake.workspace,
        params={name: _filled(value, f"s3://{bucket}/{key}") for name, value in intake.params.items()},
        labels={"intake": "s3"},
    )
    return _start(engine, intake.tenant, AUTOMATIC, new)


def _start(engine: Engine, tenant: str, user: str, new: NewJob) -> Accepted:
    actor = Actor(tenant, user, frozenset({CONTROL}))
    return accept(engine, Mutation(actor, "jobs.create", f"{FAMILY}:{new.id}", engine.clock.now()), new)


def _checked(job: Any) -> dict[str, Any]:
    if not isinstance(job, dict) or not isinstance(job.get("kind"), str):
        raise InvalidInput("job", "is an object that names a kind")
    for name, value in job.items():
        if name not in MEMBERS:
            raise InvalidInput(f"job.{name[:60]}", "is no member of a job")
        if not isinstance(value, MEMBERS[name]) or isinstance(value, bool):
            raise InvalidInput(f"job.{name}", "has the wrong type")
    if any(not isinstance(name, str) for name in job.get("after", ())):
        raise InvalidInput("job.after", "are ids of jobs")
    if job.get("on_failure", OnFailure.HOLD) not in list(OnFailure):
        raise InvalidInput("job.on_failure", f"is one of {', '.join(OnFailure)}")
    return dict(job)


def _notify(said: Any) -> Notify:
    """As the body of a request has it. Raises InvalidInput."""
    if not isinstance(said, dict) or said.keys() - {"url", "webhook", "events", "format"}:
        raise InvalidInput("job.notify", "are objects with a url or a webhook, events and a format")
    url, webhook, events = said.get("url"), said.get("webhook"), said.get("events", list(ENDS))
    if not all(one is None or isinstance(one, str) for one in (url, webhook)):
        raise InvalidInput("job.notify", "url and webhook are texts")
    if not isinstance(events, list) or not all(isinstance(one, str) for one in events):
        raise InvalidInput("job.notify", "events are texts")
    if said.get("format", Format.JSON) not in list(Format):
        raise InvalidInput("job.notify", f"format is one of {', '.join(Format)}")
    return Notify(url, webhook, tuple(events), Format(said.get("format", Format.JSON)))


def _filled(value: Json, url: str) -> Json:
    if isinstance(value, str):
        return value.replace(OBJECT, url)
    if isinstance(value, list):
        return [_filled(part, url) for part in value]
    if isinstance(value, dict):
        return {name: _filled(part, url) for name, part in value.items()}
    return value
