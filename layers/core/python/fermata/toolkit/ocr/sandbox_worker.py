"""The process in which images are read: ``python -m fermata.toolkit.ocr.sandbox_worker``; see :mod:`fermata.toolkit.sandbox`."""

from __future__ import annotations

import base64
import io
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fermata.toolkit.ocr.images import frames_here, image_here, pdf_page_here
from fermata.toolkit.sandbox_worker import serve

if TYPE_CHECKING:
    from PIL.Image import Image

MEMORY = 1024 * 1024 * 1024
"""Bytes of address space."""

SIDE = 2_000
"""Pixels of the longer side of an image that is sent to a model."""

_PDF = b"%PDF-"


def _image(request: dict[str, Any]) -> Image:
    path = Path(request["path"])
    return (pdf_page_here if request["format"] == "pdf" else image_here)(path, request["number"])


def _pages(request: dict[str, Any]) -> dict[str, Any]:
    path = Path(request["path"])
    with path.open("rb") as stream:
        is_pdf = _PDF in stream.read(1024)
    if not is_pdf:
        name, count = frames_here(path)
        return {"format": name, "count": count, "without_text": list(range(1, count + 1))}
    from fermata.toolkit.extract.pdf import pages_without_text

    with path.open("rb") as stream:
        count, without = pages_without_text(stream)
    return {"format": "pdf", "count": count, "without_text": without}


def _recognise(request: dict[str, Any]) -> dict[str, Any]:
    from fermata.toolkit.ocr.engine import recognise

    return asdict(recognise(_image(request), request["languages"]))


def _draw(request: dict[str, Any]) -> dict[str, Any]:
    image = _image(request)
    image.thumbnail((SIDE, SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=85)
    return {"jpeg": base64.b64encode(buffer.getvalue()).decode()}


if __name__ == "__main__":
    serve({"pages": _pages, "recognise": _recognise, "draw": _draw}, MEMORY)
