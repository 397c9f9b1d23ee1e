"""``fermata demo``: a batch of real documents, paused on the way, on the local stack."""

from __future__ import annotations

import argparse
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from fermata.cli import rows
from fermata.cli.client import Api
from fermata.cli.documents import Row, documents_of
from fermata.cli.endpoints import add_state, own, running
from fermata.cli.errors import CommandError, Rejected
from fermata.cli.progress import EVERY, Bar, State, follow, place, state_of
from fermata.cli.seeding import seed
from fermata.cli.stack import PORT
from fermata.local import stack as local
from fermata.local import template
from fermata.local.stack import Stack

COPIES = 15
PAUSE_AT = 0.3
"""Share of the documents after which the pause is asked for."""

REST = 3.0
"""Seconds that the batch stays paused, to be looked at."""


def add(commands: Any) -> None:
    help_ = "start the local stack, tag sample documents, pause and resume on the way, stop what was started"
    parser = commands.add_parser("demo", help=help_, description=help_)
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"where the API answers (default: {PORT}, if it is free)"
    )
    parser.add_argument(
        "--copies", type=int, default=COPIES, metavar="N", help="times that each document is in the batch"
    )
    add_state(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    console = Console(highlight=False, soft_wrap=True)
    with stack_for_now(arguments.port, arguments.state_dir, console) as (stack, started), own(stack) as api:
        state = Demo(api, console).run(samples(template.project_root() / "samples", arguments.copies))
    console.print(how_to_go_on(state.job_id, started))
    if state.status != "completed" or state.failed:
        raise CommandError(f"this should not have happened: {state}")


@contextmanager
def stack_for_now(port: int, state_dir: Path | None, console: Console) -> Iterator[tuple[Stack, bool]]:
    """The local stack, and whether it was started for this; then it is stopped again."""
    found = running(state_dir)
    if found:
        console.print(f"The local stack is running at {found.api_url} and stays so.")
        seed(found)
        yield found, False
        return
    if port and is_taken(port):
        console.print(f"Port {port} is taken by another program, so the demo uses a free one.")
        port = 0
    began = time.monotonic()
    with console.status("Starting the local stack: template.yaml, deployed on this computer …"):
        stack = local.up(port, state_dir)
    try:
        seed(stack)
        console.print(f"The local stack answers at {stack.api_url} ({time.monotonic() - began:.0f} s).")
        yield stack, True
    finally:
        local.down(Path(stack.folder))
        console.print("The local stack is stopped; its state is kept.")


@dataclass(frozen=True)
class Demo:
    """The batch's way, told as it goes."""

    api: Api
    console: Console

    def run(self, documents: list[Row]) -> State:
        job_id: str = self.api.post("/api/batch/start", {"documents": documents, "config": {"num_tags": 5}})["job_id"]
        self.console.print(f"Batch {job_id}: {len(documents)} documents. Pausing it after about {PAUSE_AT:.0%}.")
        with Bar(self.console) as bar:
            follow(self.api, job_id, bar, lambda state: state.settled >= PAUSE_AT * state.total > 0, EVERY / 2)
            if self._pause(job_id, bar):
                self.api.post(place(job_id, "resume"))
                self.console.print("Resumed.")
            state = follow(self.api, job_id, bar, lambda state: False)
        self.console.print(f"Done: {state}.")
        self.console.print(tags_by_document(rows.settled(self.api, job_id)))
        return state

    def _pause(self, job_id: str, bar: Bar) -> bool:
        """Pause, and see whether it stays paused; whether there is something to resume."""
        try:
            self.api.post(place(job_id, "pause"))
        except Rejected as error:
            self.console.print(f"It was too quick to be paused: {error}")
            return False
        paused = follow(self.api, job_id, bar, lambda state: state.status == "paused")
        if paused.over:
            self.console.print("It was too quick to be paused: its last documents were in hand.")
            return False
        self.console.print(f"Paused: {paused.settled} of {paused.total} documents are done, none is under way.")
        time.sleep(REST)
        later = state_of(self.api, job_id)
        bar.show(later)
        if later != paused:
            raise CommandError(f"this should not have happened: paused at {paused.settled}, then {later}")
        self.console.print(f"{REST:g} seconds later: still {later.settled} of {later.total}, still {later.status}.")
        return True


def samples(folder: Path, copies: int) -> list[Row]:
    """The sample documents, each so many times, one after the other."""
    once = documents_of([str(folder / "documents.csv")])
    return [{**row, "copy": number} for number in range(1, copies + 1) for row in once]


def tags_by_document(found: Iterator[Row]) -> Table:
    """One line for each document: its format, its tags, how many of its copies have them."""
    by_path: dict[str, list[Row]] = {}
    for row in found:
        by_path.setdefault(row["file_path"], []).append(row)
    table = Table(title="Tags", title_justify="left")
    for name in ("document", "format", "tags", "copies"):
        table.add_column(name, overflow="fold")
    for path, copies in sorted(by_path.items()):
        tagged = sum(bool(row["tags"]) for row in copies)
        suffix = Path(path).suffix.lstrip(".")
        table.add_row(str(copies[0]["title"]), suffix, rows.outcome(copies[0]), f"{tagged} of {len(copies)}")
    return table


def how_to_go_on(job_id: str, stopped: bool) -> str:
    steps = [
        ("make up", "start the stack again and leave it running") if stopped else ("", ""),
        ("source .venv/bin/activate", "have the command at hand"),
        (f"fermata batch results {job_id}", "this batch again"),
        ("fermata batch start FILES… --watch", "tag documents of your own"),
        ("make down", "stop the stack"),
        ("make test", "see that the promises of README.md hold"),
    ]
    width = max(len(command) for command, _ in steps)
    return "\n".join(["\nGo on:", *(f"  {command:<{width}}  {what}" for command, what in steps if command)])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
