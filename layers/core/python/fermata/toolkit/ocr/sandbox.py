"""Images read in processes of their own: one that bloats, crashes or stalls its reader harms nothing else."""

from __future__ import annotations

import atexit
import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fermata.toolkit.ocr.content import Line, Recognised
from fermata.toolkit.sandbox import Sandbox

SECONDS = 120.0
"""How long reading one page may take."""

_SANDBOX = Sandbox("fermata.toolkit.ocr.sandbox_worker", size=1, seconds=SECONDS)

PDF = "pdf"


@dataclass(frozen=True)
class Pages:
    """What a file has to be read.

    Attributes:
        format: ``pdf``, ``png``, ``jpeg``, ``tiff``, ``webp``, ``bmp``, ``gif`` or ``ppm``.
        count: its pages.
        without_text: the numbers, from 1, of those that have no text of their own; of an image all.
    """

    format: str
    count: int
    without_text: tuple[int, ...]


def pages(path: Path, deadline: float = float("inf")) -> Pages:
    """The pages of an image or PDF. Raises UnitError with a reason for the user."""
    found = _SANDBOX.ask({"task": "pages", "path": str(path)}, deadline)
    return Pages(found["format"], found["count"], tuple(found["without_text"]))


def recognise(
    path: Path, format: str, number: int, languages: Sequence[str], deadline: float = float("inf")
) -> Recognised:
    """The text of a page, from 1; ``languages``: codes as Tesseract has them. Raises UnitError with a reason for the user."""
    request = {"task": "recognise", "path": str(path), "format": format, "number": number, "languages": list(languages)}
    found = _SANDBOX.ask(request, deadline)
    lines = tuple(Line(line["text"], line["confidence"], _box(line["box"])) for line in found["lines"])
    return Recognised(found["text"], lines, found["width"], found["height"], found["engine"], found["turned"])


def drawn(path: Path, format: str, number: int, deadline: float = float("inf")) -> bytes:
    """A page as a JPEG, at most :data:`~fermata.toolkit.ocr.sandbox_worker.SIDE` pixels wide and high; errors as before."""
    found = _SANDBOX.ask({"task": "draw", "path": str(path), "format": format, "number": number}, deadline)
    return base64.b64decode(found["jpeg"])


def _box(numbers: Any) -> tuple[int, int, int, int] | None:
    return None if numbers is None else tuple(numbers)


@atexit.register
def close() -> None:
    """End the processes; they start again when needed."""
    _SANDBOX.close()
