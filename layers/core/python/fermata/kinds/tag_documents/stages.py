"""The kind ``tag_documents``: fetch each document, read its first pages, name what it is about."""

from __future__ import annotations

from fermata.domain.kind import Finishing, Json, Kind, Policy, Stage, Unit, UnitError
from fermata.kinds.tag_documents.parameters import TagDocuments
from fermata.toolkit.documents import Document, document_of
from fermata.toolkit.extract import Content, read
from fermata.toolkit.fetch import fetch
from fermata.toolkit.llm import SECRETS, Tagged, Usage, chat_tags, model_for, terms, total_usage
from fermata.toolkit.parameters import parser, schema
from fermata.toolkit.tabular import plan_documents

EMBEDDED, TAG = "embedded", "tag"


def tag_document(unit: Unit) -> Json:
    """One document's tags.

    ``{"title", "file_path", "file_source_type", "columns": the caller's other columns, "tags": [...], "tagger":
    "embedded" or the model, "usage": what asking the model took, null without one, "format", "pages_read", "characters"}``.
    """
    document = _document(unit)
    content = _content(unit, document)
    tagged = _tagged(unit, document, content)
    return {
        "title": document.title,
        "file_path": document.file_path,
        "file_source_type": document.file_source_type,
        "columns": dict(document.columns),
        "tags": tagged.tags,
        "note": tagged.note,
        "tagger": unit.params["model_name"] or EMBEDDED,
        "usage": tagged.usage.shown() if tagged.usage.requests else None,
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


def summary(job: Finishing) -> Json:
    """``{"succeeded", "failed"}``, and where a model was asked ``"usage"``: what its answers took, as far as documents have
    their tags of them."""
    counts = {"succeeded": job.succeeded, "failed": job.failed}
    if not job.params["model_name"]:
        return counts
    return counts | {
        "usage": total_usage(result.value.get("usage") for result in job.results(TAG) if result.error is None)
    }


def _tagged(unit: Unit, document: Document, content: Content) -> Tagged:
    params = unit.params
    count, excluded = params["num_tags"], params["exclusion_words"]
    model = model_for(unit)
    if model is None:
        from fermata.toolkit.text.keywords import keywords  # loads libraries that only workers have

        found = keywords(content.text, count, excluded)
        return Tagged(list(found.words), Usage(), found.reason or None)
    unit.check()
    return chat_tags(model, document.title, content.text, count, excluded, unit.settings, unit.deadline)


TAG_DOCUMENTS = Kind(
    name="tag_documents",
    title="Tag documents",
    stages=(
        Stage(
            name=TAG,
            plan=plan_documents,
            run=tag_document,
            policy=Policy(concurrency=8, chunk_size=10, timeout=120.0, attempts=4, backoff=1.0),
        ),
    ),
    families=frozenset({"batch"}),
    parse=parser(TagDocuments),
    schema=schema(TagDocuments),
    finish=summary,
    secrets=SECRETS,
    terms=terms,
)
