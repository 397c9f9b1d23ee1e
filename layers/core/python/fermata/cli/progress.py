"""Watching a batch: its state, a bar on the terminal, and waiting for something to become true of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from fermata.cli.client import Api

EVERY = 0.25
"""Seconds between two looks."""

OVER = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True)
class State:
    """How a batch stands, as its status route says."""

    job_id: str
    status: str
    total: int
    succeeded: int
    failed: int

    @property
    def settled(self) -> int:
        return self.succeeded + self.failed

    @property
    def over(self) -> bool:
        return self.status in OVER

    def __str__(self) -> str:
        failed = f", {self.failed} of them failed" if self.failed else ""
        return f"{self.job_id}: {self.status}, {self.settled} of {self.total} documents done{failed}"


def state_of(api: Api, job_id: str) -> State:
    found: dict[str, Any] = api.get(place(job_id, "status"))
    return State(
        found["job_id"], found["status"], found["total_documents"], found["processed_count"], found["failed_count"]
    )


def place(job_id: str, what: str) -> str:
    """The path of one of a batch's routes."""
    from urllib.parse import quote

    return f"/api/batch/jobs/{quote(job_id, safe='')}/{what}"


def follow(api: Api, job_id: str, bar: Bar, until: Callable[[State], bool], every: float = EVERY) -> State:
    """Show how the batch stands until it is over, or something else is true of it."""
    while True:
        state = state_of(api, job_id)
        bar.show(state)
        if state.over or until(state):
            return state
        time.sleep(every)


class Bar:
    """A progress bar for one batch; on what is no terminal it shows but its last state."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TextColumn("{task.fields[failed]}"),
            TimeElapsedColumn(),
            console=console,
        )
        self._task = self._progress.add_task("pending", total=None, failed="")

    def show(self, state: State) -> None:
        failed = f"{state.failed} failed" if state.failed else ""
        total = state.total or None
        self._progress.update(
            self._task, description=state.status, total=total, completed=state.settled, failed=failed, refresh=True
        )

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
