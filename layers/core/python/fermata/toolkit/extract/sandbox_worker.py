"""The process in which documents are read, ``python -m fermata.toolkit.extract.sandbox_worker``; see
:mod:`fermata.toolkit.sandbox`."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fermata.toolkit.extract.reader import read_here
from fermata.toolkit.sandbox_worker import serve

if TYPE_CHECKING:
    from fermata.toolkit.extract.pdf import KeptPdf

MEMORY = 512 * 1024 * 1024
"""Bytes of address space."""


def _read(request: dict[str, Any]) -> dict[str, Any]:
    return asdict(
        read_here(Path(request["path"]), request["pages"], request["content_type"], request.get("empty", False))
    )


def _outline(request: dict[str, Any]) -> dict[str, Any]:
    from fermata.toolkit.extract.sections import outline_here

    return asdict(outline_here(Path(request["path"]), request["content_type"]))


def _page(request: dict[str, Any]) -> dict[str, Any]:
    return asdict(_kept_pdf().page(Path(request["path"]), request["number"]))


@cache
def _kept_pdf() -> KeptPdf:
    from fermata.toolkit.extract.pdf import KeptPdf

    return KeptPdf()


TASKS = {"read": _read, "outline": _outline, "page": _page}

if __name__ == "__main__":
    serve(TASKS, MEMORY)
