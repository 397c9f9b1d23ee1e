"""What a command tells the person at the terminal when it can't do what was asked, and its exit code."""

from __future__ import annotations

from collections.abc import Mapping

DONE, REFUSED, WRONG_USE, UNREACHABLE, UNSUCCESSFUL, REVIEW, BROKEN, INTERRUPTED = 0, 1, 2, 3, 4, 5, 70, 130

EXIT_CODES: Mapping[int, str] = {
    DONE: "done",
    REFUSED: "refused, here or by the server",
    WRONG_USE: "wrong use: an argument is missing, unknown or makes no sense",
    UNREACHABLE: "nothing answers, or the local stack is not running",
    UNSUCCESSFUL: "what was watched has ended otherwise than completed",
    REVIEW: "what was watched waits for somebody to review it",
    BROKEN: "a fault of the command itself; FERMATA_DEBUG=1 shows where",
    INTERRUPTED: "interrupted by Ctrl-C",
}
"""Exit code → what it says."""


class CommandError(Exception):
    """The command was understood and refused, here or by the server; the message says why."""

    exit_code = REFUSED


class WrongUse(CommandError):
    """The arguments make no sense together."""

    exit_code = WRONG_USE


class Unreachable(CommandError):
    """There is no server, or it does not answer."""

    exit_code = UNREACHABLE


class Unsuccessful(CommandError):
    """What was watched has ended, but not well."""

    exit_code = UNSUCCESSFUL
