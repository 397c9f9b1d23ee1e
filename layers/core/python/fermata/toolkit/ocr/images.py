"""Images as the engine takes them: in shades of grey, upright, and never larger than memory allows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from fermata.domain.kind import UnitError

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "PPM")
MAX_PIXELS = 50_000_000
"""Of an image that is read; A4 at 600 dots an inch has 35 million."""

MAX_FRAMES = 2_000
WORKED = 12_000_000
"""Pixels of an image that is recognised; a larger one is scaled down to it. A4 at 350 dots an inch has as many."""

DOTS = 300
"""An inch, of a page of a PDF that is drawn."""


def frames_here(path: Path) -> tuple[str, int]:
    """The format of an image in lower case, and how many pages it has; only a TIFF has several. Raises UnitError."""
    with _opened(path) as image:
        name = str(image.format).lower()
        frames = getattr(image, "n_frames", 1) if name == "tiff" else 1
        if frames > MAX_FRAMES:
            raise UnitError(f"the image has {frames} pages; {MAX_FRAMES} are read")
        return name, frames


def image_here(path: Path, number: int) -> Image:
    """The page of an image file, from 1. Raises UnitError."""
    from PIL import ImageOps

    with _opened(path) as image:
        try:
            if number > 1:
                image.seek(number - 1)
            _check_size(image)
            image.draft("L", image.size)
            upright = ImageOps.exif_transpose(image)
            return _scaled(_grey(upright))
        except (OSError, EOFError, ValueError, SyntaxError) as error:
            raise UnitError(f"the image is damaged or incomplete: {str(error)[:200]}") from None


def pdf_page_here(path: Path, number: int) -> Image:
    """A page of a PDF, from 1, as it would be printed. Raises UnitError."""
    from fermata.toolkit.extract.pdf import opened_pdf

    with path.open("rb") as stream, opened_pdf(stream) as document:
        if not 1 <= number <= len(document):
            raise UnitError(f"the PDF has no page {number}")
        page = document[number - 1]
        width, height = page.get_size()
        scale = min(DOTS / 72, (WORKED / max(1.0, width * height)) ** 0.5)
        return page.render(scale=scale, grayscale=True).to_pil().convert("L")  # type: ignore[no-any-return]


def _opened(path: Path) -> Image:
    from PIL import Image

    # Its own guard against bombs is a warning first; the limit here is lower, and an error.
    warnings.simplefilter("ignore", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = None
    if not path.stat().st_size:
        raise UnitError("the file is empty")
    try:
        image = Image.open(path, formats=FORMATS)
    except (OSError, ValueError, SyntaxError, EOFError):
        raise UnitError(
            "the file is no image that can be read: neither PNG, JPEG, TIFF, WebP, BMP, GIF nor PDF"
        ) from None
    _check_size(image)
    return image


def _check_size(image: Image) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise UnitError(f"the image has {width} × {height} pixels; {MAX_PIXELS // 1_000_000} million are read at most")


def _grey(image: Image) -> Image:
    """What is transparent counts as paper."""
    from PIL import Image

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        clear = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear).convert("L")
    if image.mode.startswith(("I", "F")):
        return image.point(lambda value: value / 256).convert("L") if image.mode != "F" else image.convert("L")
    return image.convert("L")


def _scaled(image: Image) -> Image:
    pixels = image.width * image.height
    if pixels <= WORKED:
        return image
    factor = (WORKED / pixels) ** 0.5
    return image.resize((max(1, int(image.width * factor)), max(1, int(image.height * factor))))
