"""Tesseract, whose models come inside packages: no download, no network.

It is imported in the process that reads images and nowhere else; see :mod:`fermata.toolkit.ocr.sandbox`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fermata.domain.kind import UnitError
from fermata.toolkit.extract.content import tidy
from fermata.toolkit.ocr.content import Line, Recognised

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_LINES = 2_000
"""Lines of a page that are told with their boxes."""

_MODEL, _ORIENTATION = ".traineddata", "osd"
"""How files of models end, and the one that is no language."""


def recognise(image: Image, languages: Sequence[str]) -> Recognised:
    """What stands on the image. Raises UnitError for a language without a model."""
    import tesserocr

    api = _engine(tuple(languages))
    try:
        api.SetImage(image)
        api.Recognize()
        lines = tuple(_lines(api))
        text = api.GetUTF8Text() if lines else ""
    except RuntimeError as error:
        raise UnitError(f"the image can't be read: {str(error)[:200]}") from None
    finally:
        api.Clear()
    version = tesserocr.tesseract_version().split("\n", 1)[0]
    return Recognised(tidy(text), lines, image.width, image.height, version)


@cache
def languages_here() -> dict[str, Path]:
    """The languages that there are models for, each with the folder that it lies in."""
    folders = [Path(entry) / "share" / "tessdata" for entry in (sys.prefix, *sys.path) if entry]
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob(f"*{_MODEL}"):
            found.setdefault(path.name.removesuffix(_MODEL), folder)
    found.pop(_ORIENTATION, None)
    return found


@cache
def _engine(languages: tuple[str, ...]) -> Any:
    from tesserocr import PSM, PyTessBaseAPI

    known = languages_here()
    if unknown := [language for language in languages if language not in known]:
        there = ", ".join(sorted(known)) or "none"
        raise UnitError(f"there is no model here for the language {unknown[0][:20]!r}; there are: {there}")
    return PyTessBaseAPI(path=str(known[languages[0]]), lang="+".join(languages), psm=PSM.AUTO)


def _lines(api: Any) -> Iterator[Line]:
    from tesserocr import RIL, iterate_level

    level = RIL.TEXTLINE
    for number, line in enumerate(iterate_level(api.GetIterator(), level)):
        if number == MAX_LINES or line.Empty(level):
            break
        text = tidy(line.GetUTF8Text(level))
        box = line.BoundingBox(level)
        if text and box:
            left, top, right, bottom = box
            yield Line(text, round(line.Confidence(level) / 100, 3), (left, top, right - left, bottom - top))
