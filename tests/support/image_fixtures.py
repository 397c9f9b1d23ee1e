"""Pages drawn from known text, as images and as PDFs of images."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont


def drawn(text: str, size: int = 36, font: Path | None = None) -> Image.Image:
    """A page in black on white."""
    image = Image.new("L", (1240, 700), 255)
    face: Any = ImageFont.truetype(str(font), size) if font else ImageFont.load_default(size)
    ImageDraw.Draw(image).multiline_text((80, 80), text, font=face, fill=10, spacing=14)
    return image


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def scanned_pdf(*texts: str) -> bytes:
    """A PDF of one image for each text, and no text."""
    first, *others = map(drawn, texts)
    return encoded(first, "PDF", save_all=True, append_images=others, resolution=150)
