"""Watching a job until it is over: a bar on a terminal, plain lines elsewhere, and why it stands still where it does."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from fermata.cli.errors import INTERRUPTED, REVIEW, Unsuccessful
from fermata.cli.output import cell

if TYPE_CHECKING:
    from fermata_client import Client, Job
    from rich.console import Console

LOOK = 0.5
"""Seconds between two looks."""

LINE = 5.0
"""Seconds between two lines where there is no terminal."""

STILL = 5.0
"""Seconds without a unit after which it is asked why."""

Until = Callable[["Job"], bool]


@dataclass(frozen=True)
class Subject:
    """What is watched, in the words of the command that watches it.

    Attributes:
        id: as the command takes it.
        job_id: of the job that it is.
        noun, unit: ``batch``, ``documents``.
        again: the command that watches it again.
        results: the command that shows what came out; empty where there is none.
    """

    id: str
    job_id: str
    noun: str
    again: str
    results: str = ""
    unit: str = "units"

    def sentence(self, job: Job) -> str:
        """How it stands."""
        counts, status = job.counts, job.status.replace("_", " ")
        failed = f", {counts.failed} of them failed" if counts.failed else ""
        error = f": {cell(job.error)}" if job.error else ""
        return f"{self.id} is {status}, {counts.settled} of {counts.total} {self.unit} done{failed}{error}"


def watch(client: Client, subject: Subject) -> int:
    """Watch to the end; the exit code. Ctrl-C ends the watching only. Raises Unsuccessful."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with display(console, subject) as shown:
            job = follow(client, subject, shown, lambda job: job.status == "waiting_review")
    except KeyboardInterrupt:
        click.echo(f"\nThe {subject.noun} goes on. Watch it again: {subject.again}", err=True)
        return INTERRUPTED
    if console.is_terminal:  # elsewhere it is the last line already
        click.echo(subject.sentence(job), err=True)
    if job.status == "waiting_review":
        click.echo(f"It waits for somebody to review it: fermata jobs review {job.id} approve (or reject)", err=True)
        return REVIEW
    if subject.results:
        click.echo(f"Its results: {subject.results}", err=True)
    if not job.succeeded:
        raise Unsuccessful(f"the {subject.noun} is {job.status.replace('_', ' ')}")
    return 0


def follow(client: Client, subject: Subject, shown: Display, until: Until, every: float = LOOK) -> Job:
    """Show how it stands until it is over, or something else is true of it."""
    job = client.jobs.get(subject.job_id)
    moved, before, why = time.monotonic(), (job.status, job.counts), ""
    while True:
        now = time.monotonic()
        if (job.status, job.counts) != before:
            moved, before, why = now, (job.status, job.counts), ""
        if not job.over and (job.status == "paused" or now - moved >= STILL):
            why = job.why().sentence
        shown.show(job, why)
        if job.over or until(job):
            return job
        time.sleep(every)
        job.refresh()


class Display(ABC):
    """Where it is shown."""

    @abstractmethod
    def show(self, job: Job, why: str) -> None:
        """How it stands; ``why``: why it stands still, if it does."""


def display(console: Console, subject: Subject) -> AbstractContextManager[Display]:
    """A bar on a terminal, else lines."""
    return Bar(console, subject) if console.is_terminal else nullcontext(Lines(subject))


@dataclass
class Lines(Display):
    """A line whenever the status changes, and else every few seconds."""

    subject: Subject
    last: tuple[str, str] = ("", "")
    at: float = field(default=float("-inf"))

    def show(self, job: Job, why: str) -> None:
        now = time.monotonic()
        if (job.status, why) == self.last and now - self.at < LINE:
            return
        self.last, self.at = (job.status, why), now
        still = f" - {cell(why)}" if why else ""
        click.echo(f"{datetime.now():%H:%M:%S} {self.subject.sentence(job)}{still}", err=True)


class Bar(Display):
    """A progress bar, and under it why it stands still."""

    def __init__(self, console: Console, subject: Subject) -> None:
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description:<10}", markup=False),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[why]}", markup=False),
            console=console,
        )
        self._task = self._progress.add_task("pending", total=None, failed="", why="")

    def show(self, job: Job, why: str) -> None:
        counts = job.counts
        self._progress.update(
            self._task,
            description=job.status.replace("_", " "),
            total=counts.total or None,
            completed=counts.settled,
            failed=f"{counts.failed} failed" if counts.failed else "",
            why=cell(why),
            refresh=True,
        )

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(self, *error: Any) -> None:
        self._progress.stop()
