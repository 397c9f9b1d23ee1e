"""`sam build`: what is deployed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

LAYERS = ("CoreLayer", "DependenciesLayer", "WorkerLayer", "OcrLayer")
FUNCTIONS = {
    "ApiFunction",
    "WorkerFunction",
    "OcrFunction",
    "WorkflowFunction",
    "RecoveryFunction",
    "StreamFunction",
    "SocketFunction",
    "WebhookFunction",
}


@pytest.fixture(scope="module")
def built(sam: Path, project: Path, environment: dict[str, str], python313: Path) -> Path:
    path = f"{python313}:{Path(sys.executable).parent}:{environment['PATH']}"
    done = subprocess.run(
        [sam, "build"], cwd=project, env=environment | {"PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return project / ".aws-sam" / "build"


def test_all_functions_and_layers_are_built(built: Path) -> None:
    assert {path.name for path in built.iterdir() if path.is_dir()} == FUNCTIONS | set(LAYERS)
    assert (built / "StreamFunction" / "run.sh").stat().st_mode & 0o111


def test_the_dashboard_goes_along_as_it_is(built: Path, project: Path) -> None:
    written = yaml_parse((built / "template.yaml").read_text())["Resources"]
    folder = (built / written["DashboardLayer"]["Properties"]["ContentUri"]).resolve()
    assert folder == project / "dashboard"
    assert (folder / "python" / "fermata_dashboard" / "index.html").is_file()
    assert {"Ref": "DashboardLayer"} in written["ApiFunction"]["Properties"]["Layers"]


def test_code_is_compiled_for_lambdas_processor_and_interpreter(built: Path) -> None:
    binaries = [path.name for layer in LAYERS for path in (built / layer).rglob("*.so")]
    assert binaries
    assert [name for name in binaries if "x86_64" in name or ("cpython-3" in name and "cpython-313-" not in name)] == []


def test_everything_has_its_bytecode(built: Path) -> None:
    """Packages of one directory stand for all: compileall takes all or nothing of one."""
    folders = {path.parent for layer in LAYERS for path in (built / layer / "python").rglob("__init__.py")}
    assert len(folders) > 100
    assert [folder for folder in folders if not list((folder / "__pycache__").glob("__init__.cpython-313.pyc"))] == []


@pytest.mark.parametrize(("layers", "most"), [(LAYERS[:3], 200), (LAYERS, 240)])
def test_layers_are_below_what_lambda_takes(built: Path, layers: tuple[str, ...], most: int) -> None:
    """The default worker's by far, since it starts often; those of the one that reads images as well. MB, of Lambda's 250."""
    size = sum(path.stat().st_size for layer in layers for path in (built / layer).rglob("*") if path.is_file())
    assert size < most * 1024 * 1024
