"""The kind ``tag_documents``: fetch each document, read its first pages, name what it is about."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, field_validator

from fermata.domain.kind import Json, Kind, Policy, Stage, Unit, UnitError
from fermata.toolkit.documents import Document, document_of, normal_mapping
from fermata.toolkit.extract import Content, read
from fermata.toolkit.fetch import fetch
from fermata.toolkit.fetch.s3 import parse_s3
from fermata.toolkit.fetch.urls import parse_url
from fermata.toolkit.llm import Model, chat_tags
from fermata.toolkit.parameters import Parameters, parser, schema
from fermata.toolkit.tabular import plan_documents
from fermata.toolkit.text import embedded_tags

OPENAI = "https://api.openai.com/v1"
EMBEDDED = "embedded"

Word = Annotated[str, Field(min_length=1, max_length=100)]


class TagDocuments(Parameters):
    """Parameters of a tagging job."""

    model_name: str | None = Field(
        None, min_length=1, max_length=200, description="Model to ask; without it the embedded tagger works."
    )
    base_url: str = Field(OPENAI, max_length=2_000, description="OpenAI-compatible API that has the model.")
    api_key: str | None = Field(
        None,
        max_length=4_000,
        pattern=r"^[!-~]*$",
        description="Key for the model's API. Encrypted at rest, gone when the job ends, never shown.",
        json_schema_extra={"writeOnly": True},
    )
    num_pages: int = Field(3, ge=1, le=10, strict=True, description="Pages of each document to read.")
    num_tags: int = Field(8, ge=1, le=15, strict=True, description="Tags for each document, at most.")
    exclusion_words: list[Word] = Field([], max_length=500, description="No tag has one of these words in it.")
    column_mapping: dict[str, str] = Field(
        {},
        max_length=3,
        description="The caller's column names onto title, file_path and file_source_type: "
        '{"Name": "title"}. {"title": "Name"} is understood too where it can\'t mean the other.',
    )
    documents_url: str | None = Field(
        None,
        max_length=8_192,
        description="http, https or s3 URL of the list of documents, CSV or JSON Lines, up to a million rows. "
        "Without it the documents come with the request.",
    )

    @field_validator("base_url")
    @classmethod
    def _endpoint(cls, value: str) -> str:
        if "?" in value or "#" in value:
            raise ValueError("must have no query")
        _checked(parse_url, value)
        return value.strip()

    @field_validator("column_mapping")
    @classmethod
    def _mapping(cls, value: dict[str, str]) -> dict[str, str]:
        return normal_mapping(value)

    @field_validator("documents_url")
    @classmethod
    def _list(cls, value: str | None) -> str | None:
        if value is not None:
            _checked(parse_s3 if value.strip().lower().startswith("s3:") else parse_url, value)
        return value and value.strip()


def tag_document(unit: Unit) -> Json:
    """One document's tags.

    ``{"title", "file_path", "file_source_type", "columns": the caller's other columns, "tags": [...], "tagger":
    "embedded" or the model, "format", "pages_read", "characters"}``.
    """
    document = _document(unit)
    content = _content(unit, document)
    params = unit.params
    return {
        "title": document.title,
        "file_path": document.file_path,
        "file_source_type": document.file_source_type,
        "columns": dict(document.columns),
        "tags": _tags(unit, document, content),
        "tagger": params["model_name"] or EMBEDDED,
        "format": content.format,
        "pages_read": len(content.pages),
        "characters": sum(map(len, content.pages)),
    }


def _document(unit: Unit) -> Document:
    value = unit.value
    if isinstance(value, dict) and "malformed" in value and "file_path" not in value:
        raise UnitError(str(value["malformed"]))
    try:
        return document_of(value, unit.params["column_mapping"])
    except ValueError as error:
        raise UnitError(str(error)) from None


def _content(unit: Unit, document: Document) -> Content:
    source_type, path = document.file_source_type, document.file_path
    with fetch(source_type, path, unit.settings, deadline=unit.deadline) as copy:
        return read(copy.path, unit.params["num_pages"], copy.content_type, unit.deadline)


def _tags(unit: Unit, document: Document, content: Content) -> list[str]:
    params = unit.params
    count, excluded = params["num_tags"], params["exclusion_words"]
    if not params["model_name"]:
        return embedded_tags(content.text, count, excluded)
    model = Model(params["model_name"], params["base_url"], unit.secrets.get("api_key") or "")
    return chat_tags(model, document.title, content.text, count, excluded, unit.settings, unit.deadline)


def _checked(parse: Any, value: str) -> None:
    try:
        parse(value)
    except UnitError as error:
        raise ValueError(str(error)) from None


TAG_DOCUMENTS = Kind(
    name="tag_documents",
    title="Tag documents",
    stages=(
        Stage(
            name="tag",
            plan=plan_documents,
            run=tag_document,
            policy=Policy(concurrency=8, chunk_size=10, timeout=120.0, attempts=4, backoff=1.0),
        ),
    ),
    parse=parser(TagDocuments),
    schema=schema(TagDocuments),
    secrets=frozenset({"api_key"}),
)
