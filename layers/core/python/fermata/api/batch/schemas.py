"""What goes in and out."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from fermata.api.request_fields import DATE_TIME, WHOLE, closed

ID_PATTERN = r"^(?!\d+$)(?!\.{1,2}$)[A-Za-z0-9._-]{1,128}$"

MAX_PATHS = 500

Status = Literal["pending", "processing", "completed", "failed", "cancelled", "paused"]


class Strict(BaseModel):
    """Unknown members are refused; errors never repeat a value, which may be a secret."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, given: Any) -> Any:
        """A member that is null counts as left out: forms send what was not filled in that way."""
        return {name: value for name, value in given.items() if value is not None} if isinstance(given, dict) else given


class TaggingConfig(Strict):
    """How to tag. Without `model_name` the stack's model is asked, and where it has none the embedded tagger works."""

    api_key: Annotated[
        str | None,
        Field(
            description="Of the model's endpoint; the stack's own model needs none. Encrypted at rest, gone when the job "
            "ends, shown nowhere."
        ),
    ] = None
    model_name: Annotated[str | None, Field(examples=["openai/gpt-4o-mini"])] = None
    base_url: Annotated[
        str | None, Field(description="Of an OpenAI-compatible endpoint; left out: the stack's own, else OpenAI's.")
    ] = None
    num_pages: Annotated[int, Field(strict=True, ge=1, le=10, description="Pages of each document to read."), WHOLE] = 3
    num_tags: Annotated[int, Field(strict=True, ge=1, le=15, description="Tags for each document."), WHOLE] = 8
    exclusion_words: Annotated[list[str], Field(description="Words that no tag may have.")] = []


EXAMPLE: dict[str, Any] = {
    "documents": [{"title": "Document 1", "file_path": "https://example.com/doc1.pdf", "file_source_type": "url"}],
    "config": {"api_key": "sk-xxx", "model_name": "openai/gpt-4o-mini", "num_pages": 3, "num_tags": 8},
}


class NewBatch(Strict):
    """A batch: documents listed here, or by reference."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    documents: Annotated[
        list[dict[str, Any]] | None,
        Field(
            description="Each with `title`, `file_path`, `file_source_type` (`url`, `s3`, or `local` where the stack "
            "allows it), and any other columns, which are kept. This or `documents_url` is needed."
        ),
    ] = None
    documents_url: Annotated[
        str | None,
        Field(description="http, https or s3 URL of a CSV or JSON Lines object with up to a million documents."),
    ] = None
    config: TaggingConfig
    column_mapping: Annotated[
        dict[str, str],
        Field(description="The caller's column names onto `title`, `file_path` and `file_source_type`."),
    ] = {}
    job_id: Annotated[
        str | None,
        Field(
            description="1 to 128 of A-Z a-z 0-9 . _ -, not digits alone; unique in the tenant.",
            json_schema_extra={"anyOf": [{"type": "string", "pattern": ID_PATTERN}, {"type": "null"}]},
        ),
    ] = None


class StartedBatch(BaseModel):
    job_id: str = Field(examples=["batch-1704454800-abc123"])
    total_documents: int = Field(examples=[1])
    message: str = Field(examples=["Batch processing started"])


class BatchStatus(BaseModel):
    job_id: str = Field(examples=["batch-1704454800-abc123"])
    status: Status
    total_documents: int
    processed_count: int = Field(description="Documents that succeeded.")
    failed_count: int
    progress: float = Field(ge=0, le=1, description="Succeeded and failed documents as a share of all.")


class CancelledBatch(BaseModel):
    message: str
    job_id: str


class BatchMessage(BaseModel):
    message: str


class ActiveBatch(BaseModel):
    job_id: str
    status: Status
    total_documents: int
    processed_count: int
    started_at: str = Field(examples=["2024-01-15T10:30:00Z"], json_schema_extra=DATE_TIME)


class ActiveBatches(BaseModel):
    jobs: list[ActiveBatch]


class DocumentRow(BaseModel):
    """A settled document: its tags, or its error."""

    row: int = Field(description="Its place in the list of documents, from 1.")
    title: str | None
    file_path: str | None
    file_source_type: Annotated[str, closed("url", "s3", "local")] | None
    columns: dict[str, Any] = Field(description="The caller's other columns.")
    tags: list[str] | None
    note: str | None = Field(description="Why there are no tags, where the document could be read all the same.")
    error: str | None
    attempts: int = Field(description="How often it was tried, retries of the batch included.")


class BatchResults(BaseModel):
    """A page of settled documents, in the order of the chunks they were in."""

    job_id: str
    status: Status
    results: list[DocumentRow]
    next_cursor: str | None = Field(
        description="Asks for the rows after these; null when the job is over and all were shown."
    )


class PathToCheck(Strict):
    """A document as a batch would name it."""

    path: Annotated[str, Field(strict=True, max_length=8_192, examples=["https://example.com/doc1.pdf"])]
    type: Annotated[
        str | None,
        Field(
            strict=True,
            max_length=100,
            examples=["url"],
            description="`url`, `s3` or `local`; left out: what the path begins with says.",
        ),
    ] = None


class PathsToCheck(Strict):
    """Documents to look at before a batch is started."""

    paths: Annotated[list[PathToCheck], Field(min_length=1, max_length=MAX_PATHS)]


class CheckedPath(BaseModel):
    """Whether a document can be read."""

    path: str = Field(description="As it was given.")
    valid: bool
    error: str | None = Field(description="Why it can't be read; null where it can.")
    content_type: str | None = Field(description="As its server says.")
    size: int | None = Field(description="Bytes, as its server says.")


class CheckedPaths(BaseModel):
    """What was found, in the order of the request."""

    results: list[CheckedPath]
    total: int
    valid_count: int
    invalid_count: int
