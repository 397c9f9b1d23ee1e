"""``fermata top``: all jobs on one screen."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

import click

from fermata.cli import options
from fermata.cli.calls import ask, pages
from fermata.cli.job_options import FAMILIES
from fermata.cli.jobs import held_by
from fermata.cli.output import cell
from fermata.cli.session import Session

if TYPE_CHECKING:
    from fermata_client import Client
    from rich.console import Group, RenderableType

COLORS: Mapping[str, str] = {
    "running": "green",
    "paused": "yellow",
    "waiting_review": "magenta",
    "failed": "red",
    "timed_out": "red",
    "completed": "dim",
    "cancelled": "dim",
}
HELD = "held by"
COLUMNS = ("job", "kind", "status", "progress", "done", "failed", "speed", "left", "age", HELD)
SPARED = ("progress", "speed", "age", "left", "kind", "failed", "done", HELD)
"""Which columns a screen does without, one after the other, until the rest has room."""

BAR, HOLDER, WIDE = 16, 20, 160
"""Characters of a bar, as many as a holder should have, and of a line where there is no terminal."""

RECENT = 15.0
"""Seconds over which the speed is measured."""


@click.command("top")
@click.option(
    "--every", type=click.FloatRange(min=0.2), default=2.0, show_default=True, help="Seconds between two looks."
)
@click.option("--kind", metavar="KIND", help="Only of this kind.")
@click.option("--family", type=click.Choice(FAMILIES), help="Only those started by this API.")
@click.option("--workspace", metavar="NAME", help="Only of this workspace.")
@click.option("--open/--every-status", "only_open", default=True, show_default=True, help="Without jobs that are over.")
@click.option("--once", is_flag=True, help="Show it once and end, as where there is no terminal.")
@options.server
def top_command(session: Session, every: float, once: bool, only_open: bool, **filter_: str | None) -> None:
    """Watch all jobs on one screen: how far, how fast, and who holds them. Ctrl-C ends it."""
    from rich.console import Console
    from rich.live import Live

    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    with session.client() as client:
        screen = Screen(client, {name: value for name, value in filter_.items() if value}, only_open)
        if once or not console.is_terminal:
            console.print(screen.look(*console.size))
            return
        try:
            with Live(screen.look(*console.size), console=console, screen=True, auto_refresh=False) as live:
                while True:
                    time.sleep(every)
                    live.update(screen.look(*console.size), refresh=True)
        except KeyboardInterrupt:
            return


@dataclass
class Screen:
    """What is shown, and what was seen before, from which the speed follows.

    Attributes:
        seen: of each job, when so many units were settled.
    """

    client: Client
    query: Mapping[str, Any]
    only_open: bool
    seen: dict[str, deque[tuple[float, int]]] = field(default_factory=dict)

    def look(self, width: int, height: int) -> Group:
        """The screen as it is now; without an answer, what is wrong."""
        from fermata_client import routes
        from fermata_client.errors import ConnectionFailed, Unavailable
        from rich.console import Group
        from rich.text import Text

        room = max(3, height - 6)
        statuses = ["pending", "running", "paused", "waiting_review"] if self.only_open else None
        try:
            system = ask(self.client, routes.SYSTEM_STATUS)
            found = pages(
                self.client, routes.JOBS_LIST, "jobs", {**self.query, "status": statuses}, size=min(room, 500)
            )
            jobs = list(islice(found, room))
        except (ConnectionFailed, Unavailable) as error:
            return Group(Text(f"{error}; trying again …", "red"))
        now = time.monotonic()
        rows = [(job, self._speed(job, now)) for job in jobs]
        self.seen = {job["id"]: self.seen[job["id"]] for job in jobs}
        return Group(_head(self.client.url, system, jobs), _table(rows, width))

    def _speed(self, job: Mapping[str, Any], now: float) -> float | None:
        """Units a second; None until there is something to tell."""
        settled = job["counts"]["succeeded"] + job["counts"]["failed"]
        seen = self.seen.setdefault(job["id"], deque())
        seen.append((now, settled))
        while len(seen) > 2 and now - seen[0][0] > RECENT:
            seen.popleft()
        (first, before), (last, after) = seen[0], seen[-1]
        return (after - before) / (last - first) if last > first else None


def _head(url: str, system: Mapping[str, Any], jobs: Iterable[Mapping[str, Any]]) -> RenderableType:
    from rich.text import Text

    counted: dict[str, int] = {}
    for job in jobs:
        counted[job["status"]] = counted.get(job["status"], 0) + 1
    counts = ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in counted.items()) or "no jobs"
    line = Text(f"{url}  {time.strftime('%H:%M:%S')}  {counts}", "bold")
    if system["paused"]:
        line.append(f"\nAll processing is paused: {cell(system['reason']) or 'no reason given'}", "bold yellow")
    return line


def _table(rows: Iterable[tuple[Mapping[str, Any], float | None]], width: int) -> RenderableType:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, expand=True, pad_edge=False)
    shown = [_cells(job, speed) for job, speed in rows]
    for name in _that_fit(shown, width):
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1 if name == HELD else None)
    for cells in shown:
        made: dict[str, RenderableType] = {
            **{name: Text(text) for name, text in cells.items()},
            "status": Text(cells["status"], COLORS.get(cells["status"].replace(" ", "_"), "")),
            "progress": ProgressBar(total=1.0, completed=float(cells["progress"]), width=BAR),
            "failed": Text(cells["failed"], "red"),
        }
        table.add_row(*(made[str(column.header)] for column in table.columns))
    return table


def _cells(job: Mapping[str, Any], speed: float | None) -> dict[str, str]:
    counts = job["counts"]
    return {
        "job": cell(job["id"]),
        "kind": cell(job["kind"]),
        "status": job["status"].replace("_", " "),
        "progress": str(job["progress"]),
        "done": f"{counts['succeeded'] + counts['failed']}/{counts['total']}",
        "failed": str(counts["failed"] or ""),
        "speed": f"{speed:.1f}/s" if speed else "",
        "left": options.short(counts["remaining"] / speed) if speed else "",
        "age": options.ago(job["created_at"]),
        HELD: cell(held_by(job)),
    }


def _that_fit(shown: Sequence[Mapping[str, str]], width: int) -> list[str]:
    """The columns for a screen so wide: the id stays whole, since it is what other commands ask for."""
    widths = {name: max(len(name), *(len(cells[name]) for cells in shown)) for name in COLUMNS} if shown else {}
    widths |= {"progress": BAR, HELD: min(HOLDER, widths.get(HELD, 0))}
    names = [*COLUMNS]
    for spare in SPARED:
        if sum(widths.get(name, 0) + 1 for name in names) <= width:
            break
        names.remove(spare)
    return names
