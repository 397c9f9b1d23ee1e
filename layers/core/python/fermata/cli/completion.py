"""``fermata completion``."""

from __future__ import annotations

import click

VARIABLE = "_FERMATA_COMPLETE"


@click.command("completion")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion_command(shell: str) -> None:
    """Print the completion script of a SHELL.

    For bash: `eval "$(fermata completion bash)"` in ~/.bashrc; it completes the ids of jobs, too.
    """
    from click.shell_completion import get_completion_class

    from fermata.cli.app import app

    found = get_completion_class(shell)
    assert found is not None  # noqa: S101
    click.echo(found(app, {}, "fermata", VARIABLE).source())
