"""Files of comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from fermata.api.parameters import only_beside
from fermata.domain.cells import harmless
from fermata.domain.kind import Json

RAW = "Cells of `csv` as they are; without it those that a spreadsheet would run as formulas begin with an apostrophe"

RAW_CSV = only_beside("raw", "format", "csv")
"""There are no cells elsewhere."""

MEDIA = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def lines(rows: Iterable[Sequence[Json]], *, raw: bool) -> Iterator[bytes]:
    """Each row as it stands in the file; ``raw``: also what a spreadsheet may take for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(row if raw else [harmless(cell) for cell in row])
        yield text.getvalue().encode(errors="replace")
        text.seek(0)
        text.truncate()
