"""Create a job of any kind."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Annotated, Any

from fastapi import Header, Response
from pydantic import ConfigDict, Field

from fermata.api.context import Caller, RequestContext
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, NAME
from fermata.api.jobs.family import wording as family_wording
from fermata.api.jobs.presenter import shown
from fermata.api.request_fields import DEFAULT_WORKSPACE, Strict, Whole, Workspace
from fermata.control import starting
from fermata.domain.errors import FermataError, IdTaken, InvalidInput

MAX_FILES = 10
FILE = r"^[a-z0-9][a-z0-9._-]{0,63}$"

FileName = Annotated[str, Field(pattern=FILE)]

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key with the same body starts nothing and gets the first job; with another body it is a 409.",
    ),
]


class Create(Strict):
    """A job: its kind, the parameters that the kind asks for, and how the engine is to run it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "probe", "params": {"units": 100}}]})

    kind: Annotated[str, Field(strict=True, max_length=64, description="One of `/api/v1/kinds`.")]
    params: Annotated[dict[str, Any], Field(default_factory=dict, description="As the kind's schema says.")]
    workspace: Workspace = DEFAULT_WORKSPACE
    files: Annotated[
        dict[FileName, Annotated[str, Field(strict=True)]],
        Field(
            default_factory=dict,
            max_length=MAX_FILES,
            description="Texts that the kind reads by name, where it reads files of the job.",
        ),
    ]
    limit: Annotated[Whole | None, Field(ge=1, le=1000, description="Chunks of units that may run at a time.")] = None
    timeout: Annotated[
        float | None,
        Field(
            strict=True,
            gt=0,
            le=31_536_000,
            allow_inf_nan=False,
            description="Seconds at work; paused time does not count.",
        ),
    ] = None
    max_failed_share: Annotated[
        float | None,
        Field(
            strict=True,
            ge=0,
            le=1,
            allow_inf_nan=False,
            description="Of failed units, from which on the job is paused. It counts from 20 settled units on, in a smaller job "
            "from half of them.",
        ),
    ] = None
    rate: Annotated[
        int | None,
        Field(
            strict=True, ge=1, le=1_000_000, description="Units that may start a minute, in all its workers together."
        ),
    ] = None
    rate_key: Annotated[
        str | None,
        Field(
            strict=True,
            min_length=1,
            max_length=128,
            description="Shares `rate` with every job of the tenant that names the same key, a provider's account for instance.",
        ),
    ] = None


def _wording(error: FermataError) -> str | None:
    if isinstance(error, IdTaken):
        return "the Idempotency-Key is in use by a job with another request body"
    return family_wording(error)


@FAMILY.command(
    "",
    "jobs.create",
    status_code=201,
    response_model=schemas.Job,
    errors=(409,),
    wording=_wording,
    summary="Start a job",
)
def create(call: Caller, response: Response, body: Create, idempotency_key: IdempotencyKey = None) -> schemas.Job:
    """The job begins at once, or waits where the system is paused. `Location` is where it can be watched.

    Keys are the user's own: another user's same key is another job.
    """
    if len(json.dumps(body.params)) > starting.MAX_PARAMS:
        raise InvalidInput(
            "params", f"has more than {starting.MAX_PARAMS} bytes; pass large inputs as files or by reference"
        )
    if body.rate_key is not None and body.rate is None:
        raise InvalidInput("rate_key", "needs a rate beside it")
    id_ = _id(call, idempotency_key)
    act = call.on(f"{NAME}:{id_}")
    new = starting.NewJob(
        family=NAME,
        id=id_,
        kind=body.kind,
        workspace=body.workspace,
        params=body.params,
        files={name: text.encode() for name, text in body.files.items()},
        limit=body.limit,
        timeout=body.timeout,
        max_failed_share=body.max_failed_share,
        rate=body.rate,
        rate_key=body.rate_key,
    )
    try:
        job = starting.start(call.engine, act, new)
    except InvalidInput as error:
        raise _placed(error) from None
    response.headers["Location"] = f"{FAMILY.prefix}/{job.id}"
    return shown(call.engine, job)


def _id(call: RequestContext, idempotency_key: str | None) -> str:
    """Of a keyed request always the same one; else one that sorts by time."""
    if idempotency_key is not None:
        owner = json.dumps([call.actor.user, idempotency_key])
        return f"key-{hashlib.sha256(owner.encode()).hexdigest()[:32]}"
    return f"{int(call.engine.clock.now() * 1000):011x}{secrets.token_hex(6)}"


def _placed(error: InvalidInput) -> InvalidInput:
    """The kind's complaint, by the place that the caller knows."""
    if error.field in ("kind", "params"):
        return error
    return InvalidInput(f"params.{error.field}", str(error).removeprefix(f"{error.field}: "))
