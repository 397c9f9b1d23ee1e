import re
import shlex
from pathlib import Path

import pytest
from fermata.cli.reference import understood
from fermata.cli.seeding import SEEDS
from fermata.local.template import load, project_root


def test_every_test_that_is_named_exists(all_text):
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", all_text))
    assert len(named) > 10
    for path, name in named:
        assert f"def {name}(" in (project_root() / path).read_text(encoding="utf-8"), f"{path}::{name}"


def test_every_link_into_the_project_leads_somewhere(pages):
    links = [(path, link) for path, text in pages.items() for link in re.findall(r"\]\(([^)\s]+)\)", prose(text))]
    inside = [(path, link.partition("#")[0]) for path, link in links if "://" not in link and not link.startswith("#")]
    assert len(inside) > 60
    assert [(path.name, link) for path, link in inside if not (path.parent / link).exists()] == []


def prose(text):
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def test_every_page_is_in_the_site(pages):
    listed = (project_root() / "mkdocs.yml").read_text(encoding="utf-8")
    docs = project_root() / "docs"
    assert [path.name for path in pages if docs in path.parents and f"- {path.relative_to(docs)}\n" not in listed] == []


def test_every_command_is_understood(shell):
    lines = [line for line in shell if line.startswith("fermata ")]
    assert len(lines) > 8
    for line in lines:
        assert understood(shlex.split(line)[1:]).callback, line


def test_every_make_target_exists(all_text, shell):
    targets = set(re.findall(r"^([a-z]+):", (project_root() / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)", all_text)) | {
        line.split()[1] for line in shell if line.startswith("make ")
    }
    assert {"run", "test", "up", "down", "lint"} <= named <= targets


def test_every_folder_on_the_map_exists(readme):
    shown = re.search(r"## The map of the folders\n\n```\n(.*?)```", readme, re.DOTALL)[1]
    package = Path("layers/core/python/fermata")
    places = re.findall(r"^(  )?(\w[\w./<>, ]*?)(?:  |$)", shown, re.MULTILINE)
    assert len(places) > 15
    for inside, names in places:
        for name in names.replace("<name>", "api").split(", "):
            assert (project_root() / (package if inside else "") / name).exists(), name


def test_the_outputs_and_parameters_that_are_named_exist(all_text):
    loaded = load()
    outputs = set(re.findall(r"output `(\w+)`", all_text))
    assert {"ApiUrl", "StreamUrl", "DashboardUrl", "ApiFunctionName"} <= outputs <= set(loaded["Outputs"])
    words = set(re.findall(r"`((?:Jwt|Maintenance|Alarm|Anonymous|Streaming)\w+)`", all_text))
    assert words <= set(loaded["Parameters"])


def test_the_local_stacks_keys_are_named(readme):
    assert all(f"`{key}`" in readme for key, _, _ in SEEDS)


@pytest.mark.parametrize("file", ["LICENSE", "CHANGELOG.md", "samples/README.md", "samples/documents.csv"])
def test_what_the_readme_leans_on_is_there(file):
    assert (project_root() / file).is_file()
