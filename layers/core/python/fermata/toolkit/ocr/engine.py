"""Tesseract, whose models come inside packages: no download, no network.

It is imported in the process that reads images and nowhere else; see :mod:`fermata.toolkit.ocr.sandbox`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
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

_SURE = 0.8
"""Confidence of a page from which on nobody asks whether it lies on its side: one that does comes to half of that."""

_TOLD = 1.0
"""Confidence of Tesseract's own guess at the orientation below which the others are tried as well."""


def recognise(image: Image, languages: Sequence[str]) -> Recognised:
    """What stands on the image, whichever way it is turned. Raises UnitError for a language without a model."""
    upright = _recognised(image, languages)
    if upright.confidence is not None and upright.confidence >= _SURE:
        return upright
    others = (
        replace(_recognised(_turned(image, degrees), languages), turned=degrees) for degrees in _orientations(image)
    )
    return max((upright, *others), key=_certainty)


def _recognised(image: Image, languages: Sequence[str]) -> Recognised:
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


def _certainty(page: Recognised) -> float:
    """How many letters are surely right, about: what is read of a page on its side is little, or doubtful."""
    return sum((line.confidence or 0.0) ** 2 * len(line.text) for line in page.lines)


def _turned(image: Image, degrees: int) -> Image:
    from PIL.Image import Transpose

    turns = {90: Transpose.ROTATE_270, 180: Transpose.ROTATE_180, 270: Transpose.ROTATE_90}  # Pillow's go the other way
    return image.transpose(turns[degrees])


def _orientations(image: Image) -> list[int]:
    """By how many degrees clockwise an image may have to be turned; none for one that is upright or has no text."""
    known = _folders().get(_ORIENTATION)
    if known is None:
        return []
    api = _orientation_engine(str(known))
    try:
        api.SetImage(image)
        found = api.DetectOrientationScript()
    finally:
        api.Clear()
    if not found:
        return []
    if found["orient_conf"] < _TOLD:
        return [90, 180, 270]
    degrees = (360 - int(found["orient_deg"])) % 360
    return [degrees] if degrees else []


@cache
def _orientation_engine(folder: str) -> Any:
    from tesserocr import PSM, PyTessBaseAPI

    return PyTessBaseAPI(path=folder, lang=_ORIENTATION, psm=PSM.OSD_ONLY)


def languages_here() -> dict[str, Path]:
    """The languages that there are models for, each with the folder that it lies in."""
    return {name: folder for name, folder in _folders().items() if name != _ORIENTATION}


@cache
def _folders() -> dict[str, Path]:
    """The models that there are, each with the folder that it lies in."""
    folders = [Path(entry) / "share" / "tessdata" for entry in (sys.prefix, *sys.path) if entry]
    found: dict[str, Path] = {}
    for folder in folders:
        for path in folder.glob(f"*{_MODEL}"):
            found.setdefault(path.name.removesuffix(_MODEL), folder)
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
