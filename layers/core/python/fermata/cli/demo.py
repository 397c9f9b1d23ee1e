"""``fermata demo``: a batch of real documents, paused on the way, on the local stack."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from fermata.cli import options
from fermata.cli.batch import outcome, subject
from fermata.cli.documents import Row, documents_of
from fermata.cli.errors import CommandError
from fermata.cli.stack import PORT
from fermata.cli.watching import LOOK, Display, display, follow

if TYPE_CHECKING:
    from fermata_client import Client, Job
    from rich.console import Console
    from rich.table import Table

    from fermata.local.stack import Stack

COPIES = 15
PAUSE_AT = 0.3
"""Share of the documents after which the pause is asked for."""

REST = 3.0
"""Seconds that the batch stays paused, to be looked at."""


@click.command("demo")
@options.port(default=PORT, help="Where the API answers, if it is free.")
@click.option(
    "--copies",
    type=click.IntRange(1),
    default=COPIES,
    show_default=True,
    help="Times that each document is in the batch.",
)
@options.state
def demo_command(port: int, copies: int, state_dir: Path | None) -> None:
    """Start the local stack, tag sample documents, pause and resume on the way, stop what was started."""
    from fermata_client import Client
    from rich.console import Console

    from fermata.local import template

    console = Console(highlight=False, soft_wrap=True)
    with stack_for_now(port, state_dir, console) as (stack, started), Client.local(stack.folder) as client:
        job = Demo(client, console).run(samples(template.project_root() / "samples", copies))
        console.print(how_to_go_on(stack, subject_id(job), started))
    if not job.succeeded or job.counts.failed:
        raise CommandError(f"this should not have happened: {job}")


@contextmanager
def stack_for_now(port: int, state_dir: Path | None, console: Console) -> Iterator[tuple[Stack, bool]]:
    """The local stack, and whether it was started for this; then it is stopped again."""
    from fermata.cli.cloud import running
    from fermata.cli.seeding import seed
    from fermata.cli.serve import check_free
    from fermata.local import stack as local

    found = running(state_dir)
    if found:
        console.print(f"The local stack is running at {found.api_url} and stays so.")
        seed(found)
        yield found, False
        return
    if port:
        try:
            check_free(port)
        except CommandError:
            console.print(f"Port {port} is taken by another program, so the demo uses a free one.")
            port = 0
    began = monotonic()
    with console.status("Starting the local stack: template.yaml, deployed on this computer …"):
        stack = local.up(port, state_dir)
    try:
        seed(stack)
        console.print(f"The local stack answers at {stack.api_url} ({monotonic() - began:.0f} s).")
        console.print(f"Its dashboard: {stack.api_url}/")
        yield stack, True
    finally:
        local.down(Path(stack.folder))
        console.print("The local stack is stopped; its state is kept.")


@dataclass(frozen=True)
class Demo:
    """The batch's way, told as it goes."""

    client: Client
    console: Console

    def run(self, documents: list[Row]) -> Job:
        batch = self.client.batches.start(documents, config={"num_tags": 5})
        self.console.print(f"Batch {batch.id}: {len(documents)} documents. Pausing it after about {PAUSE_AT:.0%}.")
        watched = subject(batch.id)
        with display(self.console, watched) as shown:

            def until(reached: Any) -> Job:
                return follow(self.client, watched, shown, reached, LOOK / 4)

            until(lambda job: job.counts.settled >= PAUSE_AT * job.counts.total > 0)
            if self._paused(batch.id, until, shown):
                self.client.batches.resume(batch.id)
                self.console.print("Resumed.")
            job = until(lambda job: False)
        self.console.print(f"Done: {watched.sentence(job)}.")
        self.console.print(tags_by_document(row.model_dump() for row in self.client.batches.results(batch.id)))
        return job

    def _paused(self, batch: str, until: Any, shown: Display) -> bool:
        """Pause, and see whether it stays paused; whether there is something to resume."""
        from fermata_client import Conflict

        try:
            self.client.batches.pause(batch)
        except Conflict as error:
            self.console.print(f"It was too quick to be paused: {error}")
            return False
        paused = until(lambda job: job.status == "paused")
        if paused.over:
            self.console.print("It was too quick to be paused: its last documents were in hand.")
            return False
        settled, total = paused.counts.settled, paused.counts.total
        self.console.print(f"Paused: {settled} of {total} documents are done, none is under way.")
        sleep(REST)
        later = paused.refresh()
        shown.show(later, "")
        if (later.status, later.counts.settled) != ("paused", settled):
            raise CommandError(f"this should not have happened: paused at {settled}, then {later}")
        self.console.print(f"{REST:g} seconds later: still {settled} of {total}, still paused.")
        return True


def subject_id(job: Job) -> str:
    """The batch's id."""
    return job.id.partition(":")[2]


def samples(folder: Path, copies: int) -> list[Row]:
    """The sample documents, each so many times, one after the other."""
    once = documents_of([str(folder / "documents.csv")])
    return [{**row, "copy": number} for number in range(1, copies + 1) for row in once]


def tags_by_document(found: Iterable[dict[str, Any]]) -> Table:
    """One line for each document: its format, its tags, how many of its copies have them."""
    from rich.markup import escape
    from rich.table import Table

    by_path: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        by_path.setdefault(row["file_path"], []).append(row)
    table = Table(title="Tags", title_justify="left")
    for name in ("document", "format", "tags", "copies"):
        table.add_column(name, overflow="fold")
    for path, copies in sorted(by_path.items()):
        tagged = sum(bool(row["tags"]) for row in copies)
        suffix = Path(path).suffix.lstrip(".")
        table.add_row(escape(str(copies[0]["title"])), suffix, escape(outcome(copies[0])), f"{tagged} of {len(copies)}")
    return table


def how_to_go_on(stack: Stack, batch: str, stopped: bool) -> str:
    """What to type next; the dashboard that was there during the demo is there again once the stack is."""
    from fermata.cli.seeding import SEEDS

    port = urlsplit(stack.api_url).port
    up = "make up" if port == PORT else f"make up PORT={port}"
    steps = [
        (up, "start the stack again and leave it running") if stopped else ("", ""),
        ("source .venv/bin/activate", "have the command at hand"),
        (
            "fermata open",
            f"the dashboard, at {stack.api_url}/ while the stack runs; sign in with the key {SEEDS[0][0]}",
        ),
        (f"fermata batch results {batch}", "this batch again"),
        ("fermata top", "all jobs, live"),
        ("fermata batch start FILES… --watch", "tag documents of your own"),
        ("make down", "stop the stack"),
        ("make test", "see that the promises of docs/promises.md hold"),
    ]
    width = max(len(command) for command, _ in steps)
    return "\n".join(["\nGo on:", *(f"  {command:<{width}}  {what}" for command, what in steps if command)])
