"""Read a table, or download it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response

from fermata.api.context import Caller, RequestContext
from fermata.api.csv_file import MEDIA, RAW, RAW_CSV
from fermata.api.records.family import FAMILY
from fermata.api.records.presenter import Place, csv_of, head_of, jsonl_of
from fermata.api.records.schemas import RecordsPage
from fermata.api.request_fields import DEFAULT_WORKSPACE, MAX_WORKSPACE, WORKSPACE
from fermata.api.responses import Answer
from fermata.content.model import Record, WorkspaceRef
from fermata.domain.strict_json import dumps, escaped_size

PAGE_ROWS = 50
DOWNLOAD_ROWS = 10_000
READ = 1_000
"""Records of one read."""

PAGE_BYTES = 4 * 1024 * 1024
DOWNLOADED: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}, "application/jsonl": {}}, "description": "A page, or a file"}
}


@FAMILY.query(
    "/{table}",
    response_model=RecordsPage,
    responses=DOWNLOADED,
    checks=(RAW_CSV,),
    summary="Read a table of imported records",
)
def list_records(
    call: Caller,
    table: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="As the import named it")],
    workspace: Annotated[str, Query(pattern=WORKSPACE, max_length=MAX_WORKSPACE)] = DEFAULT_WORKSPACE,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before, of the same format")] = None,
    limit: Annotated[
        int | None, Query(ge=1, le=500, description="Records of a page, at most (50; of a download 10,000)")
    ] = None,
    format: Annotated[Literal["json", "csv", "jsonl"], Query(description="`csv` and `jsonl` are downloads")] = "json",
    raw: Annotated[bool, Query(description=RAW)] = False,
) -> Response:
    """In the order of their keys. A table that no import has filled is empty.

    A download is a page of up to 10,000 records and about 4 MB, with the rest under `Link: <…>; rel="next"`; the pages of a CSV
    file put together are one file. It has a column for each name that its first page has; where there are more pages, the last
    column, `other columns`, has what later records have besides, as JSON.
    """
    is_csv = format == "csv"
    owner = ("records", workspace, table, *(["csv"] if is_csv else []))
    place = call.unseal(cursor, Place.parse if is_csv else Place, *owner) if cursor is not None else None
    most = limit or (PAGE_ROWS if format == "json" else DOWNLOAD_ROWS)
    records, more = _page(call, WorkspaceRef(call.tenant, workspace), table, place.after if place else "", most)
    whole = place is None and not more
    columns = place.columns if place else head_of(records, whole=whole)
    last = Place(records[-1].key, columns) if more else None
    following = call.seal(str(last) if is_csv else last.after, *owner) if last else None
    if format == "json":
        rows = [{"key": record.key, "values": dict(record.values)} for record in records]
        return Answer({"table": table, "workspace": workspace, "records": rows, "next_cursor": following})
    lines = csv_of(records, columns, head=place is None, whole=whole, raw=raw) if is_csv else jsonl_of(records)
    headers = {"Content-Disposition": f'attachment; filename="{table}.{format}"'}
    if following is not None:
        kept = f"&raw={str(raw).lower()}" + (f"&limit={limit}" if limit is not None else "")
        headers["Link"] = f'<{table}?format={format}&workspace={workspace}{kept}&cursor={following}>; rel="next"'
    return Response(lines, media_type=MEDIA[format], headers=headers)


def _page(
    call: RequestContext, workspace: WorkspaceRef, table: str, after: str, most: int
) -> tuple[Sequence[Record], bool]:
    """Records after a key, not many more bytes than a page may have; and whether there are more."""
    found: list[Record] = []
    size = 0
    while True:
        wanted = min(READ, most + 1 - len(found))
        read = call.content.records.page(workspace, table, after, wanted)
        for record in read:
            if len(found) == most or size > PAGE_BYTES:
                return found, True
            found.append(record)
            size += escaped_size(dumps(dict(record.values)))
        if len(read) < wanted:
            return found, False
        after = found[-1].key
