"""OCR: the character error rate on pages drawn from known text, in three fonts, clean and degraded, beside Debian's Tesseract.

``python -m bench.ocr`` writes the section of ``bench/kinds.md`` anew.
"""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from fermata.toolkit import ocr
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from rapidfuzz.distance import Levenshtein

PAGE = Path(__file__).with_name("kinds.md")
HEADING = "## OCR\n"
SAMPLES = Path(__file__).parents[1] / "samples"
FONTS = {
    "DejaVu Sans": "truetype/dejavu/DejaVuSans.ttf",
    "Liberation Serif": "truetype/liberation/LiberationSerif-Regular.ttf",
    "Liberation Mono": "truetype/liberation/LiberationMono-Regular.ttf",
}
FOLDER = Path("/usr/share/fonts")
TEXTS = ("glacier.txt", "sourdough.txt", "swifts.md")
CHARACTERS = 1_800

Read = Callable[[Path], str]


def measured() -> list[str]:
    """The section. Needs the fonts; Debian's Tesseract is left out where it is not installed."""
    engines: dict[str, Read] = {"the kind `ocr`": _ours}
    if shutil.which("tesseract"):
        engines["Debian's `tesseract`"] = _debian
    lines = [
        f"Character error rate and seconds a page: {len(TEXTS)} pages of {CHARACTERS:,} characters for each font, A4 at",
        "200 dots an inch; degraded is turned by 0.7°, at 120 dots an inch, blurred, pale, with noise, and a JPEG of quality 40.",
        "",
        "| font | page | " + " | ".join(f"{name}: errors | seconds" for name in engines) + " |",
        "| --- | --- |" + " ---: | ---: |" * len(engines),
    ]
    for font, path in FONTS.items():
        for name, change in CHANGES.items():
            cells = [_measured(engine, FOLDER / path, change) for engine in engines.values()]
            lines.append(
                f"| {font} | {name} | " + " | ".join(f"{rate:.2%} | {took:.1f}" for rate, took in cells) + " |"
            )
    return lines


def _measured(read: Read, font: Path, change: Callable[[Image.Image], Image.Image]) -> tuple[float, float]:
    wrong = letters = 0
    took = 0.0
    for name in TEXTS:
        image, text = _page((SAMPLES / name).read_text()[:CHARACTERS], font)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.png"
            change(image).save(path)
            begun = time.perf_counter()
            found = read(path)
            took += time.perf_counter() - begun
        wrong += Levenshtein.distance(_plain(found), _plain(text))
        letters += len(_plain(text))
    return wrong / letters, took / len(TEXTS)


def _ours(path: Path) -> str:
    return ocr.recognise(path, "png", 1, ["eng"]).text


def _debian(path: Path) -> str:
    done = subprocess.run(
        ["tesseract", str(path), "-", "-l", "eng", "--psm", "1"], capture_output=True, text=True, check=True
    )
    return done.stdout


def _as_it_is(image: Image.Image) -> Image.Image:
    return image


def _upside_down(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_180)


def _page(text: str, font: Path) -> tuple[Image.Image, str]:
    image = Image.new("L", (1654, 2339), 255)
    draw, face = ImageDraw.Draw(image), ImageFont.truetype(str(font), 32)
    lines = [line for paragraph in text.split("\n") for line in textwrap.wrap(paragraph, 70) or [""]]
    for number, line in enumerate(lines):
        draw.text((120, 120 + 44 * number), line, font=face, fill=20)
    return image, "\n".join(lines)


def _degraded(image: Image.Image) -> Image.Image:
    image = image.rotate(0.7, fillcolor=255, resample=Image.Resampling.BICUBIC)
    image = image.resize((image.width * 6 // 10, image.height * 6 // 10)).filter(ImageFilter.GaussianBlur(0.8))
    source = random.Random(7)
    pale = (value * 0.75 + 40 + source.gauss(0, 18) for value in image.tobytes())
    image = Image.frombytes("L", image.size, bytes(max(0, min(255, round(value))) for value in pale))
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=40)
    return Image.open(io.BytesIO(buffer.getvalue()))


CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "clean": _as_it_is,
    "upside down": _upside_down,
    "degraded": _degraded,
}


def _plain(text: str) -> str:
    return " ".join(text.split())


def main() -> None:
    """Measure, and write the section in place of the one that is there."""
    before, _, rest = PAGE.read_text().partition(HEADING)
    after = rest[at:] if (at := rest.find("\n## ")) >= 0 else ""
    PAGE.write_text(before.rstrip() + "\n\n" + HEADING + "\n" + "\n".join(measured()) + "\n" + after)


if __name__ == "__main__":
    main()
