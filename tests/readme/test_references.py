import re
import shlex
from pathlib import Path

import pytest
from fermata.cli.reference import understood
from fermata.cli.seeding import SEEDS
from fermata.local.template import load, project_root


def test_every_test_that_is_named_exists(readme):
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", readme))
    assert len(named) > 10
    for path, name in named:
        assert f"def {name}(" in (project_root() / path).read_text(encoding="utf-8"), f"{path}::{name}"


def test_every_link_into_the_project_leads_somewhere(readme):
    links = [link for link in re.findall(r"\]\(([^)]+)\)", readme) if "://" not in link]
    assert [link for link in links if not (project_root() / link).exists()] == []


def test_every_command_is_understood(shell):
    lines = [line for line in shell if line.startswith("fermata ")]
    assert len(lines) > 8
    for line in lines:
        assert understood(shlex.split(line)[1:]).callback, line


def test_every_make_target_exists(readme, shell):
    targets = set(re.findall(r"^([a-z]+):", (project_root() / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", readme)) | {line.split()[1] for line in shell if line.startswith("make ")}
    assert {"run", "test", "up", "down", "lint"} <= named <= targets


def test_every_folder_on_the_map_exists(readme):
    shown = re.search(r"## The map of the folders\n\n```\n(.*?)```", readme, re.DOTALL)[1]
    package = Path("layers/core/python/fermata")
    places = re.findall(r"^(  )?(\w[\w./<>, ]*?)(?:  |$)", shown, re.MULTILINE)
    assert len(places) > 15
    for inside, names in places:
        for name in names.replace("<name>", "api").split(", "):
            assert (project_root() / (package if inside else "") / name).exists(), name


def test_the_outputs_and_parameters_that_are_named_exist(readme):
    loaded = load()
    outputs = set(re.findall(r"output `(\w+)`", readme))
    assert {"ApiUrl", "StreamUrl", "DashboardUrl", "ApiFunctionName"} <= outputs <= set(loaded["Outputs"])
    words = set(re.findall(r"`((?:Jwt|Maintenance|Alarm|Anonymous|Streaming)\w+)`", readme))
    assert words <= set(loaded["Parameters"])


def test_the_local_stacks_keys_are_named(readme):
    assert all(f"`{key}`" in readme for key, _, _ in SEEDS)


@pytest.mark.parametrize("file", ["LICENSE", "CHANGELOG.md", "samples/README.md", "samples/documents.csv"])
def test_what_the_readme_leans_on_is_there(file):
    assert (project_root() / file).is_file()
