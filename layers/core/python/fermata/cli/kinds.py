"""``fermata kinds``: kinds of work, and their parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.errors import CommandError
from fermata.cli.output import Column, Row, cell, member, show, show_one
from fermata.cli.session import Session


def _stages(row: Row) -> str:
    return " → ".join(stage_shown(stage["name"], stage["worker"], review=stage["review"]) for stage in row["stages"])


def stage_shown(name: str, worker: str, *, review: bool) -> str:
    """A stage with what is special about it: ``pages (on ocr workers)``."""
    remarks = ["after review"] * review + [f"on {worker} workers"] * (worker != "default")
    return f"{name} ({', '.join(remarks)})" if remarks else name


def _families(row: Row) -> str:
    return ", ".join(row["families"])


COLUMNS: list[Column] = [
    ("name", member("name")),
    ("title", member("title")),
    ("families", _families),
    ("stages", _stages),
]
PARAMETERS: list[Column] = [
    ("parameter", member("name")),
    ("type", member("type")),
    ("default", member("default")),
    ("meaning", member("description")),
]


@click.group("kinds")
def kinds_command() -> None:
    """Kinds of work, and their parameters."""


@kinds_command.command("list")
@options.listed
@options.server
def list_(session: Session, format: str) -> None:
    """List the kinds of work that jobs can be of."""
    from fermata_client import routes

    with session.client() as client:
        show(ask(client, routes.KINDS_LIST)["kinds"], COLUMNS, format)


@kinds_command.command("show")
@click.argument("kind")
@options.listed
@options.server
def show_(session: Session, kind: str, format: str) -> None:
    """Show the stages of a KIND, and the parameters it takes."""
    from fermata_client import routes

    with session.client() as client:
        found = ask(client, routes.KINDS_READ, name=kind)
    if format == "json":
        show_one(found, COLUMNS, format)
        return
    schema = found["schema"]
    required = set(schema.get("required", ()))
    rows = [_parameter(name, facts, required) for name, facts in schema.get("properties", {}).items()]
    if format == "table":
        click.echo(f"{found['name']}: {cell(found['title'])}\nstages: {_stages(found)}\nfamilies: {_families(found)}\n")
    show(rows, PARAMETERS, format, "It takes no parameters.")


@kinds_command.command("new")
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Where to write it; default: ./NAME.")
@click.option(
    "--family", type=click.Choice(("tasks", "processes")), default="tasks", help="The API that takes it, besides jobs."
)
def new(name: str, folder: Path | None, family: str) -> None:
    """Write a package that brings a kind called NAME, with a sample and a test."""
    from fermata.cli.kind_package import write

    target = folder or Path(name)
    for path in write(name, target, family):
        click.echo(path)
    click.echo(f"\nTry it: fermata kinds test {target}")


@kinds_command.command("test")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=".")
def test(folder: Path) -> None:
    """Run the kinds of the package in FOLDER in memory, with samples/NAME.json: whole, paused, killed and cancelled."""
    from fermata.cli.kind_package import kinds_in
    from fermata.testing import examine

    problems = 0
    for kind, params in kinds_in(folder.resolve()):
        click.echo(f"{kind.name}: {cell(kind.title)}")
        for finding in examine(kind, params):
            problems += bool(finding.problem)
            click.echo(f"  {'FAILED' if finding.problem else 'ok':6}  {finding.name}")
            if finding.problem:
                click.echo(f"          {finding.problem}")
    if problems:
        raise CommandError(f"{problems} of the trials failed")


def _parameter(name: str, facts: dict[str, Any], required: set[str]) -> dict[str, Any]:
    types = [facts.get("type")] if "type" in facts else [one.get("type") for one in facts.get("anyOf", ())]
    return {
        "name": name,
        "type": " or ".join(str(one) for one in types if one and one != "null"),
        "default": "(needed)" if name in required else facts.get("default"),
        "description": facts.get("description"),
    }
