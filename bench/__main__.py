"""The command line: measure all figures, or those named."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.figure import Check, Figure, targets
from bench.figures import COUNTED, FIGURES, measure

RESULTS = Path(__file__).with_name("results.md")
LIMIT = 300.0
"""Seconds that one figure may take."""

GRACE = 30.0
"""Seconds in which it cleans up after that."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure Fermata.")
    parser.add_argument("figures", nargs="*", metavar="figure", help=f"of: {', '.join(FIGURES)}; all by default")
    parser.add_argument("--into", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = set(arguments.figures) - set(FIGURES)
    if unknown:
        parser.error(f"there is no figure {', '.join(sorted(unknown))}; there are: {', '.join(FIGURES)}")
    if arguments.into:  # one figure, for the process that shows it
        arguments.into.write_text(json.dumps(measure(arguments.figures[0]).plain()), encoding="utf-8")
        return 0
    started = time.time()
    figures = list(_measured(arguments.figures or FIGURES))
    checks = [check for figure in figures for check in figure.checks]
    print(f"\n{targets(checks)}\n")
    if not arguments.figures:
        RESULTS.write_text(_document(figures, checks, started), encoding="utf-8")
        print(f"Written to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
    missed = sum(not check.met for check in checks)
    print(f"{len(checks) - missed} of {len(checks)} targets met, in {time.time() - started:.0f} s")
    return 1 if missed else 0


def _measured(names: Sequence[str]) -> Iterator[Figure]:
    """The figures, in this order: those that only count side by side, each of the others alone."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counted = {name: pool.submit(_apart, name) for name in names if name in COUNTED}
    for name in names:
        figure = counted[name].result() if name in counted else _apart(name)
        print(f"\n{figure.markdown()}\n", flush=True)
        yield figure


def _apart(name: str) -> Figure:
    """Measure in a process of its own, so that no figure warms up, or weighs on, another."""
    print(f"… {name}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        into = Path(folder) / "figure.json"
        command = [sys.executable, "-W", "error", "-m", "bench", name, "--into", str(into)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                _, error = process.communicate(timeout=LIMIT)
            except subprocess.TimeoutExpired:
                _end(process)
                return _broken(name, f"took longer than {LIMIT:.0f} s")
        if process.returncode or not into.exists():
            print(error[-4000:], file=sys.stderr)
            return _broken(name, (error.strip().splitlines() or ["no reason given"])[-1])
        return Figure.of(json.loads(into.read_text(encoding="utf-8")))


def _end(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does, so that it takes the local stack with it that it has started."""
    process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _broken(name: str, why: str) -> Figure:
    return Figure(name, (Check(name, f"could not be measured: {why}"[:200], "-", False),))


def _document(figures: list[Figure], checks: list[Check], started: float) -> str:
    at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(started))
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    head = f"# Measured\n\nBy `make bench`, {at}, on {machine}.\n\n{targets(checks)}"
    return "\n\n".join([head, *(figure.markdown() for figure in figures)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
