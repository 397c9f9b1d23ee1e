"""What a measurement hands back: checks against targets, tables, and notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """A measured value beside its target, both in words."""

    what: str
    measured: str
    target: str
    met: bool


@dataclass(frozen=True)
class Table:
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        return f"**{self.title}**\n\n{grid(self.header, self.rows)}"


@dataclass(frozen=True)
class Figure:
    """One measurement. ``notes`` say how it was made, and what else a reader should know."""

    title: str
    checks: tuple[Check, ...] = ()
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Figure:
        """The inverse of :meth:`plain`."""
        return cls(
            plain["title"],
            tuple(Check(**check) for check in plain["checks"]),
            tuple(
                Table(table["title"], tuple(table["header"]), tuple(map(tuple, table["rows"])))
                for table in plain["tables"]
            ),
            tuple(plain["notes"]),
        )

    def markdown(self) -> str:
        parts = [f"## {self.title}"]
        if self.checks:
            parts.append(targets(self.checks))
        parts += [table.markdown() for table in self.tables]
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        return "\n\n".join(parts)


def targets(checks: Iterable[Check]) -> str:
    """The checks as a table."""
    rows = ((check.what, check.measured, check.target, "yes" if check.met else "**no**") for check in checks)
    return grid(("what", "measured", "target", "met"), rows)


def grid(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table whose columns line up in a terminal as well."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
