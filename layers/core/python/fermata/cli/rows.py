"""Rows of results on the terminal: as a table, CSV or JSON Lines, while the batch runs or after."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from rich.table import Table

from fermata.cli.client import Api
from fermata.cli.progress import EVERY, place

PAGE = 500
COLUMNS = ("row", "title", "file_path", "file_source_type", "columns", "tags", "error")
"""Of the CSV, as the API's own download has them."""

Row = dict[str, Any]


def settled(api: Api, job_id: str, *, wait: bool = False) -> Iterator[Row]:
    """Settled documents, page for page; with ``wait`` until the batch is over, else as many as there are now."""
    cursor = None
    while True:
        page = api.get(place(job_id, "results"), cursor=cursor, limit=PAGE)
        yield from page["results"]
        cursor = page["next_cursor"]
        if cursor is None or not (page["results"] or wait):
            return
        if not page["results"]:
            time.sleep(EVERY)


def table(rows: Iterable[Row], title: str | None = None) -> Table:
    made = Table(title=title, title_justify="left")
    made.add_column("row", justify="right")
    made.add_column("document", overflow="fold")
    made.add_column("tags, or what went wrong", overflow="fold")
    for row in rows:
        made.add_row(str(row["row"]), str(row["title"] or row["file_path"] or "?"), outcome(row))
    return made


def outcome(row: Row) -> str:
    from rich.markup import escape

    if row["error"] is not None:
        return f"[red]{escape(row['error'])}[/red]"
    return escape(", ".join(row["tags"] or ()))


def stream(rows: Iterable[Row], format_: str | None) -> None:
    """Write each row to standard output as soon as there is one; without a format as a line to be read."""
    if format_ is None:
        for row in rows:
            said = ", ".join(row["tags"] or ()) if row["error"] is None else f"failed: {row['error']}"
            print(f"{row['row']}  {row['title'] or row['file_path'] or '?'}: {said}", flush=True)
        return
    if format_ == "jsonl":
        for row in rows:
            print(json.dumps(row, ensure_ascii=False), flush=True)
        return
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    writer.writeheader()
    for row in rows:
        columns = json.dumps(row["columns"], ensure_ascii=False) if row["columns"] else ""
        writer.writerow(row | {"columns": columns, "tags": "; ".join(row["tags"] or ())})
        sys.stdout.flush()
