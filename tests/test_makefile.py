"""What `make` says where it can't go on."""

import shutil
import subprocess

import pytest
from fermata.local.template import project_root


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not here")
@pytest.mark.parametrize("python", ["old", "missing"])
def test_another_python_is_asked_for_where_this_one_is_too_old_or_not_there(tmp_path, python):
    (tmp_path / "old").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "old").chmod(0o755)
    for line in (project_root() / "Makefile").read_text(encoding="utf-8").splitlines():
        if line.startswith("$(READY):"):
            needed = line.partition(":")[2].split()
    for name in needed:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    command = ["make", "-f", str(project_root() / "Makefile"), "up", f"PYTHON={tmp_path / python}"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert said.returncode != 0
    assert "needs Python 3.11 or newer" in said.stderr
    assert not (tmp_path / ".venv").exists()
