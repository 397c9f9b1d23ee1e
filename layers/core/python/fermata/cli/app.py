"""The tree of commands, and what becomes of everything that can go wrong in one."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping, Sequence
from typing import Any

import click

from fermata.cli.ends import stop_writing
from fermata.cli.errors import (
    BROKEN,
    EXIT_CODES,
    INTERRUPTED,
    REFUSED,
    UNREACHABLE,
    UNSUCCESSFUL,
    WRONG_USE,
    CommandError,
)

DEBUG = "FERMATA_DEBUG"

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Work": {
        "jobs": "Start, watch, steer and list jobs of every kind.",
        "schedules": "Start jobs by the clock.",
        "batch": "Tag documents in batches.",
        "tasks": "Background tasks of projects.",
        "processes": "Processes with a review.",
        "sources": "Documents to extract and index.",
        "search": "Search what sources have been processed.",
        "records": "Tables that imports have filled.",
        "kinds": "Kinds of work, and their parameters.",
        "top": "Watch all jobs on one screen.",
        "follow": "Show everything that changes in the tenant, as it happens.",
    },
    "Operations": {
        "system": "All processing of a tenant at once.",
        "audit": "Read, export and verify the audit log.",
        "webhooks": "Tell others of what happens.",
        "keys": "Create, list and revoke API keys of the tenant.",
        "whoami": "Show which server commands call, and as whom.",
        "doctor": "Say what to change at a stack on AWS, and at its account.",
        "token": "Print a token (JWT) that the local stack accepts.",
        "profiles": "Servers and credentials to choose from.",
        "open": "Open the dashboard.",
        "conformance": "Hold a server to the API documents, sentence by sentence.",
    },
    "Local stack": {
        "up": "Start the local stack and leave it running.",
        "down": "Stop the local stack; its state is kept.",
        "status": "Show whether the local stack is running, and where.",
        "stack": "The local stack.",
        "demo": "Start the local stack, tag sample documents, pause and resume on the way, stop what was started.",
        "serve": "Run the API of a stack here, from this code, with true streaming and reload.",
        "completion": "Print the completion script of a SHELL.",
    },
}
"""Heading → command → what it does. The module that has it is loaded when it is needed."""

MODULES: Mapping[str, str] = {"up": "stack", "down": "stack", "status": "stack", "open": "dashboard"}
"""Commands whose module is called otherwise than they are."""

EPILOG = "Exit codes: " + ", ".join(f"{code} {text.partition(':')[0]}" for code, text in EXIT_CODES.items()) + "."


class Root(click.Group):
    """Loads each command when it is needed, and turns errors into a line and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for section in SECTIONS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"fermata.cli.{MODULES.get(cmd_name, cmd_name)}")
        found: click.Command = getattr(module, f"{cmd_name}_command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, commands in SECTIONS.items():
            with formatter.section(heading):
                formatter.write_dl(list(commands.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
        except BrokenPipeError:  # whoever read the output has seen enough
            stop_writing()
            return 0
        except KeyboardInterrupt:
            return INTERRUPTED
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            return _told(error)
        return result


@click.group(
    cls=Root,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog=EPILOG,
    no_args_is_help=True,
)
@click.version_option(package_name="fermata", prog_name="fermata", message="%(prog)s %(version)s")
def app() -> None:
    """Start, watch, pause, resume, cancel, retry and review long-running work.

    Commands call the server that --url, FERMATA_URL or a profile names, with --token or --api-key (FERMATA_TOKEN,
    FERMATA_API_KEY); without any of these the local stack, as you.
    """


def run(arguments: Sequence[str] | None) -> int:
    """Run one command; its exit code."""
    try:
        code = app.main(args=None if arguments is None else list(arguments), prog_name="fermata", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "fermata"
        click.echo(f"fermata: {error.format_message()} (see: {path} --help)", err=True)
        return error.exit_code
    except click.ClickException as error:
        click.echo(f"fermata: {error.format_message()}", err=True)
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except OSError as error:  # the help could not be written
        return _told(error)
    return code if isinstance(code, int) else 0


def _told(error: Exception) -> int:
    """Say what went wrong, in a line; its exit code."""
    code, text = _judged(error)
    click.echo(f"fermata: {text}", err=True)
    if code == BROKEN and os.environ.get(DEBUG):
        raise error
    return code


def _judged(error: Exception) -> tuple[int, str]:
    from fermata_client import errors as client

    from fermata.domain.errors import FermataError
    from fermata.local.errors import StackError

    match error:
        case CommandError():
            return error.exit_code, str(error)
        case client.ConnectionFailed(sent=False):
            hint = "Is it the right address? `fermata up` starts the local stack."
            return UNREACHABLE, f"Nothing answers at {error.url} ({error.reason}). {hint}"
        case client.ConnectionFailed() | client.NotRunning():
            return UNREACHABLE, str(error)
        case client.Unsuccessful():
            return UNSUCCESSFUL, str(error)
        case client.FermataError() | FermataError() | StackError():
            return REFUSED, str(error)
        case UnicodeEncodeError():
            return WRONG_USE, "a word on the command line, or in the environment, is not text in UTF-8"
        case OSError():
            return REFUSED, f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        case _:
            text = " ".join(str(error).split())[:300]
            return BROKEN, f"unexpected {type(error).__name__}: {text}; set {DEBUG}=1 to see where"
