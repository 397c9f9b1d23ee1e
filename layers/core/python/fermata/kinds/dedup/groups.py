"""What becomes of records that mean the same when they are merged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fermata.content.model import Record


def survivor(records: Sequence[Record], doi_field: str) -> Record:
    """The record that stays: one with a DOI that is no preprint's, then the one that says most, then the first."""

    def rank(record: Record) -> tuple[bool, int, int, str]:
        doi = str(record.values.get(doi_field) or "")
        filled = [value for value in record.values.values() if value not in (None, "", [], {})]
        return not doi or "arxiv" in doi.lower(), -len(filled), -len(str(filled)), record.key

    return min(records, key=rank)


def merged(kept: Record, others: Sequence[Record]) -> dict[str, Any]:
    """The kept record's values, its gaps filled from the others, and the keys of all that it stands for."""
    values = dict(kept.values)
    for other in others:
        for name, value in other.values.items():
            there = values.get(name)
            if there in (None, "", [], {}):
                values[name] = value
            elif isinstance(there, Mapping) and isinstance(value, Mapping):
                values[name] = {**value, **there}
    known = [*_earlier(kept), *(name for other in others for name in (other.key, *_earlier(other)))]
    return {**values, "merged_from": list(dict.fromkeys(known))}


def _earlier(record: Record) -> Sequence[str]:
    """What was merged into it before."""
    return record.values.get("merged_from") or ()
