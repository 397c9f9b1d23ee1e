"""Writes the package ``_sync`` from ``_async``: ``python clients/python/generate.py``, or ``make client``."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import unasync

PACKAGE = Path(__file__).parent / "src" / "fermata_client"
OURS = 'lint.isort.known-first-party = ["fermata_client"]'
PROJECT = Path(__file__).parents[2]
NAMES = {"aclose": "close", "aiter_bytes": "iter_bytes", "aread": "read", "asyncio": "time", "_async": "_sync"}
"""What the two worlds call differently, beside what the library knows and names that begin with Async."""

HEAD = '"""The client for programs that wait. Generated from ``_async`` by ``make client``: change it there."""\n'


def generate(target: Path = PACKAGE / "_sync") -> None:
    """Write the folder anew."""
    source = PACKAGE / "_async"
    files = sorted(source.glob("*.py"))
    classes = {name for file in files for name in re.findall(r"\bAsync[A-Z]\w*", file.read_text(encoding="utf-8"))}
    replaced = NAMES | {name: name.removeprefix("Async") for name in classes - {"AsyncIterator"}}
    shutil.rmtree(target, ignore_errors=True)
    rule = unasync.Rule(f"{source}/", f"{target}/", replaced)
    unasync.unasync_files([str(file) for file in files], [rule])
    for file in target.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        file.write_text(re.sub(r"\bAsync(?=[A-Z]\w*[`.])", "", text), encoding="utf-8")  # in docstrings
    (target / "__init__.py").write_text(HEAD, encoding="utf-8")
    for command in (["check", "--fix", "--select", "I", "--config", OURS], ["format"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--quiet", "--config", PROJECT / "pyproject.toml", target]
        subprocess.run(ruff, check=True)  # noqa: S603


if __name__ == "__main__":
    generate(*(Path(argument) for argument in sys.argv[1:]))
