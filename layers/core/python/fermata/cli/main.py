"""The command's entry point: find the command, run it, turn what went wrong into a line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from fermata.cli.errors import INTERRUPTED, CommandError
from fermata.domain.errors import FermataError
from fermata.local.errors import StackError

COMMANDS = ("stack", "demo", "token", "batch", "keys", "serve", "conformance")
"""Modules of this package, in the order of the help."""

ABOUT = "Start, watch, pause, resume and cancel long-running work."
CODES = """
exit codes: 0 done, 1 refused, 2 wrong use, 3 nothing answers, 4 the watched batch did not end well, 130 interrupted

environment: FERMATA_URL, FERMATA_TOKEN and FERMATA_API_KEY say where the API is and who calls. Without them the local stack
is used, with a token made for the purpose.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    parsed = parser().parse_args(arguments)
    try:
        code: int | None = parsed.run(parsed)
        sys.stdout.flush()
    except (CommandError, StackError, FermataError) as error:
        print(f"fermata: {error}", file=sys.stderr)
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read the output has seen enough; the interpreter must not try to write the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code or 0


def parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    made = argparse.ArgumentParser(prog="fermata", description=ABOUT, epilog=CODES, formatter_class=plain)
    commands = made.add_subparsers(metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"fermata.cli.{name}").add(commands)
    return made


if __name__ == "__main__":
    sys.exit(main())
