"""The command line: read all files that are found, print what came of it, and write bench/corpus.md."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from bench.corpus import files, tables
from bench.figure import Figure, targets

RESULTS = Path(__file__).parents[1] / "corpus.md"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.corpus", description="Read real files, beside other readers."
    )
    parser.add_argument("folder", nargs="?", type=Path, help="a folder of files, besides those of installed packages")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the other readers")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.folder and not arguments.folder.is_dir():
        parser.error(f"{arguments.folder} is no folder")
    began = time.time()
    figures = []
    for figure in _measured(files.roots(arguments.folder), arguments.peers):
        print(f"{figure.markdown()}\n", flush=True)
        figures.append(figure)
    if arguments.write:
        RESULTS.write_text(_document(figures, began), encoding="utf-8")
    return 1 if any(not check.met for figure in figures for check in figure.checks) else 0


def _measured(places: list[Path], peers: str) -> Iterator[Figure]:
    pages = files.gold_pages(places)
    if pages:
        yield from tables.html(pages, peers)
    else:
        print("No evaldata.json with its pages is here: main text of pages and tags are not measured.\n")
    for name, paths in files.by_format(places).items():
        if paths:
            yield tables.compared(name, paths, peers)
    if annotated := files.annotated_tables(places):
        yield from tables.dialects(annotated, peers)
    else:
        print("No lists of annotated dialects are here: tables are not measured.\n")
    if texts := files.of_charsets(places):
        yield tables.charsets(texts, peers)


def _document(figures: list[Figure], began: float) -> str:
    at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(began))
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    checks = [check for figure in figures for check in figure.checks]
    head = f"# Real files\n\nBy `make corpus`, {at}, on {machine}. What was chosen by such figures stands in docs/libraries.md."
    return "\n\n".join([head, targets(checks), *(figure.markdown() for figure in figures)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
