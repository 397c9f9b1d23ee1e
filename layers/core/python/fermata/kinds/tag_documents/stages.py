"""The kind ``tag_documents``: fetch each document, read its first pages, name what it is about."""

from __future__ import annotations

from fermata.domain.kind import Json, Kind, Policy, Stage, Unit, UnitError
from fermata.kinds.tag_documents.parameters import TagDocuments
from fermata.toolkit.documents import Document, document_of
from fermata.toolkit.extract import Content, read
from fermata.toolkit.fetch import fetch
from fermata.toolkit.llm import Model, chat_tags
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.tabular import plan_documents
from fermata.toolkit.text import embedded_tags

EMBEDDED = "embedded"


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
