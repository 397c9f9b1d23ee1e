"""The client's table of routes and its models, held against the server's own description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fermata.cli.pages import description
from fermata_client import errors
from fermata_client._sync.transport import _adapter
from fermata_client.routes import ROUTES, Route, given

Schema = dict[str, Any]

OPEN = ("anyOf", "oneOf")


@pytest.fixture(scope="module")
def document() -> Schema:
    return dict(description())


def operation(document: Schema, route: Route[Any]) -> Schema:
    return document["paths"][route.path][route.method.lower()]


def resolved(schema: Schema, document: Schema) -> Schema:
    """Without references, and without null among the alternatives."""
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    for word in OPEN:
        if len(some := [one for one in schema.get(word, ()) if one.get("type") != "null"]) == 1:
            return resolved(some[0], document)
    return schema


def nullable(schema: Schema, document: Schema) -> bool:
    while "$ref" in schema:
        schema = resolved({"$ref": schema["$ref"]}, document)
    return not schema.keys() - {"title", "description", "default", "examples"} or any(
        one.get("type") == "null" for word in OPEN for one in schema.get(word, ())
    )


def differences(ours: Schema, theirs: Schema, at: str, mine: Schema, document: Schema) -> Iterator[str]:
    """How our reading of an answer differs from what the server says of it."""
    if nullable(theirs, document) and not nullable(ours, mine):
        yield f"{at} may be null"
    ours, theirs = resolved(ours, mine), resolved(theirs, document)
    if theirs.get("type") == "object" and "properties" in theirs:
        known, said = ours.get("properties", {}), theirs["properties"]
        yield from (f"{at}.{name} is missing in the client" for name in said.keys() - known.keys())
        yield from (f"{at}.{name} is unknown to the server" for name in known.keys() - said.keys())
        optional = set(said) - set(theirs.get("required", ()))
        yield from (f"{at}.{name} may be absent" for name in optional & set(ours.get("required", ())))
        for name in known.keys() & said.keys():
            yield from differences(known[name], said[name], f"{at}.{name}", mine, document)
        return
    if theirs.get("type") == "array":
        yield from differences(ours.get("items", {}), theirs["items"], f"{at}[]", mine, document)
        return
    words = set(theirs.get("enum", ()))
    if words and ours.get("enum") and words != set(ours["enum"]):
        yield f"{at}: the words differ by {words ^ set(ours['enum'])}"
    if theirs.get("type") and ours.get("type") not in (None, theirs["type"]):
        yield f"{at} is {theirs['type']}, not {ours['type']}"


def success(operation: Schema) -> Schema:
    status = min(status for status in operation["responses"] if status.startswith("2"))
    return operation["responses"][status]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("name", [name for name, route in ROUTES.items() if not route.streams])
def test_answers_are_read_as_the_server_describes_them(name, document):
    route = ROUTES[name]
    mine = _adapter(route.answer).json_schema(mode="validation", ref_template="#/$defs/{model}")
    found = list(differences(mine, success(operation(document, route)), route.path, mine, document))
    assert found == [], "change fermata_client/models to fit"


@pytest.mark.parametrize("name", ROUTES)
def test_parameters_are_those_of_the_server(name, document):
    described = operation(document, ROUTES[name]).get("parameters", ())
    assert {one["name"] for one in described if one["in"] == "query"} == set(ROUTES[name].query)
    assert all(f"{{{one['name']}}}" in ROUTES[name].path for one in described if one["in"] == "path")


@pytest.mark.parametrize("name", ROUTES)
def test_members_of_bodies_are_those_of_the_server(name, document):
    body = operation(document, ROUTES[name]).get("requestBody", {}).get("content", {}).get("application/json")
    said = resolved(body["schema"], document)["properties"] if body else {}
    assert set(said) == set(ROUTES[name].body)


def test_every_route_of_the_server_has_a_place_in_the_client(document):
    said = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert said == {(route.method, route.path) for route in ROUTES.values()}


def test_ids_are_quoted_in_paths():
    assert ROUTES["JOBS_READ"].at(job_id="batch:a/b ?") == "/api/v1/jobs/batch:a%2Fb%20%3F"


def test_what_a_route_does_not_take_is_refused_before_it_is_sent():
    with pytest.raises(TypeError, match="reasn"):
        given(("reason",), {"reasn": "x"})


def test_a_member_that_the_server_adds_is_noticed(document):
    theirs = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a"]}
    ours = {"type": "object", "properties": {"a": {"type": "string"}}}
    assert list(differences(ours, theirs, "X", {}, document)) == ["X.b is missing in the client"]


def test_a_type_that_differs_is_noticed(document):
    theirs = {
        "type": "object",
        "properties": {"a": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        "required": ["a"],
    }
    ours = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert list(differences(ours, theirs, "X", {}, document)) == ["X.a may be null", "X.a is string, not integer"]


def test_every_error_of_the_server_has_a_class_with_its_facts(document: Schema) -> None:
    shown = {
        schema["properties"]["code"]["const"]: set(schema["properties"]) - {"detail", "code"}
        for schema in document["components"]["schemas"].values()
        if isinstance(schema.get("properties", {}).get("code", {}).get("const"), str)
    }
    assert shown.keys() == errors.BY_CODE.keys()
    for code, facts in shown.items():
        attributes = {name.replace("status", "current_status") for name in facts}
        assert attributes <= set(dir(errors.BY_CODE[code]))
