"""What an expansion of keywords is asked for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from fermata.toolkit.llm import ModelParameters

WORKSPACE, LEXICON, MODEL = "workspace", "lexicon", "model"
Keyword = Annotated[str, Field(min_length=1, max_length=200)]


class KeywordExpand(ModelParameters):
    """Parameters of an expansion. A model is asked where one is named, beside the other sources."""

    keywords: list[Keyword] = Field(min_length=1, max_length=1_000, description="Words or phrases.")
    sources: list[Literal["workspace", "lexicon"]] = Field(
        ["workspace", "lexicon"],
        description="`workspace`: terms that stand beside it in the workspace's index; `lexicon`: WordNet's synonyms (English).",
    )
    limit: int = Field(20, ge=1, le=100, strict=True, description="Suggestions for a keyword, at most.")

    @field_validator("keywords")
    @classmethod
    def _worded(cls, values: list[str]) -> list[str]:
        tidy = [" ".join(value.replace('"', " ").split()) for value in values]
        for number, value in enumerate(tidy):
            if not any(map(str.isalnum, value)):
                raise ValueError(f"keyword {number} has no word in it")
        return list(dict.fromkeys(tidy))

    @field_validator("sources")
    @classmethod
    def _once(cls, values: list[str]) -> list[str]:
        return list(dict.fromkeys(values))
