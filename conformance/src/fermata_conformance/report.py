"""The table of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from fermata_conformance.check import Document, Outcome, Result

STYLES = {Result.PASSED: "green", Result.FAILED: "bold red", Result.SKIPPED: "yellow"}


def show(console: Console, documents: Sequence[Document], outcomes: Sequence[Outcome]) -> None:
    """One table for each document, then how many passed."""
    for document in documents:
        of_it = [outcome for outcome in outcomes if outcome.check.document == document.number]
        if of_it:
            console.print(table(document, of_it))
    console.print(summary(outcomes))


def table(document: Document, outcomes: Sequence[Outcome]) -> Table:
    made = Table(title=f"{document.number} {document.title}", title_justify="left")
    made.add_column("check", overflow="fold", ratio=2)
    made.add_column("sentence", overflow="fold", ratio=4)
    made.add_column("outcome", overflow="fold", ratio=3)
    for outcome in outcomes:
        style = STYLES[outcome.result]
        said = f"[{style}]{outcome.result}[/]" + (f" {escape(outcome.detail)}" if outcome.detail else "")
        made.add_row(outcome.check.name, escape(outcome.check.sentence), said)
    return made


def summary(outcomes: Sequence[Outcome]) -> str:
    count = Counter(outcome.result for outcome in outcomes)
    passed, failed, skipped = (count[result] for result in (Result.PASSED, Result.FAILED, Result.SKIPPED))
    return f"{len(outcomes)} checks: {passed} passed, {failed} failed, {skipped} skipped"


def row(outcome: Outcome) -> dict[str, object]:
    """An outcome for programs."""
    check = asdict(outcome.check)
    return {
        **{name: check[name] for name in ("document", "name", "sentence")},
        "result": outcome.result.value,
        "detail": outcome.detail,
        "seconds": round(outcome.seconds, 3),
    }
