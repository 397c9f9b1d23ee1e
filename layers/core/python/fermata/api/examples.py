"""An example of each request and each main answer, for the OpenAPI description and whoever is shown it.

They are made of the schemas themselves, so that none is forgotten and none outlives its schema: a model's own example where it
has one, else the examples, words and defaults of its members, and for the rest the values that their names have here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fermata.domain.kind import Json

Schema = Mapping[str, Any]

JSON = "application/json"
STREAM = "text/event-stream"

TEXTS: Mapping[str, str] = {
    "csrf_token": "5f2b0c7f9d1e4a68b3c4d5e6f7a8b9c0",
    "family": "jobs",
    "file_path": "https://example.com/doc1.pdf",
    "hash": "9f2c6b1d0e4a",
    "job_id": "batch-1704454800-abc123",
    "key": "audit/default/685",
    "kind": "crawl",
    "label": "laptop",
    "message": "Started",
    "name": "nightly",
    "next_cursor": "q2hU8XJ0Zmt3",
    "outcome": "done",
    "owner": "ann",
    "previous": "1a7e5d3c9b20",
    "query": "shade",
    "stage": "fetch",
    "target": "jobs:01999b2c4f10a1b2c3d4e5",
    "tenant": "default",
    "text": "Ferns grow in the shade.",
    "timezone": "Europe/Berlin",
    "title": "Document 1",
    "trace": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    "uri": "https://example.com/handbook.pdf",
    "url": "https://example.com/hooks",
    "user": "ann",
    "version": "0.1.0",
    "worker": "worker-1",
    "workspace": "default",
    "workspace_id": "default",
}
NUMBERS: Mapping[str, float] = {
    "active_seconds": 61.5,
    "failed": 2,
    "failed_count": 2,
    "processed_count": 45,
    "progress": 0.47,
    "remaining": 53,
    "seconds": 1.2,
    "succeeded": 45,
    "total": 100,
    "total_documents": 100,
}
"""Of members that have no example of their own, by their names; numbers that belong together add up."""

OBJECTS: Mapping[str, Json] = {
    "columns": {"author": "Ann"},
    "data": {},
    "files": {},
    "input": {"url": "https://example.com/"},
    "labels": {"team": "data"},
    "metadata": {"workspace_id": "default", "stage": "validate"},
    "params": {"urls": ["https://example.com/"]},
    "result": {"found": 15},
    "result_summary": {"succeeded": 45, "failed": 2},
    "secrets": {},
    "schema": {"type": "object", "properties": {"units": {"type": "integer"}}},
    "value": {"status": 200},
}

AT_WORK = ("running", "processing")
"""Words that are taken where there is a choice: the numbers are of something that runs."""

FRAME = 'id: 3\nevent: {event}\ndata: {{"status": "running"}}\n\n'


def complete(description: dict[str, Any]) -> None:
    """Give each body and each main answer of a description its example."""
    schemas = description["components"]["schemas"]
    for path, operations in description["paths"].items():
        for operation in operations.values():
            contents = [operation.get("requestBody", {}).get("content", {}), _main(operation).get("content", {})]
            for content in contents:
                if JSON in content and "schema" in content[JSON]:
                    content[JSON]["example"] = example(content[JSON]["schema"], schemas)
                if STREAM in content:
                    event = "workflow.progress" if "tasks" in path or "sse" in path else "started"
                    content[STREAM]["example"] = FRAME.format(event=event)


def _main(operation: Schema) -> dict[str, Any]:
    """What is answered when all goes well."""
    status = min(status for status in operation["responses"] if status < "400")
    answer: dict[str, Any] = operation["responses"][status]
    return answer


def example(schema: Schema, schemas: Schema, name: str = "") -> Json:
    """One value of a schema. ``schemas``: what it may refer to; ``name``: of the member that it describes."""
    if "$ref" in schema:
        return example(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    if schema.get("examples"):
        found: Json = schema["examples"][0]
        return found
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema and "properties" not in schema:
            kinds = [one for one in schema[choice] if one.get("type") != "null"]
            named = name in TEXTS or name in NUMBERS or name in OBJECTS or kinds[0].get("examples")
            return example(kinds[0], schemas, name) if named or len(kinds) == len(schema[choice]) else None
    if "const" in schema or "enum" in schema:
        words: list[Json] = [schema["const"]] if "const" in schema else schema["enum"]
        return next((word for word in (TEXTS.get(name), *AT_WORK) if word in words), words[0])
    return _of_type(schema, schemas, name)


def _of_type(schema: Schema, schemas: Schema, name: str) -> Json:
    match schema.get("type"):
        case "object" if "properties" in schema:
            members: dict[str, Any] = schema["properties"]
            return {
                member: example(one, schemas, member) for member, one in members.items() if _told(one, member, schema)
            }
        case "object" if isinstance(schema.get("additionalProperties"), dict) and name not in OBJECTS:
            inner = schema["additionalProperties"]
            keys = [example(schema.get("propertyNames", {"type": "string"}), schemas, "name")]
            return {str(key): example(inner, schemas, str(key)) for key in keys}
        case "array":
            return [example(schema.get("items", {}), schemas, name.removesuffix("s"))]
        case "null":
            return None
        case "boolean":
            return bool(schema.get("default", name in ("intact", "whole", "planned")))
        case "integer" | "number" as kind:
            least = schema.get("minimum", schema.get("exclusiveMinimum", 0))
            number = NUMBERS.get(name, schema.get("default") or max(1, least))
            return int(number) if kind == "integer" else float(min(number, schema.get("maximum", number)))
        case "string":
            return TEXTS.get(name, "x")
    return OBJECTS.get(name, {})


def _told(member: Schema, name: str, schema: Schema) -> bool:
    """Whether an example has the member: those that must be there, and those that say what they are for."""
    return name in schema.get("required", ()) or bool(member.get("examples"))
