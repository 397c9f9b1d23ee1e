"""What an import is asked for."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from fermata.kinds.csv_import.columns import MAX_NAME, Column
from fermata.toolkit.fetch.locations import checked_location
from fermata.toolkit.parameters import Parameters
from fermata.toolkit.tabular.encoding import AUTO, codec_of

INPUT = "input.csv"
"""The job's file with the rows, where parameters name no other source."""

MAX_TEXT = 100_000
MAX_COLUMNS = 200


class CsvImport(Parameters):
    """Parameters of an import. Without ``url`` and ``text`` the rows come as the job's file ``input.csv``."""

    url: str | None = Field(None, max_length=8_192, description="http, https or s3 URL of the file, to a million rows.")
    text: str | None = Field(None, max_length=MAX_TEXT, description="The rows themselves, to 100,000 bytes.")
    columns: list[Column] | None = Field(
        None,
        min_length=1,
        max_length=MAX_COLUMNS,
        description="What the columns have to be; other columns are left out. Without it types are inferred from the first "
        "1,000 rows, and a later cell that would lose characters overrules them.",
    )
    unique: str | None = Field(
        None,
        min_length=1,
        max_length=MAX_NAME,
        description="Column whose value names a row: it must be there, of the rows with one value the first counts, and "
        "a value that the table has already is not stored again.",
    )
    table: str = Field(
        "records", pattern=r"^[A-Za-z0-9_-]{1,64}$", description="The workspace's table that approved rows go into."
    )
    delimiter: str = Field(
        "auto",
        pattern=r"^(auto|[^\w\s\"'\\]|\t| )$",
        description="What stands between two cells, one character; `auto`: what a first line `sep=;` says, else `,` `;` tab or "
        "`|`, whatever makes the most regular rows.",
    )
    encoding: str = Field(
        "auto",
        max_length=40,
        description="Name of a character set, as `cp1250` or `iso-8859-2`. `auto`: by the byte order mark, as UTF-8 if it is "
        "that, as the server says, or by a guess.",
    )
    quote: Literal["auto", '"', "'", "none"] = Field("auto", description="What may stand around a cell.")
    header_row: int | None = Field(
        None,
        ge=0,
        le=50,
        strict=True,
        description="Which row has the names of the columns, from 1 and without blank ones; 0: none has. Without it, titles and "
        "comments above the names are passed over.",
    )

    @field_validator("url")
    @classmethod
    def _location(cls, value: str | None) -> str | None:
        return None if value is None else checked_location(value)

    @field_validator("encoding")
    @classmethod
    def _charset(cls, value: str) -> str:
        return value if value == AUTO else codec_of(value)

    @field_validator("text")
    @classmethod
    def _small(cls, value: str | None) -> str | None:
        if value is not None and len(value.encode(errors="replace")) > MAX_TEXT:
            raise ValueError(f"must have at most {MAX_TEXT} bytes; pass larger files by url")
        return value

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.url is not None and self.text is not None:
            raise ValueError("either url or text may be given, not both")
        names = [column.name for column in self.columns or ()]
        if len(set(names)) < len(names):
            raise ValueError("columns has two of one name")
        if self.unique is not None and names and self.unique not in names:
            raise ValueError("unique is not among columns")
        return self
