"""The template as it is written, transformed, and the state machine."""

from typing import Any

import pytest
from fermata.local import template


@pytest.fixture(scope="session")
def written() -> dict[str, Any]:
    return template.load()


@pytest.fixture(scope="session")
def resources(written: dict[str, Any]) -> dict[str, Any]:
    """Properties by logical id."""
    plain = template.plain(written, lambda folder: {"Bucket": "code", "Key": folder})
    return {name: resource.get("Properties", {}) for name, resource in plain["Resources"].items()}


@pytest.fixture(scope="session")
def states() -> dict[str, Any]:
    return template.definition()["States"]
