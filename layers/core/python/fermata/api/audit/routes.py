"""List, export and verify."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response

from fermata.api.audit import presenter
from fermata.api.audit.family import FAMILY, NAME
from fermata.api.audit.schemas import AuditEntries, AuditVerification
from fermata.api.context import Caller, RequestContext
from fermata.api.job_ids import meanings
from fermata.api.parameters import only_beside
from fermata.api.request_fields import Moment, moment
from fermata.api.responses import Answer
from fermata.control import audit
from fermata.domain.access import ADMIN

PAGE = 100
EXPORTED = 10_000
"""Records of a page of an export: about 4 MB, below what a response may have."""

Word = Annotated[str | None, Query(min_length=1, max_length=256)]
Hash = Annotated[str, Query(pattern=r"^([0-9a-f]{64})?$")]

EXPORT: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/jsonl": {}}, "description": "A page, or a file"}
}


@FAMILY.query("", scope=ADMIN, response_model=AuditEntries, responses=EXPORT, summary="Read the audit log")
def list_audit_records(
    call: Caller,
    request: Request,
    action: Annotated[Word, Query(description="As `jobs.pause`")] = None,
    target: Annotated[Word, Query(description="An id, a job's in any form, or a family")] = None,
    user: Annotated[Word, Query()] = None,
    outcome: Annotated[Word, Query(description="`done`, `refused`, or the whole text")] = None,
    from_: Annotated[Moment | None, Query(alias="from", description="Only then or later")] = None,
    to: Annotated[Moment | None, Query(description="Only before")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before, of the same filters")] = None,
    limit: Annotated[
        int | None, Query(ge=1, le=500, description="Records of a page, at most (100; of a download 10,000)")
    ] = None,
    format: Annotated[Literal["json", "jsonl"], Query(description="`jsonl` is a download")] = "json",
) -> Response:
    """By time, oldest first: what was done, and what was refused. Of a caller who is refused again and again within a minute only
    the first refusals are recorded, the last of them saying so.

    A call looks at 20,000 records at most, so a page may be short, or empty, though `next_cursor` leads on.

    A download has as many records as a page, and the rest under `Link: <…>; rel="next"`.
    """
    wanted = audit.AuditFilter(
        action=action,
        targets=(target, *meanings(target)) if target is not None else (),
        user=user,
        outcome=outcome,
        since=moment(from_, "from") if from_ is not None else None,
        before=moment(to, "to") if to is not None else None,
    )
    owner = (NAME, repr(wanted))
    after = call.unseal(cursor, audit.Place.parse, *owner) if cursor is not None else audit.Place()
    page = audit.page(call.engine, call.tenant, wanted, after, limit or (PAGE if format == "json" else EXPORTED))
    following = call.seal(str(page.after), *owner) if page.after is not None else None
    rows = [presenter.entry(record) for record in page.records]
    if format == "json":
        return Answer({"records": rows, "next_cursor": following})
    link = str(request.url.include_query_params(cursor=following).query) if following is not None else None
    return _export(call, rows, link)


@FAMILY.query(
    "/verification",
    scope=ADMIN,
    response_model=AuditVerification,
    checks=(only_beside("last", "hash"), only_beside("hash", "last")),
    summary="Verify the audit log",
)
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


def _export(call: RequestContext, rows: list[dict[str, Any]], query: str | None) -> Response:
    lines = b"".join(json.dumps(row, ensure_ascii=False).encode(errors="replace") + b"\n" for row in rows)
    headers = {"Content-Disposition": f'attachment; filename="audit-{call.tenant}.jsonl"'}
    if query is not None:
        headers["Link"] = f'<audit?{query}>; rel="next"'
    return Response(lines, media_type="application/jsonl", headers=headers)
