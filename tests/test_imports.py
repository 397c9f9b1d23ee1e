"""Imports that are strings, which the linter of imports does not see: each leads somewhere, and not where it may not."""

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest
from fermata.api import app as api
from fermata.cli import app as cli
from fermata.kinds import registry
from fermata.local.template import project_root

PACKAGE = project_root() / "layers" / "core" / "python"
KINDS = [f"{module}:{attribute}" for module, attribute in registry.PLACES.values()]
FAMILIES = [f"{module}:FAMILY" for module in api.FAMILIES]
COMMANDS = [
    f"fermata.cli.{cli.MODULES.get(name, name)}:{name}_command" for section in cli.SECTIONS.values() for name in section
]
PLACES = {
    "fermata/kinds/registry.py": ("fermata.kinds.", KINDS),
    "fermata/api/app.py": ("fermata.api.", FAMILIES),
    "fermata/cli/app.py": ("fermata.cli.", COMMANDS),
    "fermata/cli/kind_package.py": (
        "",
        ["fermata.domain.kind:Kind"],
    ),  # a developer's own package, which only they know
}
"""Module that imports by strings → what they have to begin with, and all of them."""


def imports_by_string(path):
    names = {"import_module", "__import__"}
    calls = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
    return any(getattr(call, "attr", getattr(call, "id", None)) in names for call in calls)


def test_only_these_modules_import_by_strings():
    found = {str(path.relative_to(PACKAGE)) for path in (PACKAGE / "fermata").rglob("*.py") if imports_by_string(path)}
    assert found == PLACES.keys()


@pytest.mark.parametrize("importer", PLACES)
def test_strings_stay_in_the_importers_own_package(importer):
    prefix, places = PLACES[importer]
    assert places
    assert [place for place in places if not place.startswith(prefix)] == []


@pytest.mark.parametrize("place", [place for _, places in PLACES.values() for place in places])
def test_each_string_leads_to_something(place):
    module, name = place.split(":")
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    assert name in names_of(spec.origin)


def names_of(origin):
    """What a module defines or imports, without running it."""
    body = ast.parse(Path(origin).read_text(encoding="utf-8")).body
    names = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names
