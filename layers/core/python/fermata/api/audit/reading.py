"""List, export and verify."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field

from fermata.api.audit.family import FAMILY, NAME
from fermata.api.context import Caller, RequestContext
from fermata.api.formatting import zoned_time
from fermata.api.request_fields import DATE_TIME, moment
from fermata.api.responses import Answer
from fermata.control import audit
from fermata.domain.access import ADMIN
from fermata.domain.events import AuditRecord

EXPORTED = 10_000
"""Records of a page of an export: about 4 MB, below what a response may have."""

Word = Annotated[str | None, Query(min_length=1, max_length=256)]
Hash = Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$")]

EXPORT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/jsonl": {}}, "description": "A page, or a file"}
}


class AuditEntry(BaseModel):
    """One mutation, or one that was refused."""

    chain: Literal["done", "refused"] = Field(description="Which of the two chains it is in.")
    number: int = Field(description="Its number in the chain: 1, 2, 3 … without gaps.")
    at: str = Field(examples=["2026-04-13T09:00:00Z"], json_schema_extra=DATE_TIME)
    time: float = Field(description="The same, exactly: seconds since the epoch, as the hash covers it.")
    user: str
    scopes: list[str] = Field(description="What the caller might do.")
    action: str = Field(examples=["jobs.pause"])
    target: str = Field(description="What it was done to: an id, or the family.")
    outcome: str = Field(description="`done`, or `refused: ` and why.")
    trace: str | None = Field(description="The request's `traceparent` or id.")
    previous: str = Field(description="Hash of the chain's record before; empty for the first.")
    hash: str = Field(
        description="HMAC-SHA-256, with a key that only the stack has, of the JSON array of number, tenant, user, action, "
        "target, time, outcome, trace, previous, scopes and key. `GET /api/v1/audit/verification` checks it."
    )
    key: str = Field(description="Names the key; empty in records of the first release, which had none.")


class AuditEntries(BaseModel):
    """A page, oldest first."""

    records: list[AuditEntry]
    next_cursor: str | None = Field(
        description="Asks for the records after these; null when these are the last so far."
    )


class AuditVerification(BaseModel):
    """What checking the chain found."""

    intact: bool
    checked: int
    broken_at: int | None = Field(description="Number of the first record that does not fit.")
    last: int = Field(description="Number of the last record that fits.")
    hash: str = Field(description="Its hash. Kept elsewhere and given back later, both prove that nothing was cut off.")
    whole: bool = Field(description="Whether the end of the chain was reached; else ask again from `last` and `hash`.")
    anchored: int = Field(
        description="Number of the newest record whose hash is kept where no function of the stack can change it."
    )


@FAMILY.query("", scope=ADMIN, response_model=AuditEntries, responses=EXPORT, summary="Read the audit log")
def list_audit_records(
    call: Caller,
    request: Request,
    action: Annotated[Word, Query(description="As `jobs.pause`")] = None,
    target: Annotated[Word, Query(description="An id, or a family")] = None,
    user: Annotated[Word, Query()] = None,
    outcome: Annotated[Word, Query(description="`done`, `refused`, or the whole text")] = None,
    from_: Annotated[str | None, Query(alias="from", max_length=40, description="Only then or later")] = None,
    to: Annotated[str | None, Query(max_length=40, description="Only before")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before, of the same filters")] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="Records of a page, at most")] = 100,
    format: Annotated[Literal["json", "jsonl"], Query(description="`jsonl` is a download")] = "json",
) -> Response:
    """By time, oldest first: what was done, and what was refused. Of a caller who is refused again and again within a minute only
    the first refusals are recorded, the last of them saying so.

    A call looks at 20,000 records at most, so a page may be short, or empty, though `next_cursor` leads on.

    A download has 10,000 records, whatever the `limit`, and the rest under `Link: <…>; rel="next"`.
    """
    wanted = audit.AuditFilter(
        action=action,
        target=target,
        user=user,
        outcome=outcome,
        since=moment(from_, "from") if from_ is not None else None,
        before=moment(to, "to") if to is not None else None,
    )
    owner = (NAME, repr(wanted))
    after = call.unseal(cursor, audit.Place.parse, *owner) if cursor is not None else audit.Place()
    page = audit.page(call.engine, call.tenant, wanted, after, limit if format == "json" else EXPORTED)
    following = call.seal(str(page.after), *owner) if page.after is not None else None
    rows = [_row(record) for record in page.records]
    if format == "json":
        return Answer({"records": rows, "next_cursor": following})
    link = str(request.url.include_query_params(cursor=following).query) if following is not None else None
    return _export(call, rows, link)


@FAMILY.query("/verification", scope=ADMIN, response_model=AuditVerification, summary="Verify the audit log")
def verify_audit_log(
    call: Caller,
    last: Annotated[int, Query(ge=0, lt=10**12, description="Number of the last record that was verified before")] = 0,
    hash: Annotated[Hash, Query(description="Its hash")] = "",
    chain: Annotated[Literal["done", "refused"], Query(description="Which of the two")] = "done",
) -> AuditVerification:
    """Checks that each record is as it was written and follows the one before, from the first, or from one known to be good; and
    that the chain still has the heads of it that were kept where the stack's functions can't change them.

    A call checks 20,000 records at most.
    """
    proof = audit.prove(call.engine, call.tenant, last, hash, refused=chain == "refused")
    return AuditVerification(
        intact=proof.broken_at is None,
        checked=proof.checked,
        broken_at=proof.broken_at,
        last=proof.last,
        hash=proof.hash,
        whole=proof.whole,
        anchored=proof.anchored,
    )


def _row(record: AuditRecord) -> dict[str, Any]:
    act = record.act
    return {
        "chain": "refused" if act.is_refused and record.key else "done",
        "number": record.number,
        "at": zoned_time(act.at),
        "time": act.at,
        "user": act.actor.user,
        "scopes": sorted(act.actor.scopes),
        "action": act.action,
        "target": act.target,
        "outcome": act.outcome,
        "trace": act.trace,
        "previous": record.previous,
        "hash": record.hash,
        "key": record.key,
    }


def _export(call: RequestContext, rows: list[dict[str, Any]], query: str | None) -> Response:
    lines = b"".join(json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n" for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="audit-{call.tenant}.jsonl"'}
    if query is not None:
        headers["Link"] = f'<audit?{query}>; rel="next"'
    return Response(lines, media_type="application/jsonl", headers=headers)
