"""Ids by which jobs are known: the engine's own (``tasks:42``), and those that families show (``42``, ``task-42``)."""

from __future__ import annotations

import re

from fermata.api.context import RequestContext
from fermata.api.integer_ids import NUMBER
from fermata.domain.errors import InvalidInput, NotFound
from fermata.domain.jobs import Ref
from fermata.domain.listing import FAMILIES

_WORD = r"[A-Za-z0-9._-]{1,160}"
JOB_ID = re.compile(rf"(?:{'|'.join(FAMILIES)}):{_WORD}")
_SHOWN = re.compile(_WORD)
_TASK = "task-"


def meanings(text: str) -> tuple[str, ...]:
    """The engine's ids that an id may stand for; none for what can't be one."""
    if JOB_ID.fullmatch(text):
        return (text,)
    found = []
    if NUMBER.fullmatch(text.removeprefix(_TASK)):
        found.append(f"tasks:{text.removeprefix(_TASK)}")
    if NUMBER.fullmatch(text):
        found.append(f"processes:{text}")
    elif _SHOWN.fullmatch(text):
        found += [f"{family}:{text}" for family in ("batch", "sources", "jobs")]
    return tuple(found)


def resolved(call: RequestContext, text: str) -> Ref:
    """The job of this id. Raises NotFound, and InvalidInput where several jobs have it."""
    refs = [Ref(call.tenant, name) for name in meanings(text)]
    if len(refs) > 1:
        refs = [ref for ref in refs if _exists(call, ref)]
    if not refs:
        raise NotFound("job", text[:128])
    if len(refs) > 1:
        raise InvalidInput("job_id", f"{text[:128]} is {' and '.join(ref.id for ref in refs)}; say which")
    return refs[0]


def _exists(call: RequestContext, ref: Ref) -> bool:
    try:
        call.engine.store.gate(ref, ())
    except NotFound:
        return False
    return True
