"""The one route."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, Field

from fermata.api.context import Caller
from fermata.api.records.family import FAMILY
from fermata.api.request_fields import DEFAULT_WORKSPACE, MAX_WORKSPACE, WORKSPACE
from fermata.content.model import WorkspaceRef


class StoredRecord(BaseModel):
    """A record."""

    key: str = Field(description="Unique in the table.", examples=["ticket=M-1001"])
    values: dict[str, Any] = Field(description="By column.")


class RecordsPage(BaseModel):
    """A page of a table."""

    table: str
    workspace: str
    records: list[StoredRecord]
    next_cursor: str | None = Field(description="Asks for the records after these; null when there are none.")


@FAMILY.query("/{table}", response_model=RecordsPage, summary="Read a table of imported records")
def list_records(
    call: Caller,
    table: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", description="As the import named it")],
    workspace: Annotated[str, Query(pattern=WORKSPACE, max_length=MAX_WORKSPACE)] = DEFAULT_WORKSPACE,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Records of a page, at most")] = 50,
) -> RecordsPage:
    """In the order of their keys. A table that no import has filled is empty."""
    owner = ("records", workspace, table)
    after = call.unseal(cursor, str, *owner) if cursor is not None else ""
    found = call.content.records.page(WorkspaceRef(call.tenant, workspace), table, after, limit + 1)
    shown = found[:limit]
    return RecordsPage(
        table=table,
        workspace=workspace,
        records=[StoredRecord(key=record.key, values=dict(record.values)) for record in shown],
        next_cursor=call.seal(shown[-1].key, *owner) if len(found) > limit else None,
    )
