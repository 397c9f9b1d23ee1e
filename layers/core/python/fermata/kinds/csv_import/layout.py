"""What every block of an import is read by: how the file is written, and what its columns are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from fermata.domain.kind import Files, JobError, Json
from fermata.kinds.csv_import.columns import MAX_NAME, Column, column_of, columns_of
from fermata.kinds.csv_import.parameters import MAX_COLUMNS
from fermata.toolkit.tabular.dialect import Dialect
from fermata.toolkit.tabular.lines import lines
from fermata.toolkit.tabular.rows import Row, csv_rows
from fermata.toolkit.tabular.table import Asked, Table, opened, pieces
from fermata.toolkit.tabular.types import Inferred

SAMPLE = 1_000
"""Rows that the types of columns are inferred from; see :class:`Types` for the rest."""

SAMPLE_BYTES = 16 * 1024 * 1024
"""Bytes of rows, at most, likewise."""


@dataclass(frozen=True)
class Layout:
    """What every block of the file is read by; found while the job plans, and kept.

    Attributes:
        columns: those that are imported.
        inferred: whether their types are, rather than given.
    """

    table: Table
    columns: tuple[Column, ...]
    inferred: bool

    def dump(self) -> bytes:
        columns = [column.model_dump(mode="json") for column in self.columns]
        return json.dumps({"table": self.table.dump(), "columns": columns, "inferred": self.inferred}).encode()

    @classmethod
    def load(cls, data: bytes) -> Layout:
        fields = json.loads(data)
        columns = tuple(Column.model_validate(column) for column in fields["columns"])
        if "delimiter" in fields:  # as 0.1.0 kept it
            dialect, names = Dialect(fields["delimiter"]), tuple(fields["names"])
            return cls(Table("rows.csv", "utf-8", dialect, names, fields["end"], 0), columns, inferred=False)
        return cls(Table.load(fields["table"]), columns, fields["inferred"])

    def with_types(self, types: Types) -> Layout:
        """With the types that all of the file has by now."""
        if not self.inferred:
            return self
        known = {column.name: column for column in self.columns}
        for name, type_ in types.known.items():
            if type_ != known[name].inferred:
                known[name] = column_of(name, type_).model_copy(update={"required": known[name].required})
        return replace(self, columns=tuple(known.values()))


class Types:
    """The inferred types that are not text, while the whole file goes by: a later cell may overrule the sample.

    Attributes:
        known: by column.
    """

    def __init__(self, layout: Layout, known: Mapping[str, Json] | None = None) -> None:
        """``known``: as :meth:`dump` gave it."""
        columns = layout.columns if layout.inferred else ()
        self.known = {column.name: column.inferred for column in columns if column.type != "string"}
        self.known |= {name: Inferred(type_, decimals) for name, (type_, decimals) in (known or {}).items()}

    def see(self, row: Row) -> None:
        if row.value is None:
            return
        for name, type_ in self.known.items():
            if (text := str(row.value[name]).strip()) and not type_.keeps(text):
                self.known[name] = type_.after(text)

    def dump(self) -> dict[str, Json]:
        return {name: [type_.type, type_.decimals] for name, type_ in self.known.items()}


def asked_of(params: Mapping[str, Json]) -> Asked:
    wanted = [column["name"] for column in params["columns"] or ()] + ([params["unique"]] if params["unique"] else [])
    quote = "" if params["quote"] == "none" else params["quote"]
    return Asked(params["encoding"], params["delimiter"], quote, params["header_row"], tuple(wanted))


def layout_of(files: Files, name: str, encoding: str, params: Mapping[str, Json]) -> Layout:
    """The layout of a job's file that is in UTF-8 by now. Raises JobError."""
    asked = asked_of(params)
    table = opened(files, name, encoding, asked)
    _check(table.names, asked.wanted)
    known = [Column.model_validate(column) for column in params["columns"] or ()]
    columns = known or columns_of(table.names, list(_sample(files, table)))
    return Layout(table, tuple(_unique(columns, params["unique"])), inferred=not known)


def _check(names: tuple[str, ...], wanted: Iterable[str]) -> None:
    if len(names) > MAX_COLUMNS:
        raise JobError(f"the file has more than {MAX_COLUMNS} columns")
    if long := next((name for name in names if len(name) > MAX_NAME), None):
        raise JobError(f"a column's name is longer than {MAX_NAME} characters: {long[:50]!r}…")
    if missing := [name for name in dict.fromkeys(wanted) if name not in names]:
        shown = ", ".join(names)[:300]
        raise JobError(f"the file has no column {', '.join(map(repr, missing))}; its columns are: {shown}")


def _sample(files: Files, table: Table) -> Iterator[dict[str, str]]:
    rows = csv_rows(lines(pieces(files, table.file, table.end), table.end), table)
    for row in islice(rows, SAMPLE):
        if row.value is not None:
            yield {name: str(value) for name, value in row.value.items()}
        if row.end - table.end > SAMPLE_BYTES:
            return


def _unique(columns: Iterable[Column], unique: str | None) -> Iterator[Column]:
    """What has to be unique has to be there."""
    return (column.model_copy(update={"required": True}) if column.name == unique else column for column in columns)
