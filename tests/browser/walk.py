"""From a clone to a paused, resumed and reviewed job by README.md alone, with the clock running: ``make walk``.

What the project's last commit holds is cloned into a new folder, with an empty home and without a virtual environment; then
what README.md has one type is typed into a shell, and what it has one do in the dashboard is done in Chromium. The exit
code is 1 where that took more than five minutes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import chromium
import newcomer
from fermata.local.process import free_port
from playwright.sync_api import Page, expect

PROJECT = newcomer.README.parent
MOST = 300
STRANGE = ("FERMATA_", "AWS_", "VIRTUAL_ENV", "PYTHON", "MAKE", "MFLAGS")


class Walk:
    """A clone, and the time since it was begun."""

    def __init__(self, folder: Path, pictures: Path | None) -> None:
        self.clone, self.pictures = folder / "fermata", pictures
        self.port = free_port()
        (folder / "home").mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(STRANGE)}
        path = [part for part in os.environ["PATH"].split(os.pathsep) if not part.startswith(str(PROJECT))]
        self.environment = {**kept, "HOME": str(folder / "home"), "PORT": str(self.port), "PATH": os.pathsep.join(path)}
        self.begun = time.monotonic()

    def told(self, step: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self.begun:6.1f} s  {step}\n")
        sys.stdout.flush()

    def type(self, *lines: str) -> None:
        """Into one shell; the first that fails ends it all."""
        script = "\n".join(lines).replace("localhost:8000", f"localhost:{self.port}")
        done = subprocess.run(
            ["bash", "-ec", script], cwd=self.clone, env=self.environment, text=True, capture_output=True
        )
        if done.returncode:
            raise SystemExit(f"{script}\nexit code {done.returncode}\n{done.stdout}{done.stderr}")
        self.told("; ".join(lines))

    def shown(self, page: Page, step: str) -> None:
        self.told(step)
        if self.pictures:
            page.screenshot(path=self.pictures / f"{len(list(self.pictures.glob('*.png'))):02} {step}.png")


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=Path, help="a folder for one of each step")
    pictures: Path | None = options.parse_args().pictures
    if pictures:
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir(parents=True)
    readme = newcomer.README.read_text(encoding="utf-8")
    lines = [line for line in newcomer.lines_of(readme) if line not in ("make run", "make test")]
    expect.set_options(timeout=60_000)
    with ExitStack() as stack:
        walk = Walk(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="newcomer-"))), pictures)
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(walk.clone)], check=True)
        walk.told("cloned")
        walk.type("make run")
        stack.callback(walk.type, "make down")
        walk.type(*lines)
        trial = newcomer.trial_of(readme)
        page = stack.enter_context(chromium.browser()).new_page(viewport={"width": 1280, "height": 900})
        newcomer.walk(
            page, f"http://localhost:{walk.port}/", "sk_test_123456", trial, walk.clone / trial.file,
            lambda step: walk.shown(page, step),
        )  # fmt: skip
        took = time.monotonic() - walk.begun
        load, cores = os.getloadavg()[0], os.cpu_count()
        walk.told(
            f"a paused, resumed and reviewed job after {took / 60:.1f} minutes, on {cores} cores at a load of {load:.1f}"
        )
    return 0 if took <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
