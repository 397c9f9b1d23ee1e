"""The layers as `sam build` makes them, but for the interpreter that runs the tests, so that they can be run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from fermata.local.template import project_root

LAYERS = {"core": "CoreLayer", "dependencies": "DependenciesLayer", "worker": "WorkerLayer", "ocr": "OcrLayer"}


@pytest.fixture(scope="session")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Lambda unpacks into /opt for a function that has all layers."""
    if sys.platform != "linux":
        pytest.skip("the layers hold wheels for Linux")
    folder = tmp_path_factory.mktemp("opt")
    settings = {
        "ARTIFACTS_DIR": str(folder),
        "PYTHON": sys.executable,
        "PYTHON_VERSION": platform.python_version(),
        "MACHINE": platform.machine(),
        "COMPILE": "true",  # takes longer than all the rest; what `sam build` makes is looked at elsewhere
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    sizes: dict[str, int] = {}
    for name, target in LAYERS.items():
        command = ["make", "--silent", "--directory", str(project_root() / "layers" / name), f"build-{target}"]
        before = _size(folder)
        subprocess.run(command, env=os.environ | settings, check=True)
        sizes[name] = _size(folder) - before
    (folder / "sizes.json").write_text(json.dumps(sizes))
    return folder


@pytest.fixture(scope="session")
def sizes(opt: Path) -> dict[str, int]:
    """Bytes of each layer."""
    sizes: dict[str, int] = json.loads((opt / "sizes.json").read_text())
    return sizes


def _size(folder: Path) -> int:
    """What is there, with the bytecode that `sam build` adds: about as much as the sources have."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return sum(path.stat().st_size * (2 if path.suffix == ".py" else 1) for path in files)


@pytest.fixture(scope="session")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ``python`` that knows the standard library and ``PYTHONPATH``, and nothing that is installed here."""
    folder = tmp_path_factory.mktemp("bin")
    interpreter = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nexec {interpreter} -S "$@"\n')
    script.chmod(0o755)
    return folder
