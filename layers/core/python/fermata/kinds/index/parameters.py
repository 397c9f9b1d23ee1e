"""What building an index is asked for."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from fermata.toolkit.documents import MAX_DOCUMENTS, sound
from fermata.toolkit.llm import ModelParameters

Column = str


class Index(ModelParameters):
    """Parameters of an index; what it has beyond the workspace's own sources comes by ``documents`` and ``table``."""

    mode: Literal["add", "rebuild"] = Field(
        "add",
        description="`add` keeps all that the index has; `rebuild` keeps the workspace's sources alone.",
    )
    documents: list[dict[str, Any]] = Field(
        [],
        max_length=MAX_DOCUMENTS,
        description="Documents: `file_path` (a URL, `s3://…`, or a local file where the stack allows it), `title`.",
    )
    table: str | None = Field(
        None,
        pattern=r"^[A-Za-z0-9_-]{1,64}$",
        description="A table of the workspace whose records become documents, such as what `search` has found.",
    )
    title_field: Column = Field("title", min_length=1, max_length=200, description="The table's column of titles.")
    text_fields: list[Column] = Field(
        ["abstract"], min_length=1, max_length=20, description="The table's columns of texts, in order."
    )
    url_field: Column = Field("url", min_length=1, max_length=200, description="The table's column of addresses.")
    skip_failures: bool = Field(
        False, description="Publish the index without the documents that can't be read; otherwise it stays as it was."
    )
    model_name: str | None = Field(
        None,
        min_length=1,
        max_length=200,
        description="Model of embeddings to ask for each passage; without it the index has words alone.",
    )

    _sound = field_validator("documents")(sound)
