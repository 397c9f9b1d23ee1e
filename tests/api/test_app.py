"""What belongs to no family: health, description, version."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from fermata.api.version import VERSION

PROJECT = Path(__file__).parents[2]


def test_health_needs_no_credentials(service: Any) -> None:
    assert service.client().get("/health").json() == {"status": "ok", "version": VERSION}


def test_the_version_is_the_packages() -> None:
    assert tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"] == VERSION


def test_the_docs_are_shown(service: Any) -> None:
    assert "openapi.json" in service.client().get("/docs").text


@pytest.fixture
def operations(service: Any) -> dict[tuple[str, str], Any]:
    paths = service.client().get("/openapi.json").json()["paths"]
    return {(method, path): operation for path, methods in paths.items() for method, operation in methods.items()}


def test_every_route_describes_its_credentials_and_errors(operations: dict[tuple[str, str], Any]) -> None:
    for (method, path), operation in operations.items():
        if path != "/health":
            assert {"bearer": []} in operation["security"] or operation["security"] == [{}], path
            assert {"401", "403", "429", "500"} <= set(operation["responses"]), path
            assert operation["summary"] and operation["description"], path
            assert method == "get" or {"413", "415"} <= set(operation["responses"]), path


def test_every_schema_that_is_referred_to_is_there(service: Any) -> None:
    text = service.client().get("/openapi.json").text
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(service.client().get("/openapi.json").json()["components"]["schemas"])
    assert "HTTPValidationError" not in text


def test_batches_answer_400_and_never_422(operations: dict[tuple[str, str], Any]) -> None:
    for (_, path), operation in operations.items():
        if path.startswith("/api/batch"):
            assert "400" in operation["responses"]
            assert "422" not in operation["responses"]


def test_schemas_and_operations_have_names_that_a_reader_would_give_them(service: Any, operations: Any) -> None:
    schemas = service.client().get("/openapi.json").json()["components"]["schemas"]
    assert [name for name in schemas if "__" in name] == []
    ids = [operation["operationId"] for operation in operations.values()]
    assert len(ids) == len(set(ids))
    assert {"list_jobs", "pause_job", "get_batch_status", "create_source"} <= set(ids)


def test_a_body_that_may_be_left_out_is_described_plainly(operations: Any) -> None:
    bodies = [operation["requestBody"] for operation in operations.values() if "requestBody" in operation]
    assert [body for body in bodies if "anyOf" in body["content"]["application/json"]["schema"]] == []


def test_an_id_in_a_path_is_described_as_something_that_stands_in_one(operations: Any) -> None:
    ids = [
        each for operation in operations.values() for each in operation.get("parameters", ()) if each["in"] == "path"
    ]
    assert ids
    assert [each for each in ids if each["schema"]["type"] == "string" and "pattern" not in each["schema"]] == []


def test_the_page_of_the_api_needs_no_other_host(service: Any) -> None:
    client = service.client()
    page = client.get("/docs")
    assert page.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    named = [part.split('"')[0] for part in page.text.replace("href=", "src=").split('src="')[1:]]
    assert named == ["docs/swagger-ui.css", "openapi.json", "docs/swagger-ui-bundle.js", "docs/start.js"]
    assert [client.get(f"/{path}").status_code for path in named] == [200] * 4
    assert "<script>" not in page.text
    assert client.get("/docs/LICENSE").status_code == client.get("/docs/index.html").status_code == 404


def test_what_the_page_is_made_of_is_kept_by_browsers(service: Any) -> None:
    first = service.client().get("/docs/swagger-ui.css")
    again = service.client().get("/docs/swagger-ui.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/health", "/api/v1/jobs", "/processes", "/api/v1/stream", "/docs"])
def test_head_answers_wherever_get_does_and_says_nothing(service: Any, path: str) -> None:
    client = service.key()
    answer = client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert client.head("/api/v1/jobs/jobs:none").status_code == 404
    assert client.head("/api/v1/jobs/pause").status_code in (404, 405)
