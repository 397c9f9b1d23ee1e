"""Create a job of any kind."""

from __future__ import annotations

import json
import secrets
from typing import Annotated, Any

from fastapi import Response
from pydantic import ConfigDict, Field

from fermata.api.context import Caller, RequestContext
from fermata.api.idempotency import IdempotencyKey, digest_of
from fermata.api.jobs import schemas
from fermata.api.jobs.family import FAMILY, NAME, ref_of
from fermata.api.jobs.family import wording as family_wording
from fermata.api.jobs.presenter import shown
from fermata.api.notify import Notify, asked
from fermata.api.request_fields import DEFAULT_WORKSPACE, WHOLE, Labels, Priority, Strict, Workspace
from fermata.control import dependencies, starting
from fermata.domain import bounds
from fermata.domain.errors import FermataError, IdTaken, InvalidInput
from fermata.domain.jobs import PRIORITY, OnFailure

MAX_FILES = 10
FILE = r"^[a-z0-9][a-z0-9._-]{0,63}$"

FileName = Annotated[str, Field(pattern=FILE)]


class Callback(Strict):
    """Whom to call back."""

    task_token: Annotated[str, Field(strict=True, min_length=1, max_length=2048, description="The state's task token.")]


class NewJob(Strict):
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
    limit: Annotated[
        int | None,
        Field(strict=True, ge=1, le=bounds.MAX_LIMIT, description="Chunks of units that may run at a time."),
        WHOLE,
    ] = None
    timeout: Annotated[
        float | None,
        Field(
            strict=True,
            gt=0,
            le=bounds.MAX_TIMEOUT,
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
            strict=True,
            ge=1,
            le=bounds.MAX_RATE,
            description="Units that may start a minute, in all its workers together.",
        ),
    ] = None
    rate_key: Annotated[
        str | None,
        Field(
            strict=True,
            min_length=1,
            max_length=bounds.MAX_RATE_KEY,
            description="Shares `rate` with every job of the tenant that names the same key, a provider's account for instance.",
        ),
    ] = None
    priority: Priority = PRIORITY
    callback: Annotated[
        Callback | None,
        Field(description="A state of Step Functions that waits for the job's end: it is told once, also of a cancel."),
    ] = None
    labels: Annotated[Labels, Field(default_factory=dict)]
    after: Annotated[
        list[Annotated[str, Field(strict=True, max_length=170)]],
        Field(
            default_factory=list,
            max_length=dependencies.MOST,
            description="Ids of jobs of the tenant that it starts after: it is held until each has completed.",
        ),
    ]
    on_failure: Annotated[
        OnFailure,
        Field(
            description="When one of `after` fails, runs out of time or is cancelled. `hold`: it stays held until that one was "
            "retried and completes, or somebody resumes it; `start`: it starts all the same; `cancel`: it is cancelled."
        ),
    ] = OnFailure.HOLD
    notify: Notify


def _wording(error: FermataError) -> str | None:
    if isinstance(error, IdTaken):
        return "the Idempotency-Key is in use by a job with another request body"
    return family_wording(error)


@FAMILY.command(
    "",
    "jobs.create",
    status_code=201,
    response_model=schemas.Job,
    errors=(404, 409),
    wording=_wording,
    summary="Start a job",
)
def create_job(call: Caller, response: Response, body: NewJob, idempotency_key: IdempotencyKey = None) -> schemas.Job:
    """The job begins at once, or waits: where the system is paused, or for the jobs named in `after`.

    `Location` is where it can be watched.
    """
    if len(json.dumps(body.params)) > starting.MAX_PARAMS:
        raise InvalidInput(
            "params", f"has more than {starting.MAX_PARAMS} bytes; pass large inputs as files or by reference"
        )
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
        priority=body.priority,
        labels=body.labels,
        after=tuple(ref_of(call, name).id for name in body.after),
        on_failure=body.on_failure,
        notify=asked(body.notify),
        callback=body.callback.task_token if body.callback is not None else None,
    )
    try:
        job, call.replayed = starting.accept(call.engine, act, new)
    except InvalidInput as error:
        raise _placed(error) from None
    response.headers["Location"] = f"{FAMILY.prefix}/{job.id}"
    return shown(call.engine, job)


def _id(call: RequestContext, idempotency_key: str | None) -> str:
    """Of a keyed request always the same one; else one that sorts by time."""
    if (digest := digest_of(call, idempotency_key)) is not None:
        return f"key-{digest}"
    return f"{int(call.engine.clock.now() * 1000):011x}{secrets.token_hex(6)}"


def _placed(error: InvalidInput) -> InvalidInput:
    """The kind's complaint, by the place that the caller knows."""
    if error.field.partition("[")[0] in ("kind", "params", "after", "callback", "notify"):
        return error
    return InvalidInput(f"params.{error.field}", str(error).removeprefix(f"{error.field}: "))
