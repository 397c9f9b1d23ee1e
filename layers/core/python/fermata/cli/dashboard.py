"""``fermata open``."""

from __future__ import annotations

import os
import sys

import click

from fermata.cli import options
from fermata.cli.session import Session


@click.command("open")
@click.option("--print", "only_print", is_flag=True, help="Only print its address.")
@options.server
def open_command(session: Session, only_print: bool) -> None:
    """Open the dashboard in the browser, and print its address."""
    address = f"{session.address()}/"
    click.echo(address)
    if not only_print and _has_browser():
        import webbrowser

        webbrowser.open(address)


def _has_browser() -> bool:
    """Whether somebody sits at a screen of this computer; elsewhere a browser of the terminal would open."""
    if not sys.stdout.isatty():
        return False
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
