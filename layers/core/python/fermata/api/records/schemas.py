"""What goes out."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field


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
