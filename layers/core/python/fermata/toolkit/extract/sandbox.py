"""Reading documents in processes of their own; see :mod:`fermata.toolkit.sandbox`."""

from __future__ import annotations

import atexit
from pathlib import Path
from typing import Any

from fermata.toolkit.extract.content import Content, Links, Outline, Section
from fermata.toolkit.sandbox import Sandbox

SECONDS = 30.0
"""How long reading one file may take."""

_READERS = 2

_readers = Sandbox("fermata.toolkit.extract.sandbox_worker", _READERS, SECONDS)


def read(
    path: Path, pages: int, content_type: str = "", deadline: float = float("inf"), *, empty: bool = False
) -> Content:
    """The first ``pages`` pages of the file.

    ``content_type`` is what a server said and serves as a hint for the charset only; ``deadline``
    (``time.monotonic``) tightens the time that reading may take; ``empty``: a file without text is fine, for its links.
    Raises UnitError with a reason for the user.
    """
    request = {"task": "read", "pages": pages, "content_type": content_type, "empty": empty}
    fields = _ask(path, request, deadline)
    links = fields["links"]
    return Content(
        fields["format"],
        fields["title"],
        tuple(fields["pages"]),
        Links(links["base"], tuple(links["urls"]), tuple(links["nofollow"])),
    )


def outline(path: Path, content_type: str = "", deadline: float = float("inf")) -> Outline:
    """What the whole file is made of; parameters and errors as for :func:`read`."""
    fields = _ask(path, {"task": "outline", "content_type": content_type}, deadline)
    return Outline(
        fields["format"],
        fields["title"],
        fields["author"],
        fields["pages"],
        tuple(map(_section, fields["sections"])),
        fields["truncated"],
    )


def page(path: Path, number: int, deadline: float = float("inf")) -> Section:
    """One page of a PDF, by its number from 1; errors as for :func:`read`."""
    return _section(_ask(path, {"task": "page", "number": number}, deadline))


def _ask(path: Path, request: dict[str, Any], deadline: float) -> dict[str, Any]:
    return _readers.ask(request | {"path": str(path)}, deadline)


def _section(fields: dict[str, Any]) -> Section:
    return Section(tuple(fields["path"]), fields["text"], fields["page"], fields["takes_ocr"])


@atexit.register
def close() -> None:
    """End the reading processes; they start again when needed."""
    _readers.close()
