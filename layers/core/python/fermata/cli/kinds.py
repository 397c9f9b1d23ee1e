"""``fermata kinds``: kinds of work, and their parameters."""

from __future__ import annotations

from typing import Any

import click

from fermata.cli import options
from fermata.cli.calls import ask
from fermata.cli.output import Column, Row, cell, member, show, show_one
from fermata.cli.session import Session


def _stages(row: Row) -> str:
    return " → ".join(
        f"{stage['name']} (after review)" if stage["review"] else stage["name"] for stage in row["stages"]
    )


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


def _parameter(name: str, facts: dict[str, Any], required: set[str]) -> dict[str, Any]:
    types = [facts.get("type")] if "type" in facts else [one.get("type") for one in facts.get("anyOf", ())]
    return {
        "name": name,
        "type": " or ".join(str(one) for one in types if one and one != "null"),
        "default": "(needed)" if name in required else facts.get("default"),
        "description": facts.get("description"),
    }
