"""Every family of routes has the same rooms, and is named in as few places as can be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from fermata import api
from fermata.api.app import FAMILIES
from fermata.api.routing import RULE, Family
from fermata.domain.access import CONTROL

HERE = Path(api.__file__).parent
PROGRAM = HERE.parent
ROOT = PROGRAM.parents[3]
FOLDERS = sorted(path.parent.name for path in HERE.glob("*/family.py"))

LISTS = {"api/app.py"}
"""Where a family is named for what it is: those that the app has."""

ASKED = {"cli/limits.py"}
"""Where one number of a family is asked for, to be written down."""


def sources() -> dict[str, str]:
    return {str(path.relative_to(PROGRAM)): path.read_text() for path in PROGRAM.rglob("*.py")}


@pytest.mark.parametrize("family", FOLDERS)
def test_a_family_has_routes_schemas_and_a_presenter(family: str) -> None:
    rooms = {path.stem for path in (HERE / family).iterdir()}
    assert {"family", "routes", "schemas", "presenter"} <= rooms


def test_nobody_outside_of_its_folder_knows_a_family_but_the_list_of_the_app() -> None:
    named = re.compile(rf"fermata\.api\.({'|'.join(FOLDERS)})\b")
    knowing: dict[str, set[str]] = {}
    for path, text in sources().items():
        for family in named.findall(text):
            if not path.startswith(f"api/{family}/"):
                knowing.setdefault(path, set()).add(family)
    assert knowing.keys() == LISTS | ASKED
    assert knowing["api/app.py"] == set(FOLDERS)


def test_each_family_of_a_folder_is_on_the_list_once() -> None:
    assert len(FAMILIES) == len(set(FAMILIES))
    assert set(FOLDERS) <= {name.removeprefix("fermata.api.") for name in FAMILIES}


def test_families_are_kept_from_knowing_each_other() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    apart = next(one["modules"] for one in contracts if one["name"] == "The API's families do not know each other")
    assert {name.removeprefix("fermata.api.") for name in apart} == set(FOLDERS)


def test_one_declaration_makes_a_route_that_controls_a_thing() -> None:
    family = Family("things", "/things", item="/of/{thing_id}")
    family.control("pause", "Pause a thing", status_code=202)(lambda call, thing_id: None)
    (made,) = family.operations
    rule = getattr(made.function, RULE)
    assert (made.method, made.path, made.options["summary"]) == ("POST", "/things/of/{thing_id}/pause", "Pause a thing")
    assert (rule.action, rule.target, rule.scope) == ("things.pause", "thing_id", CONTROL)
    assert {404, 409} <= made.options["responses"].keys()
