"""The examples of the description, held against the schemas that they are examples of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from fermata.api import examples
from fermata.cli.pages import description

DESCRIBED = dict(description())


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each body, and each main answer that is JSON or a stream."""
    for path, operations in DESCRIBED["paths"].items():
        for method, operation in operations.items():
            status = min(operation["responses"])
            for what, found in (("asks", operation.get("requestBody", {})), (status, operation["responses"][status])):
                for media, content in found.get("content", {}).items():
                    if media in (examples.JSON, examples.STREAM):
                        yield f"{method} {path} {what}", content


CONTENTS = dict(contents())


def test_every_route_with_an_answer_has_an_example_of_it():
    routes = {f"{method} {path}" for path, methods in DESCRIBED["paths"].items() for method in methods}
    shown = {name.rpartition(" ")[0] for name, content in CONTENTS.items() if not name.endswith("asks")}
    assert routes - shown == set()


@pytest.mark.parametrize("name", CONTENTS)
def test_an_example_is_what_its_schema_says(name: str):
    content = CONTENTS[name]
    if isinstance(content["example"], str):
        assert content["example"].endswith("\n\n")
        return
    whole = {**content["schema"], "components": DESCRIBED["components"]}
    jsonschema.Draft202012Validator(whole).validate(content["example"])


def test_an_example_is_made_of_what_members_say_of_themselves():
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "examples": [42]},
            "status": {"anyOf": [{"enum": ["open", "over"]}, {"type": "null"}]},
            "note": {"type": "string"},
            "row": {"$ref": "#/components/schemas/Row"},
        },
        "required": ["id", "status", "row"],
    }
    row = {"type": "array", "items": {"type": "number", "maximum": 0.5}}
    assert examples.example(schema, {"Row": row}) == {"id": 42, "status": None, "row": [0.5]}


def test_no_value_outlives_the_members_that_it_is_for():
    known = {name for schema in DESCRIBED["components"]["schemas"].values() for name in schema.get("properties", ())}
    assert {*examples.TEXTS, *examples.NUMBERS, *examples.OBJECTS} - known == set()


TIMES = [
    (model, name, member)
    for model, schema in DESCRIBED["components"]["schemas"].items()
    for name, member in schema.get("properties", {}).items()
    if name.endswith("_at")
    and not {"number", "integer"} & {str(one.get("type")) for one in member.get("anyOf", [member])}
]


@pytest.mark.parametrize(("model", "name", "member"), TIMES, ids=lambda value: value if isinstance(value, str) else "")
def test_every_time_is_described_as_one(model: str, name: str, member: dict[str, Any]):
    formats = [one.get("format") for one in (member, *member.get("anyOf", ()))]
    assert {"date-time", "date-time-local"} & set(formats)


CLOSED = ["Job.family", "Job.checkpoint", "Job.status", "Why.waits_for", "ControlState.checkpoint", "Kind.families"]


@pytest.mark.parametrize("place", CLOSED)
def test_a_closed_set_is_an_enumeration(place: str):
    model, name = place.split(".")
    member = DESCRIBED["components"]["schemas"][model]["properties"][name]
    one = next(iter(member.get("anyOf", ())), member.get("items", member))
    assert one.get("enum") or one["$ref"]
