"""What the built layers hold, and that each function starts from them alone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from fermata.adapters.aws.clients import Clients
from fermata.local.template import project_root

FUNCTIONS = ("api", "worker", "workflow", "recovery")
DEVELOPERS = {"fermata.cli", "fermata.embedded", "fermata.local", "fermata.testing", "fermata.adapters.memory"}
"""Packages and modules that no function needs."""

SERVICES = [name for name, value in vars(Clients).items() if isinstance(value, property)]
LOAD = "import importlib.util as u; s = u.spec_from_file_location('h', {path!r}); s.loader.exec_module(u.module_from_spec(s))"
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


def test_each_build_is_another_so_that_each_deployment_is_a_version(opt: Path) -> None:
    assert (opt / "python" / "fermata" / "BUILT").read_text().startswith("20")
    assert "BUILT" not in {path.name for path in (project_root() / "layers" / "core" / "python" / "fermata").iterdir()}


LIMIT = 200 * 1024 * 1024
"""Bytes that a function and its layers may unpack to; Lambda allows 250 MB."""

BYTECODE = 2
"""Bytes of bytecode for each of source, at most; it is not made here."""


def test_the_layers_of_a_worker_stay_far_below_what_lambda_unpacks(opt: Path) -> None:
    files = [path for path in opt.rglob("*") if path.is_file()]
    source = sum(path.stat().st_size for path in files if path.suffix == ".py")
    assert sum(path.stat().st_size for path in files) + BYTECODE * source < LIMIT
