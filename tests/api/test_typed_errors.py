"""Each error of our own families says what it is and its facts, by a schema of its own."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fermata.api import typed_errors
from fermata.api.app import create_app  # noqa: F401  its modules have errors of their own
from fermata.api.dialects import TYPED, typed_facts
from fermata.api.typed_errors import TypedError
from fermata.cli.pages import description
from fermata.domain.errors import HeldElsewhere, Refused, WrongStatus
from fermata.domain.holds import Hold
from pydantic import TypeAdapter

SCHEMAS: dict[str, Any] = description()["components"]["schemas"]
BY_CODE = {model.model_fields["code"].annotation.__args__[0]: model for model in typed_errors.ALL}  # type: ignore[union-attr]


def refusals(cls: type[Refused] = Refused) -> Iterator[type[Refused]]:
    for each in cls.__subclasses__():
        if each.__module__.startswith("fermata."):
            yield each
        yield from refusals(each)


@pytest.mark.parametrize("error", [*refusals()], ids=lambda error: error.__name__)
def test_every_error_has_a_schema_with_all_its_facts(error: type[Refused]) -> None:
    shown = SCHEMAS[BY_CODE[error.code].__name__]
    assert set(shown["properties"]) == {"detail", "code", *error.facts}
    assert set(shown["required"]) == set(shown["properties"])


@pytest.mark.parametrize("error", [*refusals()], ids=lambda error: error.__name__)
def test_every_attribute_of_an_error_is_one_of_its_facts(error: type[Refused]) -> None:
    source = inspect.getsource(error.__init__) if "__init__" in vars(error) else ""
    assert set(re.findall(r"self\.(\w+) =", source)) <= {*error.facts}


def test_schemas_are_told_apart_by_their_codes() -> None:
    assert len(BY_CODE) == len(typed_errors.ALL)
    assert {name for names in TYPED.typed.values() for name in names} == {model.__name__ for model in typed_errors.ALL}


def checked(body: dict[str, Any]) -> TypedError:
    """The body as its schema has it, and nothing besides."""
    found: TypedError = TypeAdapter(BY_CODE[body["code"]]).validate_python(body)
    assert set(body) == set(type(found).model_fields)
    return found


def test_refusals_of_routes_are_as_described(service: Any, ann: Any) -> None:
    job = ann.post("/api/v1/jobs", json={"kind": "tag_documents"}).json()
    told = [
        ann.get("/api/v1/jobs/jobs:none"),
        ann.get("/api/v1/jobs?limit=0"),
        ann.get("/api/v1/keys"),
        ann.post("/api/v1/jobs", content=b"x", headers={"Content-Type": "text/plain"}),
        service.client().get("/api/v1/kinds"),
        ann.get("/api/v1/schedules/none"),
    ]
    assert [checked(answer.json()).__class__.__name__ for answer in told] == [
        "NotFoundError",
        "InvalidInputError",
        "ForbiddenError",
        "NotJsonError",
        "UnauthenticatedError",
        "NotFoundError",
    ], job


def test_an_error_tells_the_facts_that_it_was_raised_with() -> None:
    assert typed_facts(WrongStatus("pause", "completed")) == {
        "code": "wrong_status",
        "command": "pause",
        "status": "completed",
    }
    held = HeldElsewhere("paused", [Hold("system", "root", "deploying", 0.0)], "the whole system is held")
    assert typed_facts(held)["holds"][0]["owner"] == "root"
    assert typed_facts(ValueError("x")) == {}


@pytest.mark.parametrize("path", ["/api/batch/jobs/x/status", "/processes/1", "/api/v1/sources/x"])
def test_where_a_document_binds_the_route_an_error_says_no_more_than_that(ann: Any, path: str) -> None:
    assert list(ann.get(path).json()) == ["detail"]
