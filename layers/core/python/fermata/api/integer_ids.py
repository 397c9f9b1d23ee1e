"""What families whose jobs have integer ids share: reading the ids, words and types of their documents, and starting jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from fermata.api.context import RequestContext
from fermata.api.idempotency import digest_of
from fermata.control import starting
from fermata.control.engine import Engine
from fermata.domain.errors import InvalidInput, NotFound
from fermata.domain.jobs import Job, Ref
from fermata.domain.kind import Json
from fermata.domain.transitions import Status

MAX_NUMBER = 2**53 - 1
"""The largest integer that a JavaScript number holds."""

NUMBER = re.compile(r"[1-9][0-9]{0,15}")
"""Bytes of a job's parameters as JSON: they lie in the job's record, beside much else, and a record has 400 KB at most."""


def ref_of(call: RequestContext, family: str, text: str) -> Ref:
    """The job with this number. Raises NotFound for what can't be one."""
    if not NUMBER.fullmatch(text) or int(text) > MAX_NUMBER:
        raise NotFound(family, text[:128])
    return Ref(call.tenant, f"{family}:{text}")


def statuses(words: Mapping[Status, str], word: str | None) -> tuple[Status, ...]:
    """The engine's statuses that a document's word stands for; all for None, which a listing says as none."""
    return () if word is None else tuple(status for status, shown in words.items() if shown == word)


def kind_of(engine: Engine, family: str, field: str, type_: str) -> str:
    """The kind of a document's type, by the same name. Raises InvalidInput that lists those that the family takes."""
    if type_ in engine.kinds and family in engine.kinds[type_].families:
        return type_
    offered = sorted(name for name, kind in engine.kinds.items() if family in kind.families)
    raise InvalidInput(field, f"no kind of work does {type_[:60]!r}; there are: {', '.join(offered) or 'none'}")


def start(
    call: RequestContext,
    family: str,
    kind: str,
    workspace: str,
    field: str,
    params: dict[str, Json],
    idempotency_key: str | None = None,
) -> Job:
    """Start a job under the family's next number, or that of the key; ``field`` is what the caller calls the parameters.

    Raises InvalidInput, which names the parameter as a part of ``field``, and LimitExceeded.
    """
    if len(json.dumps(params, separators=(",", ":"))) > starting.MAX_PARAMS:
        raise InvalidInput(field, f"has more than {starting.MAX_PARAMS} bytes; pass large inputs by reference")
    try:
        starting.parse(call.engine.kind(kind), params)
    except InvalidInput as error:
        place = field if error.field == "params" else f"{field}.{error.field}"
        raise InvalidInput(place, str(error).removeprefix(f"{error.field}: ")) from None
    number = call.engine.counters.next_number(call.tenant, family, digest_of(call, idempotency_key))
    new = starting.NewJob(family=family, id=str(number), number=number, kind=kind, workspace=workspace, params=params)
    job, call.replayed = starting.accept(call.engine, call.on(str(number)), new)
    return job
