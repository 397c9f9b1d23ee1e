"""What the built layers hold, and that each function starts from them alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from fermata.adapters.aws.clients import Clients
from fermata.local.template import project_root

FUNCTIONS = ("api", "worker", "workflow", "recovery", "webhooks")
DEVELOPERS = {"fermata.cli", "fermata.embedded", "fermata.local", "fermata.testing", "fermata.adapters.memory"}
"""Packages and modules that no function needs."""

SERVICES = [name for name, value in vars(Clients).items() if isinstance(value, property)]
LOAD = "import importlib.util as u; s = u.spec_from_file_location('h', {path!r}); s.loader.exec_module(u.module_from_spec(s))"
LANGUAGES = "from fermata.toolkit.ocr.engine import languages_here as all; import tesserocr, PIL; print(sorted(all()))"
BUILD = "from fermata.adapters.aws.clients import Clients; print(Clients().{service}.meta.service_model.service_name)"


def run(bare_python: Path, opt: Path, code: str) -> str:
    environment = {"PATH": f"{bare_python}:{os.environ['PATH']}", "PYTHONPATH": str(opt / "python")}
    environment |= {"AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(["python", "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def modules(folder: Path) -> set[str]:
    paths = [path.relative_to(folder).with_suffix("") for path in (folder / "fermata").rglob("*.py")]
    return {".".join(path.parts).removesuffix(".__init__") for path in paths}


def is_for_developers(module: str) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in DEVELOPERS)


def test_the_program_is_there_without_what_only_developers_need(opt: Path) -> None:
    written = modules(project_root() / "layers" / "core" / "python")
    assert modules(opt / "python") == {module for module in written if not is_for_developers(module)}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_loads_from_its_layers_alone(opt: Path, bare_python: Path, function: str) -> None:
    run(bare_python, opt, LOAD.format(path=str(project_root() / "functions" / function / "handler.py")))


@pytest.mark.parametrize("service", SERVICES)
def test_every_client_of_aws_can_be_built(opt: Path, bare_python: Path, service: str) -> None:
    assert run(bare_python, opt, BUILD.format(service=service)) == service


def test_layers_leave_room_below_what_lambda_takes(sizes: dict[str, int]) -> None:
    """MB: of the default worker, which starts often, and of the one that reads images; Lambda takes 250."""
    default = sizes["core"] + sizes["dependencies"] + sizes["worker"]
    assert default < 200 * 1024 * 1024
    assert default + sizes["ocr"] < 250 * 1024 * 1024


def test_the_engine_that_reads_images_finds_its_models_in_its_layer(opt: Path, bare_python: Path) -> None:
    assert run(bare_python, opt, LANGUAGES) == "['deu', 'eng', 'jpn']"


def test_each_build_is_another_so_that_each_deployment_is_a_version(opt: Path) -> None:
    assert (opt / "python" / "fermata" / "BUILT").read_text().startswith("20")
    assert "BUILT" not in {path.name for path in (project_root() / "layers" / "core" / "python" / "fermata").iterdir()}
