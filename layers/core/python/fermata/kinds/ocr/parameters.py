"""What reading images is asked for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from fermata.toolkit.documents import MAX_DOCUMENTS, sound
from fermata.toolkit.llm import ModelParameters

LANGUAGES = ["eng"]
Language = Annotated[str, Field(pattern=r"^[a-z]{3}(_[a-z]{1,8})?$")]


class Ocr(ModelParameters):
    """Parameters of reading images."""

    documents: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MAX_DOCUMENTS,
        description="Images (PNG, JPEG, TIFF, WebP, BMP, GIF) and PDF: `file_path` (a URL, `s3://…`, or a local file where the "
        "stack allows it), `title`.",
    )
    pages: Literal["without_text", "all"] = Field(
        "without_text", description="Of a PDF: the pages that have no text of their own, or all."
    )
    languages: list[Language] = Field(
        LANGUAGES,
        min_length=1,
        max_length=3,
        description="What is written there: `eng`, `deu`, `jpn`; the main one first.",
    )
    boxes: bool = Field(True, description="Tell of each line where it stands and how sure the engine is.")
    model_name: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Model that sees, to ask in place of the embedded engine; it tells no places.",
    )

    _sound = field_validator("documents")(sound)

    @field_validator("languages")
    @classmethod
    def _once(cls, values: list[str]) -> list[str]:
        return list(dict.fromkeys(values))
