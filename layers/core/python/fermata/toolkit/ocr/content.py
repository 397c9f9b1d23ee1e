"""What reading an image gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Line:
    """A line of text.

    Attributes:
        confidence: how sure the engine is, 0 to 1; None where it does not say.
        box: left, top, width, height in pixels of the image; None where nobody says.
    """

    text: str
    confidence: float | None = None
    box: tuple[int, int, int, int] | None = None

    def shown(self) -> dict[str, Any]:
        """As it stands in results."""
        return {"text": self.text, "confidence": self.confidence, "box": None if self.box is None else list(self.box)}


@dataclass(frozen=True)
class Recognised:
    """The text of a page.

    Attributes:
        text: with blank lines between paragraphs; empty for a page without text.
        width, height: of the image that the boxes are in, in pixels.
        engine: what has read it.
        turned: by how many degrees the image was turned clockwise to be upright: 0, 90, 180 or 270.
    """

    text: str
    lines: tuple[Line, ...]
    width: int
    height: int
    engine: str
    turned: int = 0

    @property
    def confidence(self) -> float | None:
        """Of the whole page: of its lines, by their length; None without any."""
        told = [(line.confidence, len(line.text)) for line in self.lines if line.confidence is not None]
        letters = sum(length for _, length in told)
        return round(sum(sure * length for sure, length in told) / letters, 3) if letters else None
