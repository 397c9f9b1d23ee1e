"""The tutorial as it stands: its files are written, its commands run, and the package is found by its entry point."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import pytest
from fermata.cli.main import main
from fermata.embedded import Embedded
from fermata.local.template import project_root

PAGE = (project_root() / "docs" / "tutorial-kind.md").read_text(encoding="utf-8")
PARTS = re.findall(r"(?:<!-- file (\S+) -->\n)?```(\w+)\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that packages are installed into, and found in."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "reading_ease"))
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    monkeypatch.setenv("FERMATA_STATE_DIR", str(tmp_path / "state"))
    yield folder
    forget()


def forget() -> None:
    """What this process has imported of the package: on the page each line is a process of its own."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "reading_ease"]:
        del sys.modules[name]
    invalidate_caches()


def run(command: str, site: Path) -> None:
    """A line of the page; the stack that it starts is one in memory here, and installed is beside Fermata, not into it."""
    forget()
    words = shlex.split(command)
    if words[0] == "fermata":
        assert words[1] == "up" or main(words[1:]) == 0, command
        return
    if words[0] == "pip":
        words = [sys.executable, "-m", "pip", *words[1:], "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
        words += ["--disable-pip-version-check", "--target", str(site)]
    else:
        words[0] = sys.executable
    done = subprocess.run(words, env={**os.environ}, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_tutorial_works_as_it_stands(site: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    with Embedded() as server:
        monkeypatch.setenv("FERMATA_URL", server.url)
        monkeypatch.setenv("FERMATA_API_KEY", server.api_key)
        for path, language, text in PARTS:
            if path:
                Path(path).write_text(text)
            elif language == "sh":
                for line in text.splitlines():
                    run(line, site)
        (job,) = server.world.jobs.values()
    said = capsys.readouterr().out
    assert (job.kind, job.status, job.result["measured"]) == ("reading_ease", "completed", 1)
    assert "families: jobs, tasks" in said
    assert said.count("  ok  ") == 12 and "FAILED" not in said
