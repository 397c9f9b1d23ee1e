"""The limits of the API in words, from the very constants that enforce them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fermata.api import app, pagination, request_fields, result_export, stream_windows
from fermata.api.batch import routes as batch
from fermata.api.jobs.routes import controlling, creating, units
from fermata.api.records import routes as records
from fermata.api.sources import schemas as sources
from fermata.content import question, search
from fermata.control import api_keys, bulk, dependencies, failures, starting


def _size(count: float) -> str:
    return f"{count / 1024 / 1024:g} MB" if count >= 1024 * 1024 else f"{count / 1024:g} KB"


def _many(count: float, what: str) -> str:
    return f"{count:,} {what}"


LIMITS: Mapping[str, Sequence[tuple[str, str]]] = {
    "A request": (
        ("its body", _size(app.MAX_BODY)),
        ("a reason", _many(request_fields.MAX_REASON, "characters")),
        ("a workspace's name", _many(request_fields.MAX_WORKSPACE, "characters")),
        ("a cursor", _size(pagination.MAX_CURSOR)),
        ("a question to the search", _many(question.MAX_QUESTION, "characters")),
    ),
    "A job": (
        ("parameters, as JSON", _size(starting.MAX_PARAMS)),
        ("files", _many(creating.MAX_FILES, "files")),
        ("jobs that it starts after", _many(dependencies.MOST, "jobs")),
        ("units that a retry or a review names", _many(controlling.MAX_UNITS, "units")),
        ("documents of a batch in the request", _many(batch.MAX_DOCUMENTS, "documents; more by `documents_url`")),
    ),
    "Many at once": (
        ("jobs that one bulk call takes on", _many(bulk.MOST, "jobs; `next_cursor` goes on")),
        ("sources that one call names", _many(sources.MAX_IDS, "sources")),
    ),
    "An answer": (
        ("a page of results", f"{_size(result_export.PAGE_BYTES)} and its last row"),
        ("results of a download in one file", _many(result_export.MOST_AT_ONCE, "rows; then in pages")),
        ("records of a page of a download", _many(records.DOWNLOAD_ROWS, "records")),
        ("failed units that are looked at for groups", _many(failures.MOST, "units")),
        ("a text in the input that a list of units shows", _many(units.MAX_INPUT, "characters")),
        ("passages that a search finds", _many(search.MAX_HITS, "passages")),
        ("one connection of a stream", f"{stream_windows.Window().length:g} seconds; the next goes on where it ended"),
    ),
    "An API key": (
        ("user", _many(api_keys.MAX_USER, "characters")),
        ("label", _many(api_keys.MAX_LABEL, "characters")),
        ("how long it is good, unless for ever", _many(api_keys.MAX_DAYS, "days")),
    ),
}
"""Heading → what, and its limit."""
